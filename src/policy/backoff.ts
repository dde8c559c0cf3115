/** Back-off: how long a failure is remembered, and longer with each one that follows it. */
import type { RawHeaders } from '../message.js';
import { singleValue } from './headers.js';
import { parseHttpDate } from './http-date.js';

/** What failed again and again is held for so many times its own lifetime, and no longer. */
const DOUBLED_MAX = 8;
/** Beyond this the doubling ends, whatever the lifetime. */
export const ERROR_HOLD_MAX_MS = 300_000;
/** An upstream that wants to be left alone for longer is asked after this all the same. */
export const RETRY_AFTER_MAX_MS = 3_600_000;
/** The longest pause between two refreshes that fail. */
export const REFRESH_PAUSE_MAX_MS = 60_000;

/** It tells nothing about the resource: what was known of it still stands. */
export function isFailing(status: number): boolean {
  return status >= 500 || status === 429;
}

const doubled = (ms: number, failures: number): number => ms * 2 ** Math.max(0, failures - 1);

/** How long an error is held that is the nth in a row; zero stays zero. */
export function errorHoldMs(ttlMs: number, failures: number, retryAfterMs = 0): number {
  if (!(ttlMs > 0)) return 0;
  const grown = Math.min(doubled(ttlMs, failures), DOUBLED_MAX * ttlMs, ERROR_HOLD_MAX_MS);
  return Math.max(ttlMs, grown, Math.min(retryAfterMs, RETRY_AFTER_MAX_MS));
}

/** How long the next refresh waits after the nth failure in a row. */
export function refreshPauseMs(firstMs: number, failures: number, retryAfterMs = 0): number {
  const grown = Math.min(doubled(firstMs, failures), REFRESH_PAUSE_MAX_MS);
  return Math.max(firstMs, grown, Math.min(retryAfterMs, RETRY_AFTER_MAX_MS));
}

/** RFC 9110 section 10.2.3, where it means anything to us (429 and 503); zero otherwise. */
export function retryAfterMs(status: number, headers: RawHeaders, wallMs: number): number {
  if (status !== 429 && status !== 503) return 0;
  const said = singleValue(headers, 'retry-after');
  if (said.kind !== 'one') return 0;
  const text = said.value.trim();
  // So many digits that no number holds them are a long time all the same.
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, RETRY_AFTER_MAX_MS);
  const date = parseHttpDate(text, wallMs);
  return date === undefined ? 0 : Math.max(0, date - wallMs);
}
