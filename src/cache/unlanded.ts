/** Unlanded: keys of which no answer reached the other nodes last time, and the next will not. */
import type { Clock } from '../clock.js';
import type { RefusalReason } from '../message.js';
import { isFailing } from '../policy/backoff.js';
import type { Entry } from './entry.js';

export interface UnlandedOptions {
  /** Remembered for so long beyond the answer's own time; zero: never. */
  readonly lifeMs: number;
  readonly keysMax: number;
}

export interface Unlanded {
  has(name: string): boolean;
  /** `freshUntilMs`: when the answer that did not land will be computed anew. */
  add(name: string, freshUntilMs?: number): void;
  /** One has landed after all, computed or stored at this moment. */
  clear(name: string, storedAtMs?: number): void;
  stats(): { readonly keys: number; readonly keysMax: number };
}

interface Seen {
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** What the answer itself brings with it; the rest is of the moment. */
const LASTING: ReadonlySet<RefusalReason> = new Set(['too-large', 'zero-lifetime', 'status']);

/** Whether the next answer of its key will most likely not land either. */
export function isLasting(
  { status }: Pick<Entry, 'status'>,
  refused: RefusalReason | undefined,
  isTooLarge: boolean,
): boolean {
  if (isFailing(status)) return false;
  return refused === undefined ? isTooLarge : LASTING.has(refused);
}

export function openUnlanded(
  { lifeMs, keysMax }: UnlandedOptions,
  clock: Pick<Clock, 'nowMs'>,
): Unlanded {
  // In the order in which they were seen: the first is the oldest.
  const seen = new Map<string, Seen>();
  return {
    has(name) {
      const there = seen.get(name);
      if (there === undefined) return false;
      if (clock.nowMs() < there.untilMs) return true;
      seen.delete(name);
      return false;
    },
    add(name, freshUntilMs = 0) {
      if (lifeMs <= 0) return;
      const sinceMs = clock.nowMs();
      seen.delete(name);
      seen.set(name, { sinceMs, untilMs: Math.max(sinceMs, freshUntilMs) + lifeMs });
      if (seen.size <= keysMax) return;
      const [oldest] = seen.keys();
      if (oldest !== undefined) seen.delete(oldest);
    },
    clear(name, storedAtMs = Infinity) {
      const there = seen.get(name);
      // What lay there before says nothing of the one that did not land.
      if (there !== undefined && storedAtMs > there.sinceMs) seen.delete(name);
    },
    stats: () => ({ keys: seen.size, keysMax }),
  };
}
