/** What the windows keep of a reading: the series that alerts judge and charts show. */
import type { Counted } from './reading.js';
import { sumsOf } from './sums.js';
import type { Tell } from './windows.js';

/** Every window's worth of these fits into about five megabytes, whatever the settings say. */
export const SERIES_MAX = 2_000;

function tellCache({ routes, memory, levels, evictedAge }: Counted, tell: Tell): void {
  const sums = sumsOf(routes);
  tell('hits', 'counter', sums.hits);
  tell('misses', 'counter', sums.misses);
  tell('errors', 'counter', sums.errors);
  tell('stale', 'counter', sums.stale);
  tell('coalesced', 'counter', sums.coalesced);
  tell('bypassed', 'counter', sums.bypassed);
  tell('stored', 'counter', sums.stored);
  tell('refused', 'counter', sums.refused);
  tell('latency_seconds_saved', 'counter', sums.latencySavedMs / 1000);
  tell('compute_seconds_saved', 'counter', sums.computeSavedMs / 1000);
  tell('compute_seconds_spent', 'counter', sums.computeSpentMs / 1000);
  let hitMs = 0;
  for (const route of routes) for (const of of Object.values(route.hitMs)) hitMs += of.sumMs();
  tell('hit_seconds', 'counter', hitMs / 1000);
  tell('evictions', 'counter', memory.evictions);
  tell('evicted_for_entries', 'counter', memory.evictedForEntries);
  tell('evicted_not_admitted', 'counter', memory.evictedNotAdmitted);
  tell('evicted_ended', 'counter', memory.evictedEnded);
  tell('evicted_early', 'counter', memory.evictedEarly);
  tell('evicted_asked_again', 'counter', memory.evictedAskedAgain);
  tell('evicted_age_seconds', 'counter', evictedAge.sumMs() / 1000);
  tell('entries', 'gauge', memory.entries);
  tell('bytes', 'gauge', memory.bytes);
  tell('flights', 'gauge', levels.flights.now);
  tell('waiters', 'gauge', levels.waiters.now);
}

function tellRoutes({ routes }: Counted, tell: Tell): void {
  for (const route of routes) {
    const of = `route.${route.route}`;
    tell(`${of}.hits`, 'counter', route.hits);
    tell(`${of}.misses`, 'counter', route.misses);
    tell(`${of}.missed_stale`, 'counter', route.missed.get('stale') ?? 0);
    tell(`${of}.stale`, 'counter', route.stale);
    tell(`${of}.too_large`, 'counter', route.refused.get('too-large') ?? 0);
    tell(`${of}.compute_seconds_saved`, 'counter', route.computeSavedMs / 1000);
  }
}

function tellPools({ pools }: Counted, tell: Tell): void {
  for (const [name, pool] of Object.entries(pools)) {
    const of = `pool.${name}`;
    tell(`${of}.in_use`, 'gauge', pool.inUse);
    tell(`${of}.waiting`, 'gauge', pool.waiting);
    tell(`${of}.served`, 'counter', pool.served);
    tell(`${of}.wait_seconds`, 'counter', pool.waitedMs / 1000);
    tell(`${of}.errors`, 'counter', pool.errors);
    tell(`${of}.exhaustions`, 'counter', pool.exhaustions);
  }
}

/** What is most needed comes first: where there are too many series, the routes' are dropped. */
export function tellSeries(counted: Counted, tell: Tell): void {
  tellCache(counted, tell);
  tellPools(counted, tell);
  tellRoutes(counted, tell);
}
