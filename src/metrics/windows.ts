/** Windows: what happened in the last minute, from cumulative counters read once a second. */
import type { Clock, Timer } from '../clock.js';

/** Counters by name; each only ever grows. */
export type Totals = Readonly<Record<string, number>>;

export interface Window<T extends Totals> {
  /** What each counter has gained within the window. */
  gained(): T;
  close(): void;
}

const PERIOD_MS = 1000;

export function openWindow<T extends Totals>(
  clock: Clock,
  spanMs: number,
  read: () => T,
): Window<T> {
  // A ring of fixed size: one reading a second, the oldest overwritten.
  const slots = Math.ceil(spanMs / PERIOD_MS);
  const ring: { atMs: number; totals: T }[] = [{ atMs: clock.nowMs(), totals: read() }];
  let next = 1;
  const timer: Timer = clock.every(PERIOD_MS, () => {
    ring[next % slots] = { atMs: clock.nowMs(), totals: read() };
    next += 1;
  });
  return {
    gained() {
      const sinceMs = clock.nowMs() - spanMs - PERIOD_MS / 2;
      let base: { atMs: number; totals: T } | undefined;
      for (const slot of ring) {
        if (slot.atMs >= sinceMs && (base === undefined || slot.atMs < base.atMs)) base = slot;
      }
      const now = read();
      const before = base?.totals ?? now;
      const gains = Object.entries(now).map(([name, value]) => [name, value - (before[name] ?? 0)]);
      return Object.fromEntries(gains) as T;
    },
    close() {
      timer.cancel();
    },
  };
}
