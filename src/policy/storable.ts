/** Whether an answer may be stored, and if not, why: under a lifetime rule and under RFC 9111. */
import type { GatewayRequest, RawHeaders, RefusalReason } from '../message.js';
import { responseDirectives } from './cache-control.js';
import type { ResponseDirectives } from './cache-control.js';
import { firstValue, hasField, listMembers } from './headers.js';
import { requestDirectives } from './request-directives.js';
import { varyNames } from './vary.js';

/** An answer as far as storing it depends on it. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: RawHeaders;
  /** Its end is known by a length or a last chunk, so that a cut cannot look like an end. */
  readonly framed: boolean;
}

/** The words of a lifetime rule that decide what may be stored; `CacheOptions` fits. */
export interface StorageRule {
  readonly errorTtl: number | Readonly<Record<string, number>>;
  readonly headers: readonly string[];
  readonly authorization: 'own' | 'shared' | 'bypass';
}

/** Whether the length of a message's content can be known before the connection ends. */
export function isFramed(headers: RawHeaders): boolean {
  if (hasField(headers, 'content-length')) return true;
  const codings = firstValue(headers, 'transfer-encoding');
  return codings !== undefined && listMembers([codings]).at(-1)?.toLowerCase() === 'chunked';
}

const GOOD_STATUSES = new Set([200, 203, 301, 308]);

/** How long the rule keeps an error with this status; undefined when no rule may keep it at all. */
export function errorLifetimeMs(status: number, rule: StorageRule): number | undefined {
  // What is said of one caller's haste is kept only where the operator names it.
  if (status === 429) return typeof rule.errorTtl === 'number' ? undefined : rule.errorTtl['429'];
  const mayBeKept = status === 404 || status === 410 || (status >= 500 && status <= 599);
  if (!mayBeKept) return undefined;
  if (typeof rule.errorTtl === 'number') return rule.errorTtl;
  const byStatus = new Map(Object.entries(rule.errorTtl));
  return byStatus.get(String(status)) ?? byStatus.get(`${Math.floor(status / 100)}xx`) ?? 0;
}

/** The request parts that the key covers, or that are the same in every request that is keyed. */
function isCovered(name: string, rule: StorageRule): boolean {
  switch (name) {
    case 'accept-encoding': // normalised, and the variant's own part of the key
    case 'cookie': // kept from the upstream, or keyed by name, or the request went past the cache
    case 'host':
      return true;
    case 'authorization':
      // Under `bypass` no keyed request carries one; under `shared` they differ unseen.
      return rule.authorization !== 'shared';
    default:
      return rule.headers.some((keyed) => keyed.toLowerCase() === name);
  }
}

function refusedByDirectives(directives: ResponseDirectives): RefusalReason | undefined {
  if (directives.unparsable) return 'unparsable';
  if (directives.noStore) return 'no-store';
  if (directives.private || directives.privateFields.length > 0) return 'private';
  if (directives.noCache || directives.noCacheFields.length > 0) return 'no-cache';
  return undefined;
}

/** Why an answer may not be stored under a lifetime rule; undefined when it may. */
export function storableUnderRule(
  answer: AnswerHead,
  rule: StorageRule,
  directives: ResponseDirectives = responseDirectives(answer.headers),
): RefusalReason | undefined {
  if (answer.status === 206 || hasField(answer.headers, 'content-range')) return 'partial';
  if (!GOOD_STATUSES.has(answer.status)) {
    const lifetimeMs = errorLifetimeMs(answer.status, rule);
    if (lifetimeMs === undefined) return 'status';
    if (!(lifetimeMs > 0)) return 'zero-lifetime';
  }
  const refused = refusedByDirectives(directives);
  if (refused !== undefined) return refused;
  if (hasField(answer.headers, 'set-cookie')) return 'set-cookie';
  const names = varyNames(answer.headers);
  if (names === '*' || !names.every((name) => isCovered(name, rule))) return 'vary';
  return answer.framed ? undefined : 'unframed';
}

/** Statuses that carry a lifetime by themselves (RFC 9110 section 15.1), parts left out. */
const HEURISTIC_STATUSES = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);

/** The final statuses that RFC 9110 section 15 defines: what `must-understand` asks about. */
const UNDERSTOOD_STATUSES = new Set([
  ...[200, 201, 202, 203, 204, 205, 300, 301, 302, 303, 305, 307, 308],
  ...[
    400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 413, 414, 415, 417, 421, 422, 426,
  ],
  ...[500, 501, 502, 503, 504, 505],
]);

/** They speak of the range or the condition of one request, which no key holds. */
const CONDITIONAL_STATUSES = new Set([304, 412, 416]);

/** Whether a lifetime may be guessed for this answer (RFC 9111 section 4.2.2). */
export function isHeuristicallyCacheable(status: number, directives: ResponseDirectives): boolean {
  return HEURISTIC_STATUSES.has(status) || directives.public;
}

/** Whether the answer to an authorised request may serve others (RFC 9111 section 3.5). */
export function isSharedByWord(directives: ResponseDirectives): boolean {
  return directives.public || directives.mustRevalidate || directives.sMaxageS !== undefined;
}

function hasExplicitLifetime(headers: RawHeaders, directives: ResponseDirectives): boolean {
  if (directives.maxAgeS !== undefined || directives.sMaxageS !== undefined) return true;
  // A targeted field replaces Expires too (RFC 9213 section 2.2).
  return !isTargeted(directives) && hasField(headers, 'expires');
}

export function isTargeted(directives: ResponseDirectives): boolean {
  return directives.source !== undefined && directives.source !== 'cache-control';
}

/** The request as far as storing its answer depends on it. */
export type StoringRequest = Pick<GatewayRequest, 'method' | 'headers' | 'host' | 'path' | 'query'>;

/**
 * RFC 9110 section 9.3.3: an answer to POST stands for GET when it says that it is that content.
 */
function postStandsForGet(request: StoringRequest, answer: AnswerHead): boolean {
  const location = firstValue(answer.headers, 'content-location');
  if (location === undefined) return false;
  const target = request.query === undefined ? request.path : `${request.path}?${request.query}`;
  const base = `http://${request.host}`;
  if (!URL.canParse(target, base) || !URL.canParse(location, `${base}${target}`)) return false;
  const said = new URL(location, `${base}${target}`);
  return said.host === new URL(base).host && `${said.pathname}${said.search}` === target;
}

function methodMayStore(
  request: StoringRequest,
  answer: AnswerHead,
  directives: ResponseDirectives,
): boolean {
  if (request.method === 'GET' || request.method === 'QUERY') return true;
  return (
    request.method === 'POST' &&
    hasExplicitLifetime(answer.headers, directives) &&
    postStandsForGet(request, answer)
  );
}

/** Why RFC 9111 forbids a shared cache to store an answer; undefined when it allows it. */
export function storableUnderHttp(
  request: StoringRequest,
  answer: AnswerHead,
  directives: ResponseDirectives = responseDirectives(answer.headers),
): RefusalReason | undefined {
  const { status, headers } = answer;
  if (!methodMayStore(request, answer, directives)) return 'method';
  const asked = requestDirectives(request.headers);
  // RFC 9111 section 5.2.1.5.
  if (asked.noStore) return 'no-store';
  if (asked.unparsable || directives.unparsable) return 'unparsable';
  if (status === 206) return 'partial';
  // RFC 9111 section 3: the status is final, and one that a later request can be given.
  if (status < 200 || status > 599 || CONDITIONAL_STATUSES.has(status)) return 'status';
  if (directives.mustUnderstand && !UNDERSTOOD_STATUSES.has(status)) return 'status';
  // RFC 9111 section 5.2.2.3: with must-understand, no-store is for those who do not understand.
  if (directives.noStore && !directives.mustUnderstand) return 'no-store';
  if (directives.private) return 'private';
  if (hasField(request.headers, 'authorization') && !isSharedByWord(directives)) {
    return 'authorization';
  }
  // RFC 9111 section 4.1: what varies by everything matches no later request.
  if (varyNames(headers) === '*') return 'vary';
  const mayHold =
    hasExplicitLifetime(headers, directives) || isHeuristicallyCacheable(status, directives);
  if (!mayHold) return 'no-lifetime';
  return answer.framed ? undefined : 'unframed';
}
