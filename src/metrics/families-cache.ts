/** The families of the cache: what each route answered, kept, refused and saved. */
import { codingFamilies } from './families-coding.js';
import { snapshotFamilies } from './families-snapshot.js';
import { each, labeller, NO_LABELS, single } from './family.js';
import type { Family, Labels, Sample } from './family.js';
import type { Times } from './histogram.js';
import type { Reading, RouteReading } from './reading.js';
import { computeNetMs } from './sums.js';

const byRoute = labeller('route');
const byReason = labeller('route', 'reason');
const byTrigger = labeller('route', 'trigger');
const byTier = labeller('route', 'tier');
const byGround = labeller('route', 'ground');
const SECOND_MS = 1000;

function perRoute(name: string, help: string, part: (route: RouteReading) => number): Family {
  const samples = ({ routes }: Reading): readonly Sample[] =>
    routes.map((route) => ({ labels: byRoute.of(route.route), value: part(route) }));
  return { kind: 'counter', name, help, labels: byRoute.names, samples };
}

function perReason(
  name: string,
  help: string,
  part: (route: RouteReading) => ReadonlyMap<string, number>,
): Family {
  const samples = ({ routes }: Reading): readonly Sample[] =>
    routes.flatMap((route) =>
      [...part(route)].map(([reason, value]) => ({
        labels: byReason.of(route.route, reason),
        value,
      })),
    );
  return { kind: 'counter', name, help, labels: byReason.names, samples };
}

function perTrigger(
  name: string,
  help: string,
  part: (route: RouteReading) => ReadonlyMap<string, number>,
): Family {
  const samples = ({ routes }: Reading): readonly Sample[] =>
    routes.flatMap((route) =>
      [...part(route)].map(([trigger, ms]) => ({
        labels: byTrigger.of(route.route, trigger),
        value: ms / SECOND_MS,
      })),
    );
  return { kind: 'counter', name, help, labels: byTrigger.names, samples };
}

/** Only tiers that have answered: a second tier that is off has no series. */
function tiersOf({ routes }: Reading): readonly { readonly labels: Labels; readonly of: Times }[] {
  return routes.flatMap((route) =>
    Object.entries(route.hitMs)
      .filter(([tier, of]) => tier === 'l1' || of.count() > 0)
      .map(([tier, of]) => ({ labels: byTier.of(route.route, tier), of })),
  );
}

const computing: readonly Family[] = [
  perRoute(
    'leyden_compute_seconds_saved_total',
    'Computing time that was not spent again.',
    (route) => route.computeSavedMs / SECOND_MS,
  ),
  {
    kind: 'counter',
    name: 'leyden_compute_seconds_spent_total',
    help: 'Computing time spent, for callers who waited or behind an old answer.',
    labels: byGround.names,
    samples: ({ routes }) =>
      routes.flatMap(({ route, computeSpentMs, computeBehindMs }) =>
        Object.entries({
          foreground: computeSpentMs - computeBehindMs,
          background: computeBehindMs,
        }).map(([ground, ms]) => ({
          labels: byGround.of(route, ground),
          value: ms / SECOND_MS,
        })),
      ),
  },
  {
    kind: 'counter',
    name: 'leyden_refreshes_total',
    help: 'Computations that nobody waited for, by what started them.',
    labels: byTrigger.names,
    samples: ({ routes }) =>
      routes.flatMap(({ route, refreshed }) =>
        [...refreshed].map(([trigger, value]) => ({ labels: byTrigger.of(route, trigger), value })),
      ),
  },
  perRoute(
    'leyden_refreshes_failed_total',
    'Those of them that brought nothing new.',
    (route) => route.refreshesFailed,
  ),
  perTrigger(
    'leyden_refresh_seconds_total',
    'Computing time of refreshes.',
    (route) => route.refreshMs,
  ),
  perTrigger(
    'leyden_refresh_seconds_unused_total',
    'The part of it whose answer never went out.',
    (route) => route.unusedMs,
  ),
  {
    kind: 'gauge',
    name: 'leyden_compute_seconds_net',
    help: 'Computing time that the cache spared in all.',
    labels: byRoute.names,
    samples: ({ routes }) =>
      routes.map((route) => ({
        labels: byRoute.of(route.route),
        value: computeNetMs(route) / SECOND_MS,
      })),
  },
  perRoute(
    'leyden_latency_seconds_saved_total',
    'Waiting that callers were spared.',
    (route) => route.latencySavedMs / SECOND_MS,
  ),
  perRoute(
    'leyden_hit_age_seconds_total',
    'Age of what went out from the cache, added up.',
    (route) => route.hitAgeMs / SECOND_MS,
  ),
  {
    kind: 'histogram',
    name: 'leyden_hit_seconds',
    help: 'Time of the gateway for an answer from the cache.',
    labels: byTier.names,
    buckets: { from: 4, to: 20 },
    times: tiersOf,
  },
  {
    kind: 'histogram',
    name: 'leyden_miss_seconds',
    help: 'Time until an answer that was not in the cache.',
    labels: byRoute.names,
    buckets: { from: 10, to: 26 },
    times: ({ routes }) =>
      routes.map(({ route, missMs }) => ({ labels: byRoute.of(route), of: missMs })),
  },
];

const memory: readonly Family[] = [
  single('gauge', 'leyden_memory_entries', 'Answers in memory.', (r) => r.memory.entries),
  single(
    'gauge',
    'leyden_memory_entries_max',
    'Most answers in memory.',
    (r) => r.memory.entriesMax,
  ),
  single('gauge', 'leyden_memory_bytes', 'Bytes charged for them.', (r) => r.memory.bytes),
  single('gauge', 'leyden_memory_bytes_max', 'Most bytes in memory.', (r) => r.memory.bytesMax),
  single(
    'gauge',
    'leyden_memory_oldest_seconds',
    'Age of the oldest answer in memory.',
    (r) => r.memory.oldestMs / SECOND_MS,
  ),
  each(
    'counter',
    'leyden_memory_evictions_total',
    'Answers evicted, by the ceiling that they made room below.',
    'reason',
    ({ memory: { evictions, evictedForEntries } }) => ({
      entries: evictedForEntries,
      bytes: evictions - evictedForEntries,
    }),
    (count) => count,
  ),
  single(
    'counter',
    'leyden_memory_evicted_not_admitted_total',
    'New answers evicted because they were worth less than what they would have displaced.',
    (r) => r.memory.evictedNotAdmitted,
  ),
  single(
    'counter',
    'leyden_memory_evicted_ended_total',
    'Answers evicted that could serve nobody any more.',
    (r) => r.memory.evictedEnded,
  ),
  single(
    'counter',
    'leyden_memory_evicted_early_total',
    'Answers evicted within a minute of being stored, for want of room.',
    (r) => r.memory.evictedEarly,
  ),
  single(
    'counter',
    'leyden_memory_evicted_asked_again_total',
    'Evicted answers that were asked for again within a minute.',
    (r) => r.memory.evictedAskedAgain,
  ),
  single(
    'counter',
    'leyden_memory_replaced_total',
    'Answers that gave way to a newer one under the same key.',
    (r) => r.memory.replaced,
  ),
  {
    kind: 'histogram',
    name: 'leyden_memory_evicted_age_seconds',
    help: 'Age of answers when they were evicted.',
    labels: [],
    buckets: { from: 18, to: 30 },
    times: ({ evictedAge }) => [{ labels: NO_LABELS, of: evictedAge }],
  },
  ...codingFamilies,
  ...snapshotFamilies,
  single('counter', 'leyden_cache_errors_total', 'Failures of a store.', (r) => r.cacheErrors),
  each(
    'gauge',
    'leyden_cache_efficiency_score',
    'From 0 to 100, over five minutes; absent below fifty requests.',
    'cache',
    (r) => r.cacheScores,
    (score) => score,
  ),
];

export const cacheFamilies: readonly Family[] = [
  {
    kind: 'counter',
    name: 'leyden_hits_total',
    help: 'Answers from the cache, by the tier that held them.',
    labels: byTier.names,
    samples: (reading) => tiersOf(reading).map(({ labels, of }) => ({ labels, value: of.count() })),
  },
  perRoute('leyden_stale_served_total', 'Hits that were past their lifetime.', (r) => r.stale),
  perRoute('leyden_negative_hits_total', 'Hits on a stored error.', (route) => route.negative),
  perReason('leyden_misses_total', 'Requests that found nothing stored.', (route) => route.missed),
  perRoute('leyden_coalesced_total', 'Misses that joined a computation.', (r) => r.coalesced),
  perRoute(
    'leyden_answered_later_total',
    'Callers who were told where the answer will be.',
    (route) => route.later,
  ),
  perRoute('leyden_errors_total', '5xx answers that callers saw.', (route) => route.errors),
  perRoute('leyden_stored_total', 'Answers that were stored.', (route) => route.stored),
  perReason('leyden_refused_total', 'Answers that were not stored.', (route) => route.refused),
  perReason('leyden_bypassed_total', 'Requests past the cache.', (route) => route.bypassed),
  ...computing,
  ...memory,
];
