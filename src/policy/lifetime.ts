/** How long an answer lives under a lifetime rule, and until when it may go out old. */
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

/** What the origin said, where the rule lets it speak. */
function originTtlMs(directives: ResponseDirectives, initialAgeMs: number): number | undefined {
  const seconds = directives.sMaxageS ?? directives.maxAgeS;
  return seconds === undefined ? undefined : seconds * 1000 - initialAgeMs;
}

export function lifetimeUnderRule(
  status: number,
  directives: ResponseDirectives,
  initialAgeMs: number,
  rule: LifetimeRule,
): Windows {
  if (status >= 400) {
    // An error is never worth more than its own short lifetime.
    const ttlMs = errorLifetimeMs(status, rule) ?? 0;
    return { ttlMs, staleWhileRevalidateMs: 0, staleIfErrorMs: 0, negative: true };
  }
  const said = rule.origin === 'override' ? undefined : originTtlMs(directives, initialAgeMs);
  const ttlMs =
    said === undefined ? rule.ttlMs : rule.origin === 'cap' ? Math.min(said, rule.ttlMs) : said;
  return {
    ttlMs,
    staleWhileRevalidateMs: rule.staleWhileRevalidateMs,
    staleIfErrorMs: rule.staleIfErrorMs,
    negative: false,
  };
}
