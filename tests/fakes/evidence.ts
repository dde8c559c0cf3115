/** What a quiet cache and a quiet pool did; tests fill in what they judge. */
import type { AlertEvidence } from '../../src/advice/alerts.js';
import type { RouteEvidence } from '../../src/advice/recommendations.js';
import type { CacheEvidence, PoolEvidence } from '../../src/advice/scores.js';

export function cacheEvidence(more: Partial<CacheEvidence>): CacheEvidence {
  return {
    ...{ name: 'memory', hits: 0, misses: 0, stale: 0, stored: 0, evictions: 0, hitMeanMs: 0.1 },
    ...{ evictedNotAdmitted: 0, evictedEnded: 0 },
    ...{ evictedForEntries: 0, evictedEarly: 0, evictedAskedAgain: 0 },
    ...{ entries: 10, entriesMax: 1_000, bytes: 100, bytesMax: 64 * 2 ** 20 },
    ...more,
  };
}

export function poolEvidence(more: Partial<PoolEvidence>): PoolEvidence {
  return {
    ...{ name: 'reports', max: 10, inUse: 0, inUseMean: 0, inUsePeak: 0, commands: 0 },
    ...{ waitedMs: 0, errors: 0, exhaustions: 0, setting: 'upstreams.reports.connections' },
    remedy: { setting: 'upstreams.reports.url', value: 'one more origin' },
    ...more,
  };
}

export function routeEvidence(more: Partial<RouteEvidence>): RouteEvidence {
  return {
    ...{ route: '/r', hits: 0, misses: 0, missedStale: 0, stale: 0, tooLarge: 0 },
    ...{ ttlMs: 30_000, bodyBytesMax: 2 ** 20 },
    ...more,
  };
}

export function alertEvidence(more: Partial<AlertEvidence> = {}): AlertEvidence {
  return {
    ...{ hits: 0, misses: 0, stale: 0, evictedEarly: 0, efficiency: undefined, leaks: 0 },
    ...{ redis: undefined, pools: [] },
    ...more,
  };
}
