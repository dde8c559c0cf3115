/** What was evicted: how often and why, how young, and whether somebody still wanted it. */
import type { Clock } from '../clock.js';
import type { Entry } from './entry.js';
import type { Distribution } from './tally.js';
import { hasEnded } from './worth.js';

export interface EvictedStats {
  readonly evictions: number;
  /** Those of the evictions that made room in numbers; the others made room in bytes. */
  readonly evictedForEntries: number;
  /** Those of the evictions whose answer was too new and worth too little to displace another. */
  readonly evictedNotAdmitted: number;
  /** Those of the evictions whose answer could serve nobody any more; in none of those below. */
  readonly evictedEnded: number;
  /**
   * Those within a minute of being stored that show a want of room: what had been let in and could
   * still serve, and of the others what was asked for again within a minute.
   */
  readonly evictedEarly: number;
  /** Those that could still serve and whose key was asked for again within a minute. */
  readonly evictedAskedAgain: number;
}

export interface Evicted {
  note(entry: Entry, forEntries: boolean, why: 'displaced' | 'not-admitted'): void;
  /** Somebody looked for this key and did not find it. */
  askedFor(key: string): void;
  stats(): EvictedStats;
}

const MINUTE_MS = 60_000;
interface Remembered {
  readonly atMs: number;
  /** A newcomer that was not let in, and that nobody has missed so far. */
  readonly isYoungNewcomer: boolean;
}

/** Keys that are remembered for a minute; they are hashes, so this is about a megabyte. */
const REMEMBERED_MAX = 10_000;

export function openEvicted(clock: Clock, age: Distribution | undefined): Evicted {
  // In the order of their eviction; the oldest is forgotten first.
  const remembered = new Map<string, Remembered>();
  let evictions = 0;
  let evictedForEntries = 0;
  let evictedNotAdmitted = 0;
  let evictedEnded = 0;
  let evictedEarly = 0;
  let evictedAskedAgain = 0;
  let hand = remembered.keys();
  const forgetOldest = (): void => {
    let next = hand.next();
    if (next.done === true) {
      hand = remembered.keys();
      next = hand.next();
    }
    if (next.done !== true) remembered.delete(next.value);
  };
  return {
    note(entry, forEntries, why) {
      const { key, storedAtMs } = entry;
      const nowMs = clock.nowMs();
      const ageMs = nowMs - storedAtMs;
      const isYoung = ageMs < MINUTE_MS;
      const isNewcomer = why === 'not-admitted';
      evictions += 1;
      if (forEntries) evictedForEntries += 1;
      age?.record(ageMs);
      remembered.delete(key);
      // With all the room there is it would have been computed again.
      if (hasEnded(entry, nowMs)) {
        evictedEnded += 1;
        return;
      }
      if (isNewcomer) evictedNotAdmitted += 1;
      // A crawler's answers pass through and are never missed; that is what the window is for.
      if (isYoung && !isNewcomer) evictedEarly += 1;
      remembered.set(key, { atMs: nowMs, isYoungNewcomer: isYoung && isNewcomer });
      if (remembered.size > REMEMBERED_MAX) forgetOldest();
    },
    askedFor(key) {
      if (remembered.size === 0) return;
      const one = remembered.get(key);
      if (one === undefined) return;
      // Once for each eviction, however many ask before it is computed again.
      remembered.delete(key);
      if (clock.nowMs() - one.atMs >= MINUTE_MS) return;
      evictedAskedAgain += 1;
      if (one.isYoungNewcomer) evictedEarly += 1;
    },
    stats: () => ({
      ...{ evictions, evictedForEntries, evictedNotAdmitted, evictedEnded },
      ...{ evictedEarly, evictedAskedAgain },
    }),
  };
}
