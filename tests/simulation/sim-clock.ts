/** The clock of a simulation: between two timers everything runs that is ready. */
import type { Clock, Timer } from '../../src/clock.js';

export interface SimClock extends Clock {
  /** Moves the time on; whatever falls due runs at its moment, and what follows from it too. */
  turn(byMs: number): Promise<void>;
  /** When the next timer is due; undefined when none is set. */
  nextMs(): number | undefined;
  pending(): number;
}

interface Waiting {
  dueMs: number;
  readonly periodMs: number | undefined;
  readonly action: () => void;
}

/** Lets everything run that is ready. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The wall clock is another one: what mixes the two up is wrong at once. */
const WALL_AHEAD_MS = 1_700_000_000_000;

export function simClock(startMs = 1_000): SimClock {
  let nowMs = startMs;
  const waiting = new Set<Waiting>();
  const set = (delayMs: number, periodMs: number | undefined, action: () => void): Timer => {
    const one: Waiting = { dueMs: nowMs + delayMs, periodMs, action };
    waiting.add(one);
    return { cancel: () => void waiting.delete(one) };
  };
  const first = (): Waiting | undefined => {
    let least: Waiting | undefined;
    for (const one of waiting) if (least === undefined || one.dueMs < least.dueMs) least = one;
    return least;
  };
  return {
    nowMs: () => nowMs,
    wallMs: () => nowMs + WALL_AHEAD_MS,
    after: (delayMs, action) => set(delayMs, undefined, action),
    every: (periodMs, action) => set(periodMs, periodMs, action),
    pending: () => waiting.size,
    nextMs: () => first()?.dueMs,
    async turn(byMs) {
      // No time passes while anything is ready to run.
      await settle();
      const endMs = nowMs + byMs;
      for (let next = first(); next !== undefined && next.dueMs <= endMs; next = first()) {
        nowMs = Math.max(nowMs, next.dueMs);
        if (next.periodMs === undefined) waiting.delete(next);
        else next.dueMs += next.periodMs;
        next.action();
        // What is due in the same moment comes together, as it does from one poll of the kernel.
        if (first()?.dueMs !== nowMs) await settle();
      }
      nowMs = endMs;
    },
  };
}
