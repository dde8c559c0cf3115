/** How long an answer stays fresh in a shared cache, and how old it is (RFC 9111 section 4.2). */
import type { RawHeaders } from '../message.js';
import type { ResponseDirectives } from './cache-control.js';
import { deltaSeconds, SECONDS_MAX } from './directives.js';
import { allValues, listMembers, singleValue } from './headers.js';
import { parseHttpDate } from './http-date.js';
import { isHeuristicallyCacheable, isTargeted } from './storable.js';

/** What is known of an answer when its head has arrived. */
export interface Arrival {
  readonly status: number;
  readonly headers: RawHeaders;
  readonly directives: ResponseDirectives;
  /** The wall clock at its arrival, for comparing with the dates that the origin wrote. */
  readonly wallMs: number;
  /** From sending the request to the arrival, measured on the clock that never jumps. */
  readonly delayMs: number;
}

export interface HeuristicOptions {
  /** The part of the time since the last change that an answer without a lifetime stays fresh. */
  readonly fraction: number;
  readonly lifetimeMaxMs: number;
}

/** RFC 9111 section 4.2.2 suggests 10 %; one day is as far as we trust a guess. */
export const HEURISTIC: HeuristicOptions = { fraction: 0.1, lifetimeMaxMs: 86_400_000 };

export interface Lifetime {
  readonly lifetimeMs: number;
  readonly source: 's-maxage' | 'max-age' | 'expires' | 'heuristic' | 'none';
}

const LIFETIME_MAX_MS = SECONDS_MAX * 1000;

/** Between zero and 2^31 seconds, whatever clocks and origins claim. */
function clampedMs(ms: number): number {
  return ms > 0 ? Math.min(ms, LIFETIME_MAX_MS) : 0;
}

/** A date field; repeats that differ cannot be trusted and count as invalid. */
function dateOf(headers: RawHeaders, lowerName: string, wallMs: number): number | undefined {
  const value = singleValue(headers, lowerName);
  return value.kind === 'one' ? parseHttpDate(value.value, wallMs) : undefined;
}

/** When the origin made the answer; without a usable Date it is the time of arrival. */
function originMs({ headers, wallMs }: Arrival): number {
  return dateOf(headers, 'date', wallMs) ?? wallMs;
}

function heuristicLifetime(answer: Arrival, options: HeuristicOptions): Lifetime {
  const changedMs = dateOf(answer.headers, 'last-modified', answer.wallMs);
  if (changedMs === undefined || !isHeuristicallyCacheable(answer.status, answer.directives)) {
    return { lifetimeMs: 0, source: 'none' };
  }
  const guessMs = (originMs(answer) - changedMs) * options.fraction;
  return { lifetimeMs: clampedMs(Math.min(guessMs, options.lifetimeMaxMs)), source: 'heuristic' };
}

/** How long the answer is fresh, counted from when the origin made it (section 4.2.1). */
export function lifetimeOf(answer: Arrival, options: HeuristicOptions = HEURISTIC): Lifetime {
  const { directives, headers, wallMs } = answer;
  if (directives.sMaxageS !== undefined) {
    return { lifetimeMs: directives.sMaxageS * 1000, source: 's-maxage' };
  }
  if (directives.maxAgeS !== undefined) {
    return { lifetimeMs: directives.maxAgeS * 1000, source: 'max-age' };
  }
  // A targeted field replaces Expires as well (RFC 9213 section 2.2).
  const expires = isTargeted(directives) ? undefined : singleValue(headers, 'expires');
  if (expires === undefined || expires.kind === 'absent') return heuristicLifetime(answer, options);
  // An invalid Expires, `0` above all, is a time in the past (section 5.3).
  const expiresMs = dateOf(headers, 'expires', wallMs);
  const lifetimeMs = expiresMs === undefined ? 0 : clampedMs(expiresMs - originMs(answer));
  return { lifetimeMs, source: 'expires' };
}

/** The first member counts, and what is no number is ignored (RFC 9111 section 5.1). */
export function ageValueMs(headers: RawHeaders): number {
  const first = listMembers(allValues(headers, 'age'))[0];
  return (deltaSeconds(first) ?? 0) * 1000;
}

/** Caches older than HTTP/1.1 do not say Age, and only Via tells that one was on the way. */
function passedOldCache(headers: RawHeaders): boolean {
  return listMembers(allValues(headers, 'via')).some((hop) => /^(?:HTTP\/)?(?:0|1\.0)/i.test(hop));
}

/**
 * The age on arrival (section 4.2.3). The dates of two machines are compared only where the Age
 * field cannot be trusted, for otherwise an origin whose clock is slow could never be cached.
 */
export function initialAgeMs(answer: Arrival): number {
  const correctedMs = ageValueMs(answer.headers) + clampedMs(answer.delayMs);
  const apparentMs = passedOldCache(answer.headers) ? answer.wallMs - originMs(answer) : 0;
  return clampedMs(Math.max(correctedMs, apparentMs));
}

/** The age now: what it was, and the time spent here on the clock that never jumps. */
export function currentAgeMs(ageOnArrivalMs: number, arrivedMs: number, nowMs: number): number {
  return clampedMs(ageOnArrivalMs + clampedMs(nowMs - arrivedMs));
}

/** What the Age field says: whole seconds, never more than the true age. */
export function ageField(ageMs: number): string {
  return String(Math.floor(clampedMs(ageMs) / 1000));
}
