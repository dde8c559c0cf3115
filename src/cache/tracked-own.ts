/** Own writes: announcements of what this node has written itself, which put nothing into doubt. */
import type { Clock } from '../clock.js';
import type { Evictions } from '../redis/tracking-evictions.js';

/** One write that will be announced. */
interface Expected {
  /** Once it is done: then the announcement is due at once. */
  untilMs: number;
  /** The announcement came, or one that was taken for it. */
  by: Evictions | undefined;
}

export interface OwnWrites {
  /** A write begins. Its end hears who announced it, if it was then not written after all. */
  expect(name: string): { settled(isWritten: boolean): Evictions | undefined };
  /** Whether this announcement is that of a write of ours; each write takes one. */
  isOurs(name: string, evictions: Evictions): boolean;
  clear(): void;
}

/** Later than so long after a write, it is the announcement of another. */
const LATE_MS = 1000;
/** Writes of which the announcement never came; one more, and the oldest is forgotten. */
const EXPECTED_MAX = 2000;

/**
 * One announcement stands for all writes of a key within one turn of the server's loop. So of two
 * writes, ours and another's, at least the last is heard unless both fell into one turn; `NOLOOP`
 * has the same gap.
 */
export function openOwnWrites(clock: Pick<Clock, 'nowMs'>): OwnWrites {
  const byName = new Map<string, Expected>();
  const forget = (name: string, one: Expected): void => {
    if (byName.get(name) === one) byName.delete(name);
  };
  return {
    expect(name) {
      const one: Expected = { untilMs: Infinity, by: undefined };
      byName.delete(name);
      byName.set(name, one);
      const [oldest] = byName.keys();
      if (byName.size > EXPECTED_MAX && oldest !== undefined) byName.delete(oldest);
      return {
        settled(isWritten) {
          if (isWritten && one.by === undefined) one.untilMs = clock.nowMs() + LATE_MS;
          else forget(name, one);
          return isWritten ? undefined : one.by;
        },
      };
    },
    isOurs(name, evictions) {
      const one = byName.get(name);
      if (one === undefined || one.by !== undefined) return false;
      if (clock.nowMs() > one.untilMs) {
        byName.delete(name);
        return false;
      }
      one.by = evictions;
      if (one.untilMs < Infinity) byName.delete(name);
      return true;
    },
    clear: () => {
      byName.clear();
    },
  };
}
