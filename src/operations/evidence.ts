/** Evidence: what was counted within a span, in the words of those who judge it. */
import type { AlertEvidence } from '../advice/alerts.js';
import type { RouteEvidence } from '../advice/recommendations.js';
import type { CacheEvidence, PoolEvidence } from '../advice/scores.js';
import type { Counted, PoolMinute } from '../metrics/reading.js';
import type { Span, Windows } from '../metrics/windows.js';
import type { Rules } from '../policy/rules.js';

/** What the rules say of a route with a lifetime of ours. */
export interface RouteRule {
  readonly route: string;
  readonly ttlMs: number;
  readonly bodyBytesMax: number;
}

export function rulesOf({ routes }: Rules): readonly RouteRule[] {
  return routes.flatMap(({ pattern: route, cache }) => {
    if (typeof cache === 'string') return [];
    const { ttlMs, bodyBytesMax } = cache;
    return [{ route, ttlMs, bodyBytesMax }];
  });
}

/** There is one cache so far: the answers in memory. */
export function cachesOf(counted: Counted, windows: Windows, span: Span): readonly CacheEvidence[] {
  const gained = (series: string): number => windows.gained(series, span);
  const { entries, entriesMax, bytes, bytesMax } = counted.memory;
  const hits = gained('hits');
  return [
    {
      name: 'memory',
      hits,
      misses: gained('misses'),
      stale: gained('stale'),
      stored: gained('stored'),
      evictions: gained('evictions'),
      evictedForEntries: gained('evicted_for_entries'),
      evictedNotAdmitted: gained('evicted_not_admitted'),
      evictedEnded: gained('evicted_ended'),
      evictedEarly: gained('evicted_early'),
      evictedAskedAgain: gained('evicted_asked_again'),
      ...{ entries, entriesMax, bytes, bytesMax },
      hitMeanMs: hits === 0 ? 0 : (1000 * gained('hit_seconds')) / hits,
    },
  ];
}

export function poolsOf(counted: Counted, windows: Windows, span: Span): readonly PoolEvidence[] {
  return Object.entries(counted.pools).map(([name, pool]) => {
    const gained = (part: string): number => windows.gained(`pool.${name}.${part}`, span);
    const { max, inUse, setting, remedy } = pool;
    return {
      ...{ name, max, inUse, setting, remedy },
      inUseMean: windows.mean(`pool.${name}.in_use`, span),
      inUsePeak: Math.max(inUse, windows.peak(`pool.${name}.in_use`, span)),
      commands: gained('served'),
      waitedMs: 1000 * gained('wait_seconds'),
      errors: gained('errors'),
      exhaustions: gained('exhaustions'),
    };
  });
}

export function routesOf(
  rules: readonly RouteRule[],
  windows: Windows,
  span: Span,
): readonly RouteEvidence[] {
  return rules.map((rule) => {
    const gained = (part: string): number => windows.gained(`route.${rule.route}.${part}`, span);
    return {
      ...rule,
      hits: gained('hits'),
      misses: gained('misses'),
      missedStale: gained('missed_stale'),
      stale: gained('stale'),
      tooLarge: gained('too_large'),
    };
  });
}

export function poolMinutesOf(counted: Counted, windows: Windows): Record<string, PoolMinute> {
  const minutes = poolsOf(counted, windows, '1m').map(
    ({ name, commands, errors, exhaustions }) => [name, { commands, errors, exhaustions }] as const,
  );
  return Object.fromEntries(minutes);
}

const REDIS = 'redis';

/** What the alert rules judge: five minutes of the cache, one of the pools. */
export function alertEvidenceOf(
  counted: Counted,
  windows: Windows,
  efficiency: number | undefined,
): AlertEvidence {
  const five = (series: string): number => windows.gained(series, '5m');
  const redis = counted.pools[REDIS];
  return {
    hits: five('hits'),
    misses: five('misses'),
    stale: five('stale'),
    evictedEarly: five('evicted_early'),
    ...{ efficiency, leaks: counted.leaks },
    redis:
      redis === undefined
        ? undefined
        : {
            max: redis.max,
            available: redis.max - redis.inUse,
            exhaustions: windows.gained(`pool.${REDIS}.exhaustions`, '1m'),
            errors: five(`pool.${REDIS}.errors`),
          },
    pools: poolsOf(counted, windows, '1m'),
  };
}
