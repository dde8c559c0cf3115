/** Cache-Status and X-Cache: what became of a request, in words from a closed list (RFC 9211). */
import type { BypassReason, RawHeaders, RefusalReason, StaleReason, Tier } from '../message.js';
import { allValues, withField } from './headers.js';
import { parseList } from './structured-fields.js';

/** Why the request went forward (RFC 9211 section 2.2). */
export type ForwardReason =
  'bypass' | 'method' | 'uri-miss' | 'vary-miss' | 'miss' | 'request' | 'stale' | 'partial';

export type StatusDetail = Tier | StaleReason | BypassReason | RefusalReason | 'negative';

export interface Forwarded {
  readonly reason: ForwardReason;
  /** The status that came back, where it is not the one that goes out. */
  readonly status?: number | undefined;
  readonly ttlS?: number | undefined;
  readonly stored?: boolean;
  readonly collapsed?: boolean;
  readonly detail?: StatusDetail | undefined;
}

/** What X-Cache says, for habit. */
export const CACHE_WORDS = {
  hit: 'HIT',
  stale: 'STALE',
  miss: 'MISS',
  bypass: 'BYPASS',
} as const;

const HIT = 'leyden; hit; ttl=';

/** Answered from the store; below zero seconds it went out old. */
export function hitStatus(ttlS: number, detail: StatusDetail): string {
  return `${HIT}${wholeSeconds(ttlS)}; detail=${detail}`;
}

/** Structured fields know no infinities and no fractions here. */
function wholeSeconds(seconds: number): number {
  if (!(Math.abs(seconds) < 1e12)) return 0;
  return Math.floor(seconds) || 0;
}

/** Asked of somebody else; `hit` and `fwd` exclude each other (RFC 9211 section 2.1). */
export function forwardedStatus(forwarded: Forwarded): string {
  const { reason, status, ttlS, stored, collapsed, detail } = forwarded;
  return [
    `leyden; fwd=${reason}`,
    status === undefined ? '' : `; fwd-status=${wholeSeconds(status)}`,
    ttlS === undefined ? '' : `; ttl=${wholeSeconds(ttlS)}`,
    stored === true ? '; stored' : '',
    collapsed === true ? '; collapsed' : '',
    detail === undefined ? '' : `; detail=${detail}`,
  ].join('');
}

/** What caches before us said may grow with every hop, but not without end. */
export const STATUS_LENGTH_MAX = 1_024;

/**
 * The answer's fields with our member at the end of the list: the caches nearest to the origin
 * stand first (RFC 9211 section 2). A list that is broken or too long would spoil ours and goes.
 */
export function withCacheStatus(headers: RawHeaders, own: string): RawHeaders {
  const lines = allValues(headers, 'cache-status').filter((line) => line.trim() !== '');
  const before = lines.join(', ');
  const members = before.length > STATUS_LENGTH_MAX ? undefined : parseList(lines);
  const names = members?.every(({ type }) => type === 'token' || type === 'string') === true;
  return withField(headers, 'Cache-Status', names && lines.length > 0 ? `${before}, ${own}` : own);
}
