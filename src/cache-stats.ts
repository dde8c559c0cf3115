/** The numbers of a cache of the library, under the names of the gateway's /metrics. */
import type { Rooms } from './cache/rooms.js';
import type { RouteTally, Tallies } from './cache/tally.js';
import type { CacheStats } from './cache-words.js';
import type { Budget } from './guards/budget.js';
import { httpCacheJson } from './metrics/expose-json.js';
import type { Histogram } from './metrics/histogram.js';
import { sumsOf } from './metrics/sums.js';
import { openWindows } from './metrics/windows.js';
import type { Identity } from '../middleware/identity.js';

/** Plain counters of what no other room counts. */
export interface OwnCounts {
  ambiguous: number;
  handlerErrors: number;
  cacheErrors: number;
}

export interface StatsSources {
  readonly rooms: Pick<Rooms, 'store' | 'flights' | 'purges' | 'clock'>;
  readonly tallies: Tallies<Histogram>;
  readonly identity: Identity;
  readonly budget: Budget;
  readonly counts: OwnCounts;
  readonly limits: { readonly flightsMax: number; readonly waitersMax: number };
}

export interface Stats {
  read(): CacheStats;
  close(): void;
}

const MINUTE = ['hits', 'misses', 'errors'] as const;

function heldOf({ rooms, identity, budget, counts, limits }: StatsSources): CacheStats['held'] {
  const flights = rooms.flights.stats();
  const identities = identity.stats();
  const purges = rooms.purges.stats();
  const { running, max, waiting, queueMax, refused, timedOut } = budget.stats();
  return {
    flights: flights.inFlight,
    flights_max: limits.flightsMax,
    waiters: flights.waiting,
    waiters_max_per_answer: limits.waitersMax,
    waiters_refused: flights.refused,
    identities: identities.entries,
    identities_max: identities.entriesMax,
    purges: purges.purges,
    purge_fences: purges.fences,
    budget_running: running,
    budget_running_max: max,
    budget_waiting: waiting,
    budget_waiting_max: queueMax,
    budget_refused: refused + timedOut,
    ambiguous_requests: counts.ambiguous,
    handler_errors: counts.handlerErrors,
  };
}

export function openStats(sources: StatsSources): Stats {
  const { rooms, tallies, counts } = sources;
  const routes = (): readonly RouteTally<Histogram>[] => tallies.all();
  const windows = openWindows({
    clock: rooms.clock,
    seriesMax: MINUTE.length,
    read(tell) {
      const sums = sumsOf(routes());
      for (const name of MINUTE) tell(name, 'counter', sums[name]);
    },
  });
  return {
    read() {
      windows.refresh();
      const [hits = 0, misses = 0, errors = 0] = MINUTE.map((name) => windows.gained(name, '1m'));
      const json = httpCacheJson({
        routes: routes(),
        cacheErrors: counts.cacheErrors,
        memory: rooms.store.stats(),
        lastMinute: { hits, misses, errors },
      });
      return { ...(json as unknown as Omit<CacheStats, 'held'>), held: heldOf(sources) };
    },
    close() {
      windows.close();
    },
  };
}
