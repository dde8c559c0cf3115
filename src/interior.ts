/** Furnishes the rooms: everything behind the listeners, opened from the settings and closed. */
import type { Settings } from '../config/settings.js';
import { openIdentity, type Identity } from '../middleware/identity.js';
import { budgeted, type Budgeted } from './budgeted.js';
import { openAhead } from './cache/ahead.js';
import { openAliases, type Aliases } from './cache/aliases.js';
import { openAnswers, type Answers } from './cache/answers.js';
import type { Entry } from './cache/entry.js';
import { openCoder } from './cache/coder.js';
import { guardStore } from './cache/guarded-store.js';
import { MARKS_MAX, openMarks } from './cache/marks.js';
import { openMemoryStore } from './cache/memory-store.js';
import { openInvalidations, type Invalidations } from './cache/invalidate.js';
import { plansOf } from './cache/plans.js';
import { openPurges } from './cache/purge.js';
import type { Computed, Rooms } from './cache/rooms.js';
import { openVariants } from './cache/variants.js';
import { openWarming, type Warming } from './cache/warm.js';
import { openSearches } from './cache/searches.js';
import { openTallies, type Tallies } from './cache/tally.js';
import type { Clock } from './clock.js';
import { keepingIds } from './flight-ids.js';
import { createEnergyService, type EnergyService } from './energy/service.js';
import { openFlights } from './guards/flights.js';
import { describeThrown } from './errors.js';
import type { Log } from './log.js';
import type { Fetch } from './message.js';
import { joinFleet, type JoinedFleet } from './fleet-slice.js';
import { createHistogram, type Histogram } from './metrics/histogram.js';
import { compileRules } from './policy/rules.js';
import { openRedisPool, type RedisPool } from './redis/pool.js';
import { redisSlice } from './redis-slice.js';
import { concurrentNow, openSecond, secondErrors, type OpenFleet } from './second-slice.js';
import * as slices from './slices.js';
import type { Tracing } from './tracing.js';
import { openDirectory, type Directory } from './upstream/directory.js';

export interface Interior {
  readonly rooms: Rooms;
  readonly invalidations: Invalidations;
  readonly tallies: Tallies<Histogram>;
  /** Age of answers when they were evicted from memory. */
  readonly evictedAge: Histogram;
  readonly aliases: Aliases;
  readonly answers: Answers;
  readonly identity: Identity;
  readonly directory: Directory;
  readonly budgets: Budgeted;
  /** Undefined when no upstream is `local`. */
  readonly energy: EnergyService | undefined;
  /** The shared pool; undefined while Redis is off. */
  readonly redis: RedisPool | undefined;
  /** The other nodes; undefined while there is no Redis to share with them. */
  readonly fleet: Partial<JoinedFleet> | undefined;
  /** Undefined while there is no collector to send them to. */
  readonly tracing: Tracing | undefined;
  /** Failures of a store since the start. */
  cacheErrors(): number;
  readonly warming: Warming;
  /** From now on only callers make anything be computed. */
  computeNothingMore(): void;
  /** Puts changed settings to work, all in one turn of the loop. */
  apply(settings: Settings): void;
  /** What is not written yet is written only while this process can be trusted. */
  close(deadlineMs: number, isSound?: boolean): Promise<void>;
}

const REFRESH_RETRY_MS = 1000;
const PURGE_FENCES_MAX = 10_000;
const RETRY_AFTER_S = 1;
/** What a collector may cost at the end. */
const TRACES_CLOSE_MS = 1000;
/** Variants of one resource; a client can invent them by sending what Vary names. */
const VARIANTS_MAX = 64;
/** Paths of which we remember what No-Vary-Search said. */
const SEARCH_PATHS_MAX = 10_000;

function openEnergy(settings: Settings, clock: Clock, log: Log): EnergyService | undefined {
  if (!Object.values(settings.upstreams).some(({ url }) => url === 'local')) return undefined;
  return createEnergyService(slices.energySlice(settings), { clock, log });
}

/** The cache itself: its shelves, its purges, and the rules that say what goes where. */
function openCache(
  settings: Settings,
  clock: Clock,
  log: Log,
  { fetch, tracing }: { readonly fetch: Fetch; readonly tracing: Tracing | undefined },
) {
  const { memory, cache } = settings;
  const tallies = openTallies(createHistogram);
  const { waitersMax, flightsMax } = cache;
  const { maxEntries: entriesMax, maxBytes: bytesMax } = memory;
  let cacheErrors = 0;
  const evictedAge = createHistogram();
  const left = (entry: Entry): void => {
    rooms.ahead?.left(entry);
    rooms.coder?.left(entry);
    rooms.second?.tracked?.left(entry);
  };
  const memoryStore = openMemoryStore({ entriesMax, bytesMax, evictedAge, left }, clock);
  const store = guardStore(memoryStore, (thrown) => {
    cacheErrors += 1;
    log.error('store_failed', describeThrown(thrown));
  });
  const searches = openSearches(SEARCH_PATHS_MAX);
  const flightLimits = { waitersMax, flightsMax, retryAfterS: RETRY_AFTER_S };
  const flights = keepingIds(openFlights<Computed>(flightLimits, clock));
  const rulesAndPlans = (from: Settings): Pick<Rooms, 'rules' | 'plans'> => {
    const rules = compileRules(from.routes);
    // Each route counts from zero on: a series that only appears with its first event hides it.
    for (const { pattern } of rules.routes) tallies.of(pattern);
    const trusts = (): Rooms['trusts'] => rooms.trusts;
    return {
      rules,
      plans: plansOf(rules.routes, { bodyBytesMax: () => store.bodyBytesMax, trusts, searches }),
    };
  };
  const rooms: Rooms = {
    ...rulesAndPlans(settings),
    ...{ store, tallies, clock, log, fetch },
    variants: openVariants({ basesMax: entriesMax, perBaseMax: VARIANTS_MAX }),
    purges: openPurges(PURGE_FENCES_MAX, clock),
    flights: tracing?.flights(flights) ?? flights,
    credentials: new Set(settings.credentials),
    trusts: slices.trustOf(settings),
    negativeRetryMs: REFRESH_RETRY_MS,
    marks: openMarks({ aloneMs: cache.hitForMiss, marksMax: MARKS_MAX }),
    random: Math.random,
  };
  return { rooms, tallies, evictedAge, rulesAndPlans, cacheErrors: () => cacheErrors };
}

interface WaysTools {
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing | undefined;
  readonly concurrent: () => number;
}

/** The ways to the upstreams, each through its budget. */
function openWays(settings: Settings, tools: WaysTools) {
  const { clock, log, tracing } = tools;
  const energy = openEnergy(settings, clock, log);
  const key = slices.credentialKey(settings);
  const identity = openIdentity({ key, memoMax: settings.cache.identitiesMax });
  const directory = openDirectory(slices.upstreamsSlice(settings), {
    ...{ clock, log, random: Math.random },
    ...(energy === undefined ? {} : { local: energy }),
    ownerOf: (credential) => identity.partitionOf(credential),
  });
  const { queued, wait: waitMs } = settings.budget;
  const limits = {
    ...{ queued, waitMs },
    get concurrent() {
      return tools.concurrent();
    },
  };
  const { fetch } = directory;
  const traced = tracing?.fetch(fetch) ?? fetch;
  const budgets = budgeted(traced, limits, clock, directory);
  return { energy, identity, directory, budgets };
}

export function furnish(
  settings: Settings,
  clock: Clock,
  log: Log,
  tracing?: Tracing,
  openFleet: OpenFleet = joinFleet,
): Interior {
  let current = settings;
  const redisOptions = redisSlice(settings);
  const redis = redisOptions && openRedisPool(redisOptions, { clock, log, random: Math.random });
  const concurrent = concurrentNow(settings, () => rooms.second);
  const ways = openWays(settings, { clock, log, tracing, concurrent });
  const { energy, directory, budgets } = ways;
  const cache = openCache(settings, clock, log, { fetch: budgets.fetch, tracing });
  const { rooms } = cache;
  const aliases = openAliases(settings.cache.aliasesMax);
  let logLevel = settings.log.level;
  energy?.onStateChanged(() => {
    const order = { type: 'tag', selectors: ['energy'], mode: 'delete' } as const;
    const before = rooms.purges.epoch();
    rooms.purges.purge(order.selectors, order.mode);
    rooms.spread?.tell({ kind: 'order', order }, before);
  });
  const invalidations = openInvalidations(rooms);
  const coder = openCoder(rooms, slices.coderSlice(settings));
  rooms.coder = coder;
  const ahead = openAhead(rooms, slices.aheadSlice(settings));
  rooms.ahead = ahead;
  const warming = openWarming(rooms, slices.warmSlice(settings));
  const fleet = redis && openFleet({ settings, rooms, invalidations, pool: redis });
  if (redis !== undefined && fleet !== undefined) {
    const second = openSecond(settings, () => current, { rooms, pool: redis, fleet, energy });
    if (second !== undefined) rooms.second = second;
  }
  return {
    ...ways,
    ...{ rooms, warming, invalidations, aliases, redis, fleet, tracing },
    tallies: cache.tallies,
    evictedAge: cache.evictedAge,
    cacheErrors: () => cache.cacheErrors() + secondErrors(rooms.second),
    answers: openAnswers(slices.answersSlice(settings), rooms),
    apply(next) {
      current = next;
      directory.replace(slices.upstreamsSlice(next));
      Object.assign(rooms, cache.rulesAndPlans(next));
      rooms.credentials = new Set(next.credentials);
      rooms.trusts = slices.trustOf(next);
      coder.apply(slices.coderSlice(next));
      rooms.store.resize(next.memory.maxEntries, next.memory.maxBytes);
      // An alias speaks for the rules under which it was made.
      aliases.clear();
      // What an operator set meanwhile stays until the file says something else.
      if (next.log.level !== logLevel) log.setLevel(next.log.level);
      logLevel = next.log.level;
    },
    computeNothingMore() {
      ahead.close();
      warming.close();
    },
    async close(deadlineMs, isSound = true) {
      invalidations.close();
      const written = isSound ? rooms.second?.close() : undefined;
      await directory.close(deadlineMs);
      await energy?.close();
      await tracing?.close(TRACES_CLOSE_MS);
      await written;
      await fleet?.close?.();
      // Last, for all the others may still have something to tell the fleet.
      await redis?.close();
    },
  };
}
