/** A clock that stands still until a test turns it. */
import type { Clock, Timer } from '../../src/clock.js';

interface Waiting {
  dueMs: number;
  readonly periodMs: number | undefined;
  readonly action: () => void;
}

export interface HandClock extends Clock {
  /** Runs whatever falls due on the way. */
  turn(byMs: number): void;
  /** Timers that are still set. */
  pending(): number;
}

export function handClock(): HandClock {
  let nowMs = 0;
  const waiting = new Set<Waiting>();
  const set = (delayMs: number, periodMs: number | undefined, action: () => void): Timer => {
    const entry: Waiting = { dueMs: nowMs + delayMs, periodMs, action };
    waiting.add(entry);
    return { cancel: () => void waiting.delete(entry) };
  };
  return {
    nowMs: () => nowMs,
    wallMs: () => nowMs,
    after: (delayMs, action) => set(delayMs, undefined, action),
    every: (periodMs, action) => set(periodMs, periodMs, action),
    pending: () => waiting.size,
    turn(byMs) {
      const endMs = nowMs + byMs;
      for (;;) {
        const [next] = [...waiting]
          .filter((entry) => entry.dueMs <= endMs)
          .sort((one, other) => one.dueMs - other.dueMs);
        if (next === undefined) break;
        nowMs = Math.max(nowMs, next.dueMs);
        if (next.periodMs === undefined) waiting.delete(next);
        else next.dueMs += next.periodMs;
        next.action();
      }
      nowMs = endMs;
    },
  };
}
