/** The numbers as JSON, under the names that people's alerts and dashboards already use. */
import { isoTime } from '../clock.js';
import { heldJson } from './held-json.js';
import { quantileMs } from './histogram.js';
import {
  type AlertReading,
  type CacheReading,
  type PoolMinute,
  type PoolReading,
  type Reading,
  type RouteReading,
} from './reading.js';
import type { RedisReading } from './reading-redis.js';
import { workersJson } from './families-workers.js';
import { computeNetMs, sumsOf } from './sums.js';

function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}

/** 0 when nothing was asked: no judgement without evidence. */
export function hitRatePercent(hits: number, misses: number): number {
  return hits + misses === 0 ? 0 : round((100 * hits) / (hits + misses), 2);
}

function endpointJson(route: RouteReading): Record<string, number> {
  return {
    hits: route.hits,
    misses: route.misses,
    errors: route.errors,
    stale_served: route.stale,
    coalesced: route.coalesced,
    hit_rate_percent: hitRatePercent(route.hits, route.misses),
    latency_saved_ms: round(route.latencySavedMs, 3),
    compute_seconds_saved: round(route.computeSavedMs / 1000, 6),
    compute_seconds_spent: round(route.computeSpentMs / 1000, 6),
    compute_seconds_net: round(computeNetMs(route) / 1000, 6),
    miss_ms_p50: round(quantileMs([route.missMs], 0.5), 3),
    hit_ms_p50: round(quantileMs(Object.values(route.hitMs), 0.5), 3),
  };
}

function poolJson(pool: PoolReading, minute: PoolMinute | undefined): Record<string, unknown> {
  return {
    pool_info: {
      max_connections: pool.max,
      available_connections: pool.max - pool.inUse,
      in_use_connections: pool.inUse,
      waiting: pool.waiting,
      dedicated: pool.dedicated,
    },
    total_commands_executed: pool.served,
    total_errors: pool.errors,
    exhaustions: pool.exhaustions,
    last_minute: minute ?? { commands: 0, errors: 0, exhaustions: 0 },
  };
}

const MS = 1000;
const HOUR_S = 3600;

/** Nothing where there is no Cluster. */
function nodesJson({ nodes }: RedisReading): Record<string, unknown> {
  if (nodes === undefined) return {};
  return {
    nodes: nodes.map(({ server, status, slots, max, inUse }) => ({
      ...{ server, status, slots, max_connections: max, in_use_connections: inUse },
    })),
  };
}

/** Moments are seconds since 1970 here, as in the documents that people's alerts were made from. */
function redisJson(
  redis: RedisReading | undefined,
  pool: PoolReading | undefined,
  minute: PoolMinute | undefined,
  wallMs: number,
): Record<string, unknown> {
  if (redis === undefined || pool === undefined) return { status: 'disabled' };
  const { initializedWallMs, lastHealthCheckWallMs: checkedMs, host, port, db } = redis;
  const uptime = (wallMs - initializedWallMs) / MS;
  return {
    status: redis.status,
    pool_initialized_at: round(initializedWallMs / MS, 3),
    last_health_check: checkedMs === undefined ? null : round(checkedMs / MS, 3),
    breaker: redis.breaker,
    config: { max_connections: pool.max, host, port, db },
    ...(redis.sentinels === undefined ? {} : { sentinels: redis.sentinels }),
    ...nodesJson(redis),
    ...poolJson(pool, minute),
    uptime_seconds: round(uptime, 3),
    uptime_hours: round(uptime / HOUR_S, 2),
    seconds_since_last_health_check:
      checkedMs === undefined ? null : round((wallMs - checkedMs) / MS, 3),
  };
}

export function httpCacheJson(reading: CacheReading): Record<string, unknown> {
  const sums = sumsOf(reading.routes);
  const { memory, lastMinute } = reading;
  return {
    hits: sums.hits,
    misses: sums.misses,
    errors: sums.errors,
    cache_errors: reading.cacheErrors,
    hit_rate_percent: hitRatePercent(sums.hits, sums.misses),
    total_requests: sums.hits + sums.misses,
    total_latency_saved_ms: round(sums.latencySavedMs, 3),
    avg_latency_saved_ms: sums.hits === 0 ? 0 : round(sums.latencySavedMs / sums.hits, 3),
    compute_seconds_saved: round(sums.computeSavedMs / 1000, 6),
    compute_seconds_spent: round(sums.computeSpentMs / 1000, 6),
    compute_seconds_background: round(sums.computeBehindMs / 1000, 6),
    compute_seconds_unused: round(sums.unusedMs / 1000, 6),
    compute_seconds_net: round(computeNetMs(sums) / 1000, 6),
    coalesced: sums.coalesced,
    stale_served: sums.stale,
    bypassed: sums.bypassed,
    stored: sums.stored,
    refused: sums.refused,
    by_endpoint: Object.fromEntries(
      reading.routes.map((route) => [route.route, endpointJson(route)]),
    ),
    memory: {
      entries: memory.entries,
      bytes: memory.bytes,
      max_entries: memory.entriesMax,
      max_bytes: memory.bytesMax,
      evictions: memory.evictions,
      oldest_seconds: round(memory.oldestMs / 1000, 3),
    },
    last_minute: {
      hits: lastMinute.hits,
      misses: lastMinute.misses,
      errors: lastMinute.errors,
      hit_rate_percent: hitRatePercent(lastMinute.hits, lastMinute.misses),
    },
  };
}

function alertJson(alert: AlertReading): Record<string, unknown> {
  const { name, severity, state, sinceWallMs, value, threshold } = alert;
  const since = sinceWallMs === undefined ? null : isoTime(sinceWallMs);
  return { name, severity, state, since, value: value ?? null, threshold };
}

/** Each worker is a node of its own, and says its name in the log. */
function fleetJson({ fleet, workers }: Reading): Record<string, unknown> | null {
  if (fleet === undefined) return null;
  const { node, inStep, reach } = fleet;
  return { node: workers > 1 ? null : node, in_step: inStep, nodes: reach.nodes };
}

export function metricsJson(reading: Reading): Record<string, unknown> {
  const { redis, ...others } = reading.pools;
  const pools = Object.entries(others).map(
    ([name, pool]) => [name, poolJson(pool, reading.poolMinutes[name])] as const,
  );
  const { held, doorRefused } = heldJson(reading);
  return {
    service: 'leyden',
    version: reading.version,
    status: reading.status,
    timestamp: isoTime(reading.wallMs),
    uptime_seconds: round(reading.uptimeMs / 1000, 3),
    workers: reading.workers,
    worker_processes: workersJson(reading),
    http_cache: httpCacheJson(reading),
    redis_pool: redisJson(reading.redis, redis, reading.poolMinutes['redis'], reading.wallMs),
    fleet: fleetJson(reading),
    pools: Object.fromEntries(pools),
    held,
    door_refused: doorRefused,
    alerts: reading.alerts.map(alertJson),
  };
}
