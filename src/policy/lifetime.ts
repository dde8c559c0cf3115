/** How long an answer lives under a lifetime rule, and until when it may go out old. */
import { errorHoldMs } from './backoff.js';
import type { ResponseDirectives } from './cache-control.js';
import type { LifetimeRule } from './rules.js';
import { errorLifetimeMs } from './storable.js';

export interface Windows {
  /** Zero or less: this answer is not kept. */
  readonly ttlMs: number;
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  readonly negative: boolean;
}

/** What else counts besides the rule and the answer. */
export interface Circumstances {
  /** From -1 to 1: this key's own place within the jitter. */
  readonly spread: number;
  /** What is left of the key's window of time, where the rule has windows. */
  readonly windowLeftMs: number | undefined;
  /** With this one: so many errors of this key in a row. */
  readonly failures: number;
  /** How long the upstream wants to be left alone. */
  readonly retryAfterMs: number;
}

const PLAIN: Circumstances = { spread: 0, windowLeftMs: undefined, failures: 1, retryAfterMs: 0 };

/** What the origin said, where the rule lets it speak. */
function originTtlMs(directives: ResponseDirectives, initialAgeMs: number): number | undefined {
  const seconds = directives.sMaxageS ?? directives.maxAgeS;
  return seconds === undefined ? undefined : seconds * 1000 - initialAgeMs;
}

/** The origin's word is a ceiling: what spreads lifetimes never lengthens it. */
function goodTtlMs(rule: LifetimeRule, said: number | undefined, at: Circumstances): number {
  const { windowLeftMs, spread } = at;
  const own = windowLeftMs ?? rule.ttlMs * (1 + rule.jitter * spread);
  if (said === undefined) return own;
  if (rule.origin === 'cap') return Math.min(said, own);
  if (windowLeftMs !== undefined) return Math.min(said, windowLeftMs);
  return said * (1 - rule.jitter * Math.abs(spread));
}

export function lifetimeUnderRule(
  status: number,
  directives: ResponseDirectives,
  initialAgeMs: number,
  rule: LifetimeRule,
  at: Circumstances = PLAIN,
): Windows {
  if (status >= 400) {
    // An error is never worth more than its own short lifetime.
    const ttlMs = errorHoldMs(errorLifetimeMs(status, rule) ?? 0, at.failures, at.retryAfterMs);
    return { ttlMs, staleWhileRevalidateMs: 0, staleIfErrorMs: 0, negative: true };
  }
  const said = rule.origin === 'override' ? undefined : originTtlMs(directives, initialAgeMs);
  return {
    ttlMs: goodTtlMs(rule, said, at),
    staleWhileRevalidateMs: rule.staleWhileRevalidateMs,
    staleIfErrorMs: rule.staleIfErrorMs,
    negative: false,
  };
}
