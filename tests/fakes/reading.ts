/** A reading of a house where almost nothing has happened yet; tests fill in what they need. */
import { createHistogram } from '../../src/metrics/histogram.js';
import type { EventName, LevelName, Reading, RouteReading } from '../../src/metrics/reading.js';

export function routeReading(route: string, more: Partial<RouteReading> = {}): RouteReading {
  return {
    ...{
      route,
      hits: 0,
      stale: 0,
      negative: 0,
      misses: 0,
      coalesced: 0,
      later: 0,
      errors: 0,
      stored: 0,
    },
    ...{ missed: new Map(), refused: new Map(), bypassed: new Map() },
    ...{ latencySavedMs: 0, computeSavedMs: 0, computeSpentMs: 0, computeBehindMs: 0, hitAgeMs: 0 },
    ...{ refreshed: new Map(), refreshesFailed: 0 },
    ...{ refreshMs: new Map(), unusedMs: new Map() },
    hitMs: { l1: createHistogram(), l2: createHistogram() },
    missMs: createHistogram(),
    ...more,
  };
}

const LEVELS: readonly LevelName[] = [
  ...(['flights', 'waiters', 'aliases', 'identities', 'purge_fences', 'purge_bans'] as const),
  ...(['energy_watchers', 'resources', 'window_series', 'alert_notices'] as const),
  'dashboard_watchers',
  ...([
    'marks',
    'answers',
    'answer_bytes',
    'coding_waiting',
    'opening_waiting',
    'plain_bytes',
    'second_tier_writes',
    'second_tier_write_bytes',
    'second_tier_looks',
    'second_tier_unlanded',
    'ahead',
    'warm_waiting',
    'trace_spans',
  ] as const),
];
const EVENTS: readonly EventName[] = [
  ...(['waiters_refused', 'purges', 'energy_watchers_refused', 'log_lines_dropped'] as const),
  ...(['dashboard_refused', 'dashboard_skipped'] as const),
  ...(['settings_reloads', 'settings_refused', 'window_series_dropped'] as const),
  ...(['alert_notices_sent', 'alert_notices_retried', 'alert_notices_failed'] as const),
  ...(['alert_notices_dropped', 'answers_refused', 'answers_not_held'] as const),
  ...(['ahead_refused', 'warm_computed', 'warm_fresh'] as const),
  ...(['warm_failed', 'warm_refused'] as const),
  ...(['trace_spans_exported', 'trace_spans_dropped', 'trace_spans_lost'] as const),
];

function each<K extends string, V>(names: readonly K[], value: V): Record<K, V> {
  return Object.fromEntries(names.map((name) => [name, value])) as Record<K, V>;
}

export function readingOf(more: Partial<Reading> = {}): Reading {
  return {
    ...{ version: '0', status: 'healthy', wallMs: 0, clockMs: 0, uptimeMs: 0, workers: 1 },
    ...{ runtimeEndOfLife: false, routes: [], cacheErrors: 0, leaks: 0 },
    memory: {
      ...{ entries: 0, bytes: 0, entriesMax: 10, bytesMax: 1000, oldestMs: 0, replaced: 0 },
      ...{ evictions: 0, evictedForEntries: 0, evictedEarly: 0, evictedAskedAgain: 0 },
      ...{ evictedNotAdmitted: 0, evictedEnded: 0, refusedNotAdmitted: 0 },
      refusedTooLarge: 0,
    },
    evictedAge: createHistogram(),
    coding: {
      ...{ entries: 0, savedBytes: 0, coded: 0, refused: new Map() },
      ...{ opened: 0, openingRefused: 0, damaged: 0 },
    },
    snapshot: { restored: 0, bytes: 0, tookMs: 0, left: new Map() },
    ...{ pools: {}, budgets: {}, upstreams: {}, listeners: {} },
    levels: each(LEVELS, { now: 0, max: 1 }),
    events: each(EVENTS, 0),
    lastMinute: { hits: 0, misses: 0, errors: 0 },
    ...{ poolMinutes: {}, cacheScores: {}, poolScores: {}, alerts: [] },
    ...more,
  };
}
