/** Outcomes that are served from the store. */
import type { Lifetime, Outcome, StaleReason, Tier } from '../message.js';
import { ageMs, type Entry } from './entry.js';

function lifeOf(entry: Entry, nowMs: number): Lifetime {
  const { costMs, freshUntilMs } = entry;
  return { ageMs: ageMs(entry, nowMs), ttlMs: freshUntilMs - nowMs, costMs };
}

/** `form` is the form of it that this caller gets. */
export function hit(
  entry: Entry,
  nowMs: number,
  form = entry,
  tier: Tier = 'l1',
): Outcome & { kind: 'hit' } {
  const { route, negative } = entry;
  entry.hits += 1;
  return { kind: 'hit', route, tier, negative, life: lifeOf(entry, nowMs), reply: form };
}

export function stale(
  entry: Entry,
  nowMs: number,
  reason: StaleReason,
  tier: Tier = 'l1',
): Outcome {
  const { route } = entry;
  entry.hits += 1;
  return { kind: 'stale', route, tier, reason, life: lifeOf(entry, nowMs), reply: entry };
}
