/** Early refresh: when an answer is computed again before it gets old, by what computing costs. */
import type { LifetimeRule } from './rules.js';

/** What computing an answer usually costs, learnt from the computations that went well. */
export interface UsualCost {
  readonly meanMs: number;
  /** The mean distance from the mean. */
  readonly deviationMs: number;
}

export interface Early {
  /** From then on a hit may start the next computation; never: `Infinity`. */
  readonly earlyFromMs: number;
  /** By how much the chance grows as the end comes near (XFetch); zero: the first hit is drawn. */
  readonly earlyDeltaMs: number;
}

export const NEVER_EARLY: Early = { earlyFromMs: Infinity, earlyDeltaMs: 0 };

/** Weight of the newest computation. */
const NEWEST_SHARE = 0.25;
/** A computation that takes a larger part of the lifetime than this one is scheduled. */
const SCHEDULED_SHARE = 1 / 3;
/** Without this clamp a slow answer would be drawn as soon as it is stored. */
const DELTA_SHARE_MAX = 1 / 6;
/** Further away from its end than so many deltas nothing is drawn: the chance is below 1 %. */
const DELTAS = 5;
const AHEAD_FACTOR = 1.2;

export function learnCost(before: UsualCost | undefined, costMs: number): UsualCost {
  if (before === undefined) return { meanMs: costMs, deviationMs: 0 };
  const { meanMs, deviationMs } = before;
  const off = Math.abs(costMs - meanMs);
  return {
    meanMs: meanMs + NEWEST_SHARE * (costMs - meanMs),
    deviationMs: deviationMs + NEWEST_SHARE * (off - deviationMs),
  };
}

/** So long before the end a computation must begin that is to be ready by then. */
export function leadMs({ meanMs, deviationMs }: UsualCost): number {
  // Two mean deviations above the mean lie 19 of 20 of what is spread evenly around it.
  return AHEAD_FACTOR * (meanMs + 2 * deviationMs);
}

export interface Lived {
  readonly storedAtMs: number;
  readonly freshUntilMs: number;
}

/** Vattani, Chierichetti, Lowenstein: Optimal Probabilistic Cache Stampede Prevention (2015). */
export function earlyUnderRule(
  { early, windowMs }: Pick<LifetimeRule, 'early' | 'windowMs'>,
  usual: UsualCost,
  { storedAtMs, freshUntilMs }: Lived,
): Early {
  const ttlMs = freshUntilMs - storedAtMs;
  if (!(ttlMs > 0) || !(usual.meanMs > 0)) return NEVER_EARLY;
  const scheduled = { earlyFromMs: freshUntilMs - leadMs(usual), earlyDeltaMs: 0 };
  if (windowMs !== undefined) return scheduled;
  if (early === 'off') return NEVER_EARLY;
  if (usual.meanMs > ttlMs * SCHEDULED_SHARE) return scheduled;
  const earlyDeltaMs = Math.min(usual.meanMs, ttlMs * DELTA_SHARE_MAX);
  return { earlyFromMs: freshUntilMs - DELTAS * earlyDeltaMs, earlyDeltaMs };
}

/** Whether this hit starts the next computation; `random` gives numbers from 0 to below 1. */
export function isDrawn(
  { earlyDeltaMs }: Pick<Early, 'earlyDeltaMs'>,
  remainingMs: number,
  random: () => number,
): boolean {
  return earlyDeltaMs === 0 || -earlyDeltaMs * Math.log(1 - random()) >= remainingMs;
}
