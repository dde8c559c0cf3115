/** What an upstream gets to see of a caller's request, and what it must never be told. */
import type { GatewayRequest, RawHeaders } from '../message.js';
import { firstValue, withoutFields } from './headers.js';
import type { FieldEdits } from './rules.js';

/**
 * Fields by which a caller could speak with the gateway's voice, or steer an answer past the key:
 * addresses and hosts that only a proxy may vouch for, and overrides of the method or the target.
 */
const VOUCHED = new Set([
  'forwarded',
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'cf-connecting-ip',
  'x-forwarded',
  'x-forwarded-by',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-forwarded-scheme',
  'x-forwarded-server',
  'x-host',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-middleware-subrequest',
  'x-original-host',
  'x-original-url',
  'x-real-ip',
  'x-rewrite-url',
]);

const NEVER_SENT = new Set([...VOUCHED, 'host', 'expect', 'x-request-id']);

/** Many servers read `_` as `-`, so that `X_Forwarded_For` would speak for the real one. */
function isNeverSent(name: string): boolean {
  const plain = name.toLowerCase().replaceAll('_', '-');
  return NEVER_SENT.has(plain) || plain.startsWith('x-leyden-');
}

/** W3C Trace Context, version 00. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

function edited(headers: RawHeaders, edits: FieldEdits): RawHeaders {
  const set = Object.entries(edits.set);
  if (set.length === 0 && edits.remove.length === 0) return headers;
  const names = [...edits.remove, ...set.map(([name]) => name)].map((name) => name.toLowerCase());
  return [...withoutFields(headers, new Set(names)), ...set.flat()];
}

/** The fields of a request that passes by: all that are end-to-end, and who really asked. */
export function passedFields(
  request: GatewayRequest,
  edits: FieldEdits,
  trusts: (peer: string) => boolean,
): RawHeaders {
  const kept = request.headers.filter((_, at, all) => !isNeverSent(all[at - (at % 2)] ?? ''));
  const trusted = trusts(request.peer);
  const chain = trusted ? firstValue(request.headers, 'x-forwarded-for') : undefined;
  const scheme = trusted ? firstValue(request.headers, 'x-forwarded-proto') : undefined;
  const host = trusted ? firstValue(request.headers, 'x-forwarded-host') : undefined;
  const named = host ?? request.host;
  return edited(
    [
      ...kept,
      ...['X-Forwarded-For', chain === undefined ? request.peer : `${chain}, ${request.peer}`],
      ...['X-Forwarded-Proto', scheme === 'https' ? 'https' : 'http'],
      ...(named === '' ? [] : ['X-Forwarded-Host', named]),
      ...['X-Request-Id', request.id],
    ],
    edits,
  );
}

/** The fields of a computation that many may share: what was keyed, and a short list besides. */
export function keyedFields(
  keyed: RawHeaders,
  request: GatewayRequest,
  edits: FieldEdits,
): RawHeaders {
  const trace = firstValue(request.headers, 'traceparent');
  return edited(
    [
      ...keyed,
      ...['X-Request-Id', request.id],
      ...(trace !== undefined && TRACEPARENT.test(trace) ? ['traceparent', trace] : []),
    ],
    edits,
  );
}

/** What we tell an upstream in our own words, so that the caller's say nothing of the answer. */
export const OWN_FIELDS: ReadonlySet<string> = new Set([
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-request-id',
]);

export { edited as editedFields };
