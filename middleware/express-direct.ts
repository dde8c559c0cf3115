/** Past the cache: the handler answers one caller, with that caller's own request and response. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { heedUnsafe } from '../src/cache/effects.js';
import type { Rooms } from '../src/cache/rooms.js';
import { countOne } from '../src/cache/tally.js';
import type { BypassReason, GatewayRequest } from '../src/message.js';
import { CACHE_WORDS, forwardedStatus } from '../src/policy/cache-status.js';
import { call, type Handler, type Next } from './detached.js';

export interface DirectVisit {
  readonly rooms: Rooms;
  readonly request: GatewayRequest;
  readonly route: string;
  readonly reason: BypassReason;
}

const OURS = ['Cache-Status', 'X-Cache'] as const;

/** Says what happened, and takes it back where the handler leaves the answer to somebody else. */
function saying(res: ServerResponse, reason: BypassReason, next: Next): Next {
  if (res.headersSent || OURS.some((name) => res.hasHeader(name))) return next;
  const forwarded = reason === 'method' ? 'method' : 'bypass';
  res.setHeader('Cache-Status', forwardedStatus({ reason: forwarded, detail: reason }));
  res.setHeader('X-Cache', CACHE_WORDS.bypass);
  return (thrown) => {
    if (!res.headersSent) for (const name of OURS) res.removeHeader(name);
    next(thrown);
  };
}

function fieldsSent(res: ServerResponse): string[] {
  return Object.entries(res.getHeaders()).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const values = typeof value === 'object' ? value : [String(value)];
    return values.flatMap((one) => [name, one]);
  });
}

/** What a request changes makes stored answers wrong (RFC 9111 section 4.4). */
function heedWhenAnswered(res: ServerResponse, { rooms, request }: DirectVisit): void {
  let isHeeded = false;
  const heed = (): void => {
    if (isHeeded) return;
    isHeeded = true;
    heedUnsafe(rooms, request, {
      status: res.statusCode,
      headers: fieldsSent(res),
      body: undefined,
    });
  };
  // The first comes while the end is still on its way out, before the caller can ask again.
  res.once('prefinish', heed);
  res.once('finish', heed);
}

export function runDirectly(
  handler: Handler,
  visit: DirectVisit,
  req: IncomingMessage,
  res: ServerResponse,
  next: Next,
): void {
  const tally = visit.rooms.tallies.of(visit.route);
  countOne(tally.bypassed, visit.reason);
  res.once('finish', () => {
    if (res.statusCode >= 500) tally.errors += 1;
  });
  heedWhenAnswered(res, visit);
  call(handler, req, res, saying(res, visit.reason, next));
}
