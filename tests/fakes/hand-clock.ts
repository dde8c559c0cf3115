/** Clocks for tests: one that stands still until it is turned, one that runs and can be turned. */
import { systemClock, type Clock, type Timer } from '../../src/clock.js';

export interface HandClock extends Clock {
  /** Moves the time on and runs whatever falls due on the way, in order. */
  turn(byMs: number): void;
  /** Timers that are set now. */
  pending(): number;
}

interface Waiting {
  dueMs: number;
  readonly periodMs: number | undefined;
  readonly action: () => void;
}

export function handClock(startMs = 1_000_000): HandClock {
  let nowMs = startMs;
  const waiting = new Set<Waiting>();
  const set = (delayMs: number, periodMs: number | undefined, action: () => void): Timer => {
    const one: Waiting = { dueMs: nowMs + delayMs, periodMs, action };
    waiting.add(one);
    return { cancel: () => void waiting.delete(one) };
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
        const due = [...waiting].filter((one) => one.dueMs <= endMs);
        const [next] = due.sort((one, other) => one.dueMs - other.dueMs);
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

export interface TurnedClock extends Clock {
  /** From now on the clock is ahead by so much more; timers keep running in real time. */
  turn(byMs: number): void;
}

/** Real timers, so that sockets and servers live; lifetimes end when the test says so. */
export function turnedClock(): TurnedClock {
  let aheadMs = 0;
  return {
    ...systemClock,
    nowMs: () => systemClock.nowMs() + aheadMs,
    wallMs: () => systemClock.wallMs() + aheadMs,
    turn(byMs) {
      aheadMs += byMs;
    },
  };
}
