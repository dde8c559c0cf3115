/** `/api/performance`: how well caches and pools do, what is wrong now, and what to change. */
import { Router, type Response } from 'express';
import { poolIssues } from '../advice/pools.js';
import { cacheIssues, type Recommendation } from '../advice/recommendations.js';
import { cacheEfficiency } from '../advice/scores.js';
import { isoTime } from '../clock.js';
import { Failure } from '../errors.js';
import type { Reading } from '../metrics/reading.js';
import type { Span, Windows } from '../metrics/windows.js';
import type { Registry } from '../resources/registry.js';
import { judge, type Judgement } from './advise.js';
import { cachesOf, poolsOf, type RouteRule } from './evidence.js';
import { historyJson } from './history.js';
import {
  cacheFine,
  cacheJson,
  poolFine,
  poolJson,
  rounded,
  sentences,
} from './performance-json.js';

export interface PerformanceOptions {
  readonly read: () => Reading;
  readonly windows: Windows;
  readonly registry: Registry;
  /** The routes with a lifetime of ours. */
  readonly rules: () => readonly RouteRule[];
}

const NOW = '5m';
const NOW_SECONDS = 300;
const LIFETIME_SECONDS = 3600;
const LIFETIME_SECONDS_MAX = 31_536_000;

function send(res: Response, body: unknown, status = 200): void {
  res.status(status).set('Cache-Control', 'no-store').json(body);
}

function byName<T, V>(
  all: readonly T[],
  name: (one: T) => string,
  value: (one: T) => V,
): Readonly<Record<string, V>> {
  return Object.fromEntries(all.map((one) => [name(one), value(one)] as const));
}

function cachesJson(judged: Judgement, withAdvice: boolean) {
  return byName(
    judged.caches,
    ({ now }) => now.name,
    ({ now, advice }) => {
      const metrics = cacheJson(now, judged.reading);
      return withAdvice ? { metrics, recommendations: sentences(advice, cacheFine) } : metrics;
    },
  );
}

function poolsJson(judged: Judgement) {
  return byName(
    judged.pools,
    ({ now }) => now.name,
    ({ now, advice, reading }) => ({
      ...poolJson(now, reading),
      recommendations: sentences(advice, poolFine),
    }),
  );
}

function resourceShare(registry: Registry): number {
  const { active, max } = registry.stats();
  return rounded(active / max);
}

/** What is wrong at this moment; it ends when the trouble ends. */
function healthOf({ read, windows, registry }: PerformanceOptions) {
  const reading = read();
  const firing = reading.alerts.filter(({ state }) => state === 'firing');
  const cacheTroubles = cachesOf(reading, windows, NOW).flatMap((cache) =>
    cacheIssues(cache, cacheEfficiency(cache)),
  );
  const poolTroubles = poolsOf(reading, windows, '1m').flatMap(poolIssues);
  const used = resourceShare(registry);
  const resourceTrouble = used > 0.9 || reading.leaks > 0;
  const degraded =
    firing.length > 0 || cacheTroubles.length > 0 || poolTroubles.length > 0 || resourceTrouble;
  const overall = reading.status === 'degraded' ? 'critical' : degraded ? 'degraded' : 'healthy';
  const word = (bad: boolean): string => (bad ? 'degraded' : 'healthy');
  return {
    overall_health: overall,
    cache_health: word(cacheTroubles.length > 0),
    cache_issues: cacheTroubles,
    pool_health: word(poolTroubles.length > 0),
    pool_issues: poolTroubles,
    resource_health: word(resourceTrouble),
    resource_utilization: used,
    alerts: firing.map(({ name, severity }) => ({ name, severity })),
  };
}

function lifetimeSeconds(text: unknown): number {
  if (text === undefined) return LIFETIME_SECONDS;
  const seconds = typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (seconds <= LIFETIME_SECONDS_MAX) return seconds;
  const detail = `max_lifetime_seconds must be a whole number from 0 to ${LIFETIME_SECONDS_MAX}.`;
  throw new Failure('unprocessable', { detail });
}

function leaksJson(registry: Registry, seconds: number) {
  const leaks = registry.heldLongerThan(1000 * seconds);
  return {
    leak_count: leaks.length,
    leaks: leaks.map(({ id, type, lifetimeMs, createdWallMs, metadata }) => ({
      resource_id: id,
      resource_type: type,
      lifetime_seconds: rounded(lifetimeMs / 1000),
      created_at: isoTime(createdWallMs),
      metadata,
    })),
    max_lifetime_seconds: seconds,
  };
}

function reportJson(options: PerformanceOptions) {
  const judged = judge(options);
  const { reading } = judged;
  const { registry } = options;
  const leaks = registry.heldLongerThan(1000 * LIFETIME_SECONDS);
  return {
    timestamp: isoTime(reading.wallMs),
    window_seconds: NOW_SECONDS,
    caches: cachesJson(judged, true),
    connection_pools: poolsJson(judged),
    resources: {
      active_count: registry.stats().active,
      potential_leaks: leaks.map(({ id }) => id),
    },
    overall_health: healthOf(options).overall_health,
  };
}

function resourceStatsJson(registry: Registry) {
  const { active, max, types } = registry.stats();
  return {
    resource_stats: {
      active_resources: active,
      max_resources: max,
      utilization: resourceShare(registry),
      resource_types: types,
    },
  };
}

interface Advised {
  readonly now: { readonly name: string };
  readonly advice: readonly Recommendation[] | undefined;
}

/** The sentences by name, and beside them their parts: setting, value and evidence. */
function adviceJson(span: Span, all: readonly Advised[], fine: string) {
  const named = <V>(value: (one: Advised) => V) => byName(all, ({ now }) => now.name, value);
  return {
    span,
    recommendations: named(({ advice }) => sentences(advice, fine)),
    details: named(({ advice }) => advice ?? []),
  };
}

export function performance(options: PerformanceOptions): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const { registry, windows } = options;
  router.get('/report', (_req, res) => {
    send(res, reportJson(options));
  });
  router.get('/cache/metrics', (_req, res) => {
    send(res, { window_seconds: NOW_SECONDS, caches: cachesJson(judge(options), false) });
  });
  router.get('/cache/recommendations', (_req, res) => {
    const { span, caches } = judge(options);
    send(res, adviceJson(span, caches, cacheFine));
  });
  router.get('/pools/metrics', (_req, res) => {
    const judged = judge(options);
    const timestamp = isoTime(judged.reading.wallMs);
    send(res, { timestamp, window_seconds: NOW_SECONDS, pools: poolsJson(judged) });
  });
  router.get('/pools/recommendations', (_req, res) => {
    const { span, pools } = judge(options);
    send(res, adviceJson(span, pools, poolFine));
  });
  router.get('/resources/stats', (_req, res) => {
    send(res, resourceStatsJson(registry));
  });
  router.get('/resources/leaks', (req, res) => {
    send(res, leaksJson(registry, lifetimeSeconds(req.query['max_lifetime_seconds'])));
  });
  router.get('/health', (_req, res) => {
    const health = healthOf(options);
    send(res, health, health.overall_health === 'critical' ? 503 : 200);
  });
  router.get('/history', (req, res) => {
    const reading = options.read();
    send(res, historyJson(windows, req.query, reading));
  });
  return router;
}
