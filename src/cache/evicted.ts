/** What was evicted: how often and why, how young, and whether somebody still wanted it. */
import type { Clock } from '../clock.js';
import type { Entry } from './entry.js';
import type { Distribution } from './tally.js';

export interface EvictedStats {
  readonly evictions: number;
  /** Those of the evictions that made room in numbers; the others made room in bytes. */
  readonly evictedForEntries: number;
  /** Those of the evictions whose answer was too new and worth too little to displace another. */
  readonly evictedNotAdmitted: number;
  /** Those of the evictions within a minute of being stored. */
  readonly evictedEarly: number;
  /** Those of the evictions whose key was asked for again within a minute. */
  readonly evictedAskedAgain: number;
}

export interface Evicted {
  note(entry: Entry, forEntries: boolean, why: 'displaced' | 'not-admitted'): void;
  /** Somebody looked for this key and did not find it. */
  askedFor(key: string): void;
  stats(): EvictedStats;
}

const MINUTE_MS = 60_000;
/** Keys that are remembered for a minute; they are hashes, so this is about a megabyte. */
const REMEMBERED_MAX = 10_000;

export function openEvicted(clock: Clock, age: Distribution | undefined): Evicted {
  // In the order of their eviction; the oldest is forgotten first.
  const remembered = new Map<string, number>();
  let evictions = 0;
  let evictedForEntries = 0;
  let evictedNotAdmitted = 0;
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
    note({ key, storedAtMs }, forEntries, why) {
      const nowMs = clock.nowMs();
      const ageMs = nowMs - storedAtMs;
      evictions += 1;
      if (forEntries) evictedForEntries += 1;
      if (why === 'not-admitted') evictedNotAdmitted += 1;
      if (ageMs < MINUTE_MS) evictedEarly += 1;
      age?.record(ageMs);
      remembered.delete(key);
      remembered.set(key, nowMs);
      if (remembered.size > REMEMBERED_MAX) forgetOldest();
    },
    askedFor(key) {
      if (remembered.size === 0) return;
      const atMs = remembered.get(key);
      if (atMs === undefined) return;
      // Once for each eviction, however many ask before it is computed again.
      remembered.delete(key);
      if (clock.nowMs() - atMs < MINUTE_MS) evictedAskedAgain += 1;
    },
    stats: () => ({
      ...{ evictions, evictedForEntries, evictedNotAdmitted, evictedEarly, evictedAskedAgain },
    }),
  };
}
