/** Advice: it names its evidence, the setting and the value, and says nothing without cause. */
import { describe, expect, it } from '@jest/globals';
import { advisePool, poolIssues } from '../../src/advice/pools.js';
import { adviseCache, cacheIssues } from '../../src/advice/recommendations.js';
import type { RouteEvidence } from '../../src/advice/recommendations.js';
import type { CacheEvidence, PoolEvidence } from '../../src/advice/scores.js';
import { cacheEvidence, poolEvidence, routeEvidence } from '../fakes/evidence.js';

function onCache(cache: Partial<CacheEvidence>, ...routes: Partial<RouteEvidence>[]) {
  return adviseCache({
    cache: cacheEvidence(cache),
    routes: routes.map(routeEvidence),
    span: 'the last hour',
  });
}

const onPool = (pool: Partial<PoolEvidence>, whole = true) =>
  advisePool(poolEvidence(pool), { span: 'the last hour', whole });

const asked = { hits: 900, misses: 100, stored: 100 };

describe('advice on a cache', () => {
  it('is not given below fifty requests, and is empty when all is well', () => {
    expect(onCache({ hits: 20, misses: 29 })).toBeUndefined();
    expect(onCache(asked, { hits: 900, misses: 100 })).toEqual([]);
  });

  it('is more memory when what was evicted is asked for again', () => {
    const [first] = onCache({ ...asked, evictions: 100, evictedAskedAgain: 31 }) ?? [];
    expect(first?.sentence).toBe(
      'Raise `memory.maxBytes` to 96MiB: over the last hour, 31 % of 100 evicted answers were ' +
        'asked for again within a minute.',
    );
    expect(first).toMatchObject({
      ...{ setting: 'memory.maxBytes', value: '96MiB' },
      evidence: { evictions: 100, evicted_asked_again: 31, stored: 100 },
    });
  });

  it('is more memory when answers that had been let in are displaced', () => {
    const [first] = onCache({ ...asked, evictions: 90, evictedNotAdmitted: 50 }) ?? [];
    expect(first?.sentence).toBe(
      'Raise `memory.maxBytes` to 80MiB: over the last hour, 40 answers were displaced by others ' +
        'while 100 were stored.',
    );
    expect(first?.evidence).toMatchObject({ displaced: 40, evicted_not_admitted: 50 });
  });

  it('is none for newcomers that were not let in, nor for what had ended anyway', () => {
    expect(onCache({ ...asked, evictions: 90, evictedNotAdmitted: 90 })).toEqual([]);
    expect(onCache({ ...asked, evictions: 90, evictedNotAdmitted: 40, evictedEnded: 50 })).toEqual(
      [],
    );
  });

  it('is more entries when their number, not their bytes, was the ceiling', () => {
    const much = { evictions: 100, evictedForEntries: 90, evictedAskedAgain: 50 };
    const [first] = onCache({ ...asked, ...much }) ?? [];
    expect(first).toMatchObject({ setting: 'memory.maxEntries', value: '1500' });
  });

  it('is none for few evictions, or for old answers that nobody missed', () => {
    expect(onCache({ ...asked, evictions: 19, evictedAskedAgain: 19 })).toEqual([]);
    expect(onCache({ ...asked, stored: 1_000, evictions: 100 })).toEqual([]);
  });

  it('is a longer lifetime when misses find what has just run out', () => {
    const route = { hits: 100, misses: 200, missedStale: 150 };
    const [first, ...rest] = onCache({ hits: 100, misses: 200 }, route) ?? [];
    expect(first?.sentence).toBe(
      'Raise `routes[/r].cache.ttl` from 30s to 1m: over the last hour, 75 % of 200 misses found ' +
        'an answer that had run out.',
    );
    expect(rest).toEqual([]);
  });

  it('is a closer look at the query when misses ask for what was never asked', () => {
    const route = { hits: 10, misses: 200, missedStale: 5 };
    const [first] = onCache({ hits: 10, misses: 200 }, route) ?? [];
    expect(first).toMatchObject({ setting: 'routes[/r].cache.query' });
    expect(first?.sentence).toContain('98 % of 200 misses');
  });

  it('names one setting once, when answers run out and go out old', () => {
    const route = { hits: 100, misses: 200, missedStale: 150, stale: 60 };
    const advice = onCache({ hits: 100, misses: 200 }, route) ?? [];
    expect(advice.map(({ setting }) => setting)).toEqual(['routes[/r].cache.ttl']);
    expect(advice[0]?.sentence).toContain('20 % of 300 answers were past their lifetime');
  });

  it('is a larger limit when answers are too large, of the rule or of the memory', () => {
    const route = { hits: 900, misses: 100, tooLarge: 40 };
    expect(onCache(asked, route)).toMatchObject([
      { setting: 'routes[/r].cache.maxBytes', value: '2MiB' },
    ]);
    expect(onCache(asked, { ...route, bodyBytesMax: 8 * 2 ** 20 })).toMatchObject([
      { setting: 'memory.maxBytes', value: '128MiB' },
    ]);
  });

  it('knows each route by itself', () => {
    const good = { route: '/good', hits: 900, misses: 10 };
    const bad = { route: '/bad', hits: 10, misses: 90, missedStale: 90 };
    const advice = onCache(asked, good, bad) ?? [];
    expect(advice.map(({ setting }) => setting)).toEqual(['routes[/bad].cache.ttl']);
  });
});

describe('advice on a pool', () => {
  it('is not given below twenty uses, and is empty when all is well', () => {
    expect(onPool({ commands: 19 })).toBeUndefined();
    expect(onPool({ commands: 20, inUsePeak: 5 })).toEqual([]);
  });

  it('is half as many again when it is used up, or waited for', () => {
    const [used] = onPool({ commands: 100, inUseMean: 9.5, inUsePeak: 10 }) ?? [];
    expect(used?.sentence).toBe(
      'Raise `upstreams.reports.connections` from 10 to 15: over the last hour, 95 % of it was ' +
        'in use on average.',
    );
    const [slow] = onPool({ commands: 100, waitedMs: 20_000, inUsePeak: 5 }) ?? [];
    expect(slow).toMatchObject({ value: '15', evidence: { mean_wait_ms: 200 } });
  });

  it('is immediate when a caller got none, even if nobody got one', () => {
    const [first, ...rest] = onPool({ exhaustions: 3 }) ?? [];
    expect(first?.sentence).toContain('immediately, for over the last hour 3 callers got none');
    expect(rest).toEqual([]);
  });

  it('is to look behind it when more than one use in twenty fails', () => {
    expect(onPool({ commands: 100, errors: 5, inUsePeak: 5 })).toEqual([]);
    expect(onPool({ commands: 100, errors: 6, inUsePeak: 5 })).toMatchObject([
      { setting: 'upstreams.reports.url', value: 'one more origin', evidence: { errors: 6 } },
    ]);
  });

  it('is fewer only after a whole span in which few were ever used', () => {
    const idle = { max: 100, commands: 50, inUsePeak: 4 };
    expect(onPool(idle)).toMatchObject([{ value: '30', evidence: { in_use_peak: 4 } }]);
    expect(onPool(idle, false)).toEqual([]);
    expect(onPool({ ...idle, max: 10, inUsePeak: 1 })).toEqual([]);
    expect(onPool({ ...idle, inUsePeak: 20 })).toEqual([]);
  });
});

describe('issues', () => {
  it('of a cache are a low hit rate and a low score, once there is something to judge', () => {
    expect(cacheIssues(cacheEvidence({ misses: 40 }), undefined)).toEqual([]);
    expect(cacheIssues(cacheEvidence({ hits: 40, misses: 60 }), 45)).toEqual([
      '40 % of 100 requests were hits.',
      'The efficiency score is 45.0 of 100.',
    ]);
    expect(cacheIssues(cacheEvidence({ hits: 60, misses: 40 }), 76)).toEqual([]);
  });

  it('of a pool are callers without a connection, and errors that are many and often', () => {
    expect(poolIssues(poolEvidence({ commands: 10_000, errors: 11 }))).toEqual([]);
    expect(poolIssues(poolEvidence({ commands: 100, errors: 11, exhaustions: 1 }))).toHaveLength(2);
  });
});
