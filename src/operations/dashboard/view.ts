/** What the dashboard shows at a moment: numbers for everybody, addresses for the operator. */
import { shownPartition } from '../../cache/describe.js';
import { pathOf } from '../../cache/entry.js';
import type { Rooms } from '../../cache/rooms.js';
import type { Computing } from '../../cache/underway.js';
import { hitRatePercent, httpCacheJson, metricsJson } from '../../metrics/expose-json.js';
import { quantileMs } from '../../metrics/histogram.js';
import type { PoolReading, Reading, RouteReading } from '../../metrics/reading.js';
import type { Windows } from '../../metrics/windows.js';
import { judge, type JudgeOptions } from '../advise.js';
import { answersOf, sentenceOf } from './answers.js';
import { readableQuery } from './top.js';

export interface ViewOptions extends JudgeOptions {
  readonly windows: Windows;
  readonly rooms: Pick<Rooms, 'purges' | 'clock'>;
  readonly draining: () => boolean;
  readonly watchers: () => { readonly open: number; readonly max: number };
}

const ROUTES_MAX = 50;
const FLIGHTS_MAX = 20;
const POOLS_MAX = 50;
const LATE = 2;
/** Advice looks at an hour; it need not be asked each second. */
const ADVICE_MS = 10_000;

const thousandths = (value: number): number => Math.round(1000 * value) / 1000;

function routeJson(route: RouteReading) {
  return {
    route: route.route,
    ...{ hits: route.hits, misses: route.misses, errors: route.errors },
    ...{ stale_served: route.stale, coalesced: route.coalesced },
    hit_rate_percent: hitRatePercent(route.hits, route.misses),
    seconds_saved: thousandths(route.computeSavedMs / 1000),
    seconds_spent: thousandths(route.computeSpentMs / 1000),
    hit_ms_p50: thousandths(quantileMs(Object.values(route.hitMs), 0.5)),
    miss_ms_p50: thousandths(quantileMs([route.missMs], 0.5)),
    miss_ms_p95: thousandths(quantileMs([route.missMs], 0.95)),
  };
}

function routesJson({ routes }: Reading) {
  const bySaved = [...routes].sort(
    (one, other) =>
      other.computeSavedMs - one.computeSavedMs ||
      other.hits + other.misses - one.hits - one.misses,
  );
  return { count: routes.length, list: bySaved.slice(0, ROUTES_MAX).map(routeJson) };
}

function poolJson([name, pool]: readonly [string, PoolReading]) {
  const { max, inUse, open, waiting, peak, served, waitedMs, errors, exhaustions } = pool;
  return {
    ...{ name, max, open, waiting, peak, errors, exhaustions, served },
    in_use: inUse,
    setting: pool.setting,
    mean_wait_ms: served === 0 ? 0 : thousandths(waitedMs / served),
  };
}

function flightJson(one: Computing, nowMs: number) {
  const path = pathOf(one.address);
  return {
    route: one.route,
    host: one.address.slice(0, -path.length),
    path,
    query: readableQuery(one.query),
    partition: shownPartition(one.partition),
    running_ms: Math.round(nowMs - one.startedMs),
    usual_ms: one.usualMs === undefined ? null : Math.round(one.usualMs),
    waiters: one.waiters(),
  };
}

export interface View {
  /** Without addresses, keys or anybody's name. */
  open(): object;
  /** What is being computed now, the longest first. */
  flights(): object;
}

export function openView(options: ViewOptions): View {
  const { rooms, windows } = options;
  let advice: readonly object[] | null = null;
  let advisedMs = -Infinity;

  const computing = (): Computing[] =>
    [...rooms.purges.underway.all()].filter(({ kind }) => kind === 'flight');
  /** Null while there is too little to judge by. */
  const advise = (nowMs: number): void => {
    advisedMs = nowMs;
    const { caches, pools } = judge(options);
    const all = [...caches, ...pools];
    const judged = all.some(({ advice: given }) => given !== undefined);
    const about = all.flatMap(({ now, advice: given }) =>
      (given ?? []).map((one) => ({ about: now.name, ...one })),
    );
    advice = judged ? about : null;
  };

  return {
    open() {
      const reading = options.read();
      const nowMs = reading.clockMs;
      if (nowMs - advisedMs >= ADVICE_MS) advise(nowMs);
      const late = computing().filter(
        ({ startedMs, usualMs }) => usualMs !== undefined && nowMs - startedMs > LATE * usualMs,
      ).length;
      const metrics = metricsJson(reading);
      return {
        ...{ version: metrics['version'], timestamp: metrics['timestamp'], status: reading.status },
        ...{ uptime_seconds: metrics['uptime_seconds'], workers: reading.workers },
        answers: answersOf({ reading, windows, draining: options.draining(), late }),
        // By the patterns of routes there is a list of its own, which has an end.
        cache: { ...httpCacheJson(reading), by_endpoint: undefined },
        ...{ advice, routes: routesJson(reading) },
        computing: { flights: reading.levels.flights, waiters: reading.levels.waiters },
        redis: metrics['redis_pool'],
        pools: Object.entries(reading.pools).slice(0, POOLS_MAX).map(poolJson),
        alerts: reading.alerts.map((alert) => ({
          ...{ name: alert.name, severity: alert.severity, state: alert.state },
          since: alert.sinceWallMs ?? null,
          value: alert.value ?? null,
          threshold: alert.threshold,
          sentence: sentenceOf(alert.name),
        })),
        watchers: options.watchers(),
      };
    },
    flights() {
      const nowMs = rooms.clock.nowMs();
      const all = computing().sort((one, other) => one.startedMs - other.startedMs);
      const list = all.slice(0, FLIGHTS_MAX).map((one) => flightJson(one, nowMs));
      return { count: all.length, list };
    },
  };
}
