/** Cache-Status and X-Cache: what became of a request, in words from a closed list (RFC 9211). */
import type { FailureCode } from '../errors.js';
import type { BypassReason, RefusalReason, StaleReason, Tier } from '../message.js';
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

/** Failures of an upstream that was asked; all others are ours, and nobody was asked. */
const FORWARDED_FAILURES: ReadonlySet<FailureCode> = new Set<FailureCode>([
  ...(['connect', 'reset', 'truncated', 'protocol', 'headers', 'status', 'owner'] as const),
  ...(['informational', 'connect_timeout', 'head_timeout', 'body_timeout'] as const),
]);

function forwardOf(bypass: BypassReason | undefined): ForwardReason {
  if (bypass === undefined) return 'miss';
  return bypass === 'method' ? 'method' : 'bypass';
}

/**
 * No answer at all: `fwd` stands only where the request went forward (RFC 9211 section 2.2), and
 * `fwd-status` nowhere, for nobody answered.
 */
export function failedFields(
  code: FailureCode,
  bypass: BypassReason | undefined,
): readonly [string, string, string, string] {
  const fwd = FORWARDED_FAILURES.has(code) ? ` fwd=${forwardOf(bypass)};` : '';
  const word = bypass === undefined ? CACHE_WORDS.miss : CACHE_WORDS.bypass;
  return ['Cache-Status', `leyden;${fwd} detail=${code}`, 'X-Cache', word];
}

/** What caches before us said may grow with every hop, but not without end. */
export const STATUS_LENGTH_MAX = 1_024;

/**
 * Whether these lines are a list behind which our member can stand: the caches nearest to the
 * origin come first (RFC 9211 section 2), and one broken member makes all of it unreadable.
 */
export function isStatusList(lines: readonly string[]): boolean {
  const length = lines.reduce((sum, line) => sum + line.length, 0);
  if (length > STATUS_LENGTH_MAX || lines.some((line) => line.trim() === '')) return false;
  return parseList(lines)?.every(({ type }) => type === 'token' || type === 'string') === true;
}
