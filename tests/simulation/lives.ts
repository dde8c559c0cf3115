/** How long each answer may live, reckoned from the documentation and not from the code. */
import { windowEndMs } from '../../src/policy/spread.js';
import type { LifetimeRule } from '../../src/policy/rules.js';
import { says, secondsOf, valueOf, type Call } from './records.js';

export interface Life {
  /** Its end lies between these two. */
  readonly freshMinMs: number;
  readonly freshMaxMs: number;
  readonly staleForMs: number;
  readonly errorForMs: number;
}

const NEVER: Life = { freshMinMs: 0, freshMaxMs: 0, staleForMs: 0, errorForMs: 0 };
const ERROR_MAX_MS = 300_000;
const RETRY_MAX_MS = 3_600_000;

function errorTtlOf({ errorTtl }: LifetimeRule, status: number): number {
  if (typeof errorTtl === 'number') return status === 429 ? 0 : errorTtl;
  const exact = errorTtl[String(status)];
  if (status === 429) return exact ?? 0;
  return exact ?? errorTtl[`${Math.floor(status / 100)}xx`] ?? 0;
}

/** How long a failure may be held at most, be it an answer or none, that is the nth at most. */
export function holdMaxMs(call: Call, status: number, nth = Infinity): number {
  if (call.rule === 'http') return 0;
  const ownMs = errorTtlOf(call.rule, status);
  if (ownMs === 0 || status < 429) return ownMs;
  const isAsked = status === 429 || status === 503;
  const retryMs = isAsked ? Number(valueOf(call.headers, 'retry-after') ?? 0) * 1000 : 0;
  const grownMs = Math.min(Math.min(8, 2 ** (nth - 1)) * ownMs, ERROR_MAX_MS);
  return Math.max(ownMs, grownMs, Math.min(retryMs, RETRY_MAX_MS));
}

interface Place {
  readonly key: string;
  /** How far the wall clock is ahead. */
  readonly wallAheadMs: number;
  /** An answer of the window before may be fresh when this one comes. */
  readonly mayBeAhead: boolean;
}

function underRule(rule: LifetimeRule, call: Call, place: Place): Life {
  const { endedMs } = call;
  if (call.status >= 400) {
    const holdMs = holdMaxMs(call, call.status);
    return { ...NEVER, freshMinMs: endedMs, freshMaxMs: endedMs + holdMs };
  }
  const { ttlMs, jitter, windowMs, origin } = rule;
  let min = ttlMs * (1 - jitter);
  let max = ttlMs * (1 + jitter);
  if (windowMs !== undefined) {
    const wallMs = endedMs + place.wallAheadMs;
    min = windowEndMs(place.key, windowMs, wallMs) - wallMs;
    max = min + (place.mayBeAhead ? windowMs : 0);
  }
  const seconds = secondsOf(call, 's-maxage') ?? secondsOf(call, 'max-age');
  if (origin !== 'override' && seconds !== undefined) {
    const saidMs = seconds * 1000 - Number(valueOf(call.headers, 'age') ?? 0) * 1000;
    if (origin === 'cap' || windowMs !== undefined) {
      min = Math.min(min, saidMs);
      max = Math.min(max, saidMs);
    } else {
      min = saidMs * (1 - jitter);
      max = saidMs;
    }
  }
  return {
    freshMinMs: endedMs + min,
    freshMaxMs: endedMs + max,
    staleForMs: rule.staleWhileRevalidateMs,
    errorForMs: rule.staleIfErrorMs,
  };
}

export function forbidsStale(call: Call): boolean {
  const strict = ['must-revalidate', 'no-cache'].some((word) => says(call, word));
  return strict || secondsOf(call, 's-maxage') !== undefined;
}

/** RFC 9111 section 4.2: what it took on the way counts as age. */
function underHttp(call: Call): Life {
  const seconds = secondsOf(call, 's-maxage') ?? secondsOf(call, 'max-age') ?? 0;
  const ageS = Number(valueOf(call.headers, 'age') ?? 0);
  const forS = (name: string): number => (forbidsStale(call) ? 0 : (secondsOf(call, name) ?? 0));
  return {
    freshMinMs: -Infinity,
    freshMaxMs: call.askedMs + (seconds - ageS) * 1000,
    staleForMs: forS('stale-while-revalidate') * 1000,
    errorForMs: forS('stale-if-error') * 1000,
  };
}

export function lifeOf(call: Call, place: Place): Life {
  return call.rule === 'http' ? underHttp(call) : underRule(call.rule, call, place);
}
