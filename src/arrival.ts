/** The judge of requests in somebody's app, where no gate stood before: one reading, or none. */
import type { IncomingMessage } from 'node:http';
import type { Arrival } from '../middleware/express-cache.js';
import { FieldScan } from './server/fields.js';
import { canonicalHost } from './server/host.js';
import { requestIds } from './server/request-id.js';
import { BAD_TARGET, NO_QUERY, querySplit } from './server/target.js';

export interface ArrivalOptions {
  /** Fields that say who asks; each may come once and not empty. */
  readonly credentials: readonly string[];
  /** Keyed fields: a Connection field must not name them. */
  readonly keyed: readonly string[];
  readonly keyHost: boolean;
}

export type ArrivalJudge = (req: IncomingMessage, target: string) => Arrival | undefined;

export function openArrivals(options: ArrivalOptions): ArrivalJudge {
  const fields = new FieldScan(options.credentials, options.keyed);
  const ids = requestIds();
  return ({ rawHeaders }, target) => {
    if (fields.scan(rawHeaders) !== undefined || fields.host === undefined) return undefined;
    const host = canonicalHost(fields.host);
    const split = querySplit(target);
    if (host === undefined || split === BAD_TARGET) return undefined;
    const { contentLength, coding, authorization } = fields;
    return {
      id: ids.of(rawHeaders),
      host: options.keyHost ? host : '',
      path: split === NO_QUERY ? target : target.slice(0, split),
      query: split === NO_QUERY ? undefined : target.slice(split + 1),
      authorization,
      // A length that is no number is a body as well: whatever follows is not a plain GET.
      hasBody: coding !== undefined || (contentLength !== undefined && Number(contentLength) !== 0),
    };
  };
}
