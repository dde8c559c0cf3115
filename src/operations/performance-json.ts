/** The performance report's shapes: numbers are numbers, ratios 0 to 1, units are in the names. */
import type { Recommendation } from '../advice/recommendations.js';
import {
  bandOf,
  cacheEfficiency,
  errorRate,
  evictionRate,
  hitRate,
  meanWaitMs,
  poolEfficiency,
  utilization,
  type CacheEvidence,
  type PoolEvidence,
} from '../advice/scores.js';
import type { CacheReading, PoolReading } from '../metrics/reading.js';
import { sumsOf } from '../metrics/sums.js';

type Json = Readonly<Record<string, unknown>>;

export function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

const MIB = 2 ** 20;

function scoreJson(score: number | undefined): Json {
  return {
    efficiency_score: score === undefined ? null : Math.round(score * 10) / 10,
    efficiency_band: score === undefined ? null : bandOf(score),
  };
}

/** Rates are those of the span, totals those since the start. */
export function cacheJson(cache: CacheEvidence, counted: Pick<CacheReading, 'routes' | 'memory'>) {
  const sums = sumsOf(counted.routes);
  const asked = cache.hits + cache.misses;
  return {
    hit_rate: rounded(hitRate(cache)),
    miss_rate: asked === 0 ? 0 : rounded(1 - hitRate(cache)),
    eviction_rate: rounded(evictionRate(cache)),
    ...scoreJson(cacheEfficiency(cache)),
    requests: asked,
    total_hits: sums.hits,
    total_misses: sums.misses,
    total_evictions: counted.memory.evictions,
    total_not_admitted: counted.memory.evictedNotAdmitted,
    total_sets: sums.stored,
    current_size: cache.entries,
    max_size: cache.entriesMax,
    memory_usage_mb: rounded(cache.bytes / MIB),
    memory_usage_bytes: cache.bytes,
    memory_max_bytes: cache.bytesMax,
    average_access_time_ms: rounded(cache.hitMeanMs),
  };
}

export function poolJson(pool: PoolEvidence, reading: PoolReading) {
  const { inUse, open, max, waiting, errors, served, waited, exhaustions, waitedMs } = reading;
  return {
    stats: {
      active_connections: inUse,
      idle_connections: Math.max(0, open - inUse),
      total_connections: open,
      max_connections: max,
      waiting_connections: waiting,
      connection_errors: errors,
      pool_hits: served - waited,
      pool_misses: waited,
      pool_exhaustions: exhaustions,
      average_wait_time_seconds: rounded(served === 0 ? 0 : waitedMs / served / 1000),
      peak_connections: reading.peak,
    },
    utilization: rounded(utilization(pool)),
    error_rate: rounded(errorRate(pool)),
    mean_wait_ms: rounded(meanWaitMs(pool)),
    commands: pool.commands,
    ...scoreJson(poolEfficiency(pool)),
  };
}

/** People read sentences; whoever wants to act on them by program finds the parts beside them. */
export function sentences(
  advice: readonly Recommendation[] | undefined,
  fine: string,
): readonly string[] {
  if (advice === undefined) return ['There was too little to do to judge by.'];
  return advice.length === 0 ? [fine] : advice.map(({ sentence }) => sentence);
}

export const cacheFine = 'Cache performance is optimal.';
export const poolFine = 'Pool performance is optimal.';
