/** What stands behind a cache of the library: the rooms its handlers share, and their numbers. */
import { randomBytes } from 'node:crypto';
import { pathTag, type SharedRooms } from '../middleware/express-rooms.js';
import { openIdentity, type Identity } from '../middleware/identity.js';
import type { Entry } from './cache/entry.js';
import { guardStore } from './cache/guarded-store.js';
import { MARKS_MAX, openMarks } from './cache/marks.js';
import { openMemoryStore } from './cache/memory-store.js';
import { EVERYTHING, openPurges } from './cache/purge.js';
import type { Computed } from './cache/rooms.js';
import { openSearches, type Searches } from './cache/searches.js';
import { openTallies } from './cache/tally.js';
import { settleUse } from './cache/use.js';
import { openVariants } from './cache/variants.js';
import { cacheNumbers } from './cache-options.js';
import { openStats, type OwnCounts } from './cache-stats.js';
import type { Cache, CacheOptions, Purge } from './cache-words.js';
import { systemClock, type Clock } from './clock.js';
import { openBudget, type Budget } from './guards/budget.js';
import { openFlights } from './guards/flights.js';
import type { Log } from './log.js';
import { createHistogram } from './metrics/histogram.js';

export interface CacheInterior {
  readonly rooms: SharedRooms;
  readonly searches: Searches;
  readonly identity: Identity;
  readonly budget: Budget;
  readonly clock: Clock;
  readonly credentials: readonly string[];
  /** Each handler has a name of its own, for its answers and its numbers. */
  readonly names: Set<string>;
  readonly counts: OwnCounts;
  readonly cache: Cache;
}

const PURGE_FENCES_MAX = 10_000;
const VARIANTS_MAX = 64;
const SEARCH_PATHS_MAX = 10_000;
const REFRESH_RETRY_MS = 1000;
const RETRY_AFTER_S = 1;
const KEY_BYTES = 32;

const nothing = (): void => undefined;

/** A library does not write logs into somebody else's program; its numbers and `onError` speak. */
const silence: Log = {
  ...{ error: nothing, warn: nothing, info: nothing, debug: nothing, access: nothing },
  level: () => 'error',
  setLevel: nothing,
  dropped: () => 0,
  close: () => Promise.resolve(),
};

function fencesOf(what: Purge): readonly string[] {
  if ('tags' in what) return what.tags;
  return 'path' in what ? [pathTag(what.path)] : [EVERYTHING];
}

/** Every memory that somebody holds yet, so that what is meant for all can reach it. */
const everywhere = new Set<WeakRef<CacheInterior>>();

export function* allInteriors(): Generator<CacheInterior> {
  for (const ref of everywhere) {
    const interior = ref.deref();
    if (interior === undefined) everywhere.delete(ref);
    else yield interior;
  }
}

export function openInterior(options: CacheOptions): CacheInterior {
  const interior = furnish(options);
  // What is gone gives up its place first.
  Array.from(allInteriors());
  everywhere.add(new WeakRef(interior));
  return interior;
}

function furnish(options: CacheOptions): CacheInterior {
  const numbers = cacheNumbers(options);
  const { memory, credentials, limits } = numbers;
  const clock = options.clock ?? systemClock;
  const tallies = openTallies(createHistogram);
  const counts: OwnCounts = { ambiguous: 0, handlerErrors: 0, cacheErrors: 0 };
  const left = (entry: Entry): void => {
    settleUse(tallies, entry);
  };
  const store = guardStore(openMemoryStore({ ...memory, left }, clock), () => {
    counts.cacheErrors += 1;
  });
  const purges = openPurges(PURGE_FENCES_MAX, clock);
  const flights = openFlights<Computed>({ ...limits, retryAfterS: RETRY_AFTER_S }, clock);
  // A key of this process: what it signs never leaves its memory.
  const identity = openIdentity({ key: randomBytes(KEY_BYTES), memoMax: limits.identitiesMax });
  const budget = openBudget(numbers.budget, clock);
  const rooms: SharedRooms = {
    ...{ store, purges, flights, tallies, clock, log: silence },
    variants: openVariants({ basesMax: memory.entriesMax, perBaseMax: VARIANTS_MAX }),
    credentials: new Set(credentials),
    // What stands before the app is the app's business; here nobody vouches for anybody.
    trusts: () => false,
    negativeRetryMs: REFRESH_RETRY_MS,
    marks: openMarks({ aloneMs: numbers.hitForMissMs, marksMax: MARKS_MAX }),
    random: Math.random,
  };
  const stats = openStats({ rooms, tallies, identity, budget, counts, limits });
  return {
    ...{ rooms, identity, budget, clock, credentials, counts },
    searches: openSearches(SEARCH_PATHS_MAX),
    names: new Set(),
    cache: {
      stats: () => stats.read(),
      purge(what) {
        purges.purge(fencesOf(what), what.mode ?? 'delete');
      },
      close() {
        stats.close();
      },
    },
  };
}
