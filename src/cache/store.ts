/** What a store promises to the cache path. */
import type { Entry } from './entry.js';
import type { EvictedStats } from './evicted.js';

/** What became of an answer that was to be stored. */
export type Stored =
  | 'stored'
  | 'too-large' // larger than the store lets one answer be
  | 'not-admitted' // it would have driven out what is worth more
  | 'store-failed'; // the store itself broke

export interface StoreStats extends EvictedStats {
  readonly entries: number;
  readonly bytes: number;
  readonly entriesMax: number;
  readonly bytesMax: number;
  readonly replaced: number;
  readonly refusedTooLarge: number;
  readonly refusedNotAdmitted: number;
  /** Answers whose body is kept coded, and the bytes that they would take besides. */
  readonly codedEntries: number;
  readonly codedSavedBytes: number;
  /** Age of the oldest answer; reading it looks at each of them. */
  readonly oldestMs: number;
}

export interface Store {
  get(key: string): Entry | undefined;
  /** The same for whoever only looks: it does not count as use. */
  peek(key: string): Entry | undefined;
  /** Unless it ends in `stored` or `store-failed`, an older answer under the key is gone too. */
  set(entry: Entry): Stored;
  /** Puts the same answer in other bytes in its place; false when it is no longer there. */
  recode(entry: Entry, recoded: Entry): boolean;
  delete(key: string): boolean;
  /** The keys of everything stored for this address, whatever its query and variant. */
  keysAt(address: string): readonly string[];
  /** The hosts of which anything is stored. */
  hosts(): readonly string[];
  /** Everything stored; what comes, goes or moves meanwhile is seen once, twice or not at all. */
  entries(): Iterator<Entry, undefined>;
  clear(): void;
  /** The largest body that has a chance to be stored; collecting stops there. */
  readonly bodyBytesMax: number;
  /** Changes the ceilings at once; what no longer fits is evicted. */
  resize(entriesMax: number, bytesMax: number): void;
  stats(): StoreStats;
}
