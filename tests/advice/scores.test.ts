/** The scores: the sums that the documents give, and no judgement without enough to judge. */
import { describe, expect, it } from '@jest/globals';
import {
  bandOf,
  cacheEfficiency,
  evictionRate,
  hitRate,
  meanWaitMs,
  poolEfficiency,
  share,
} from '../../src/advice/scores.js';
import { cacheEvidence, poolEvidence } from '../fakes/evidence.js';

describe('the efficiency of a cache', () => {
  it('is 91.3 at 85.5 % hits with nothing evicted, as the formula says', () => {
    const cache = cacheEvidence({ hits: 855, misses: 145, stored: 145 });
    expect(cacheEfficiency(cache)).toBeCloseTo(91.3, 6);
  });

  it('loses with evictions, and never falls below nothing for them', () => {
    const half = cacheEvidence({ hits: 100, misses: 100, stored: 100, evictions: 50 });
    expect(cacheEfficiency(half)).toBeCloseTo(30 + 10 + 20, 6);
    const all = cacheEvidence({ hits: 100, misses: 100, stored: 100, evictions: 900 });
    expect([evictionRate(all), cacheEfficiency(all)]).toEqual([1, 50]);
  });

  it('is not lowered by full memory, only by young answers that had to leave it', () => {
    const full = { hits: 100, misses: 100, stored: 100, bytes: 1_000, bytesMax: 1_000 };
    expect(cacheEfficiency(cacheEvidence(full))).toBe(70);
    expect(cacheEfficiency(cacheEvidence({ ...full, evictedEarly: 50 }))).toBe(60);
    const roomy = { ...full, bytes: 800, evictedEarly: 50 };
    expect(cacheEfficiency(cacheEvidence(roomy))).toBe(70);
  });

  it('is not lowered by newcomers that were not let in, nor by what had ended', () => {
    const crawled = { hits: 100, misses: 100, stored: 100, evictions: 90, bytes: 1_000 };
    const passing = { ...crawled, bytesMax: 1_000, evictedNotAdmitted: 60, evictedEnded: 30 };
    expect(cacheEfficiency(cacheEvidence(passing))).toBe(70);
  });

  it('is not judged below fifty requests: a cold cache is not a bad one', () => {
    expect(cacheEfficiency(cacheEvidence({}))).toBeUndefined();
    expect(cacheEfficiency(cacheEvidence({ misses: 49 }))).toBeUndefined();
    expect(cacheEfficiency(cacheEvidence({ misses: 50 }))).toBe(40);
    expect(hitRate(cacheEvidence({}))).toBe(0);
  });
});

describe('the efficiency of a pool', () => {
  it('is full when four fifths are used, nobody waits and nothing fails', () => {
    const pool = poolEvidence({ max: 10, inUseMean: 8, commands: 100 });
    expect(poolEfficiency(pool)).toBe(100);
    expect(poolEfficiency({ ...pool, inUseMean: 10 })).toBe(100);
    expect(poolEfficiency({ ...pool, inUseMean: 4 })).toBe(80);
  });

  it('loses with the mean wait of those who got one, and with errors', () => {
    const pool = poolEvidence({ max: 10, inUseMean: 8, commands: 100, waitedMs: 10_000 });
    expect([meanWaitMs(pool), poolEfficiency(pool)]).toEqual([100, 90]);
    expect(poolEfficiency({ ...pool, waitedMs: 1e9 })).toBe(70);
    expect(poolEfficiency({ ...pool, waitedMs: 0, errors: 50 })).toBe(85);
  });

  it('is not judged below twenty uses', () => {
    expect(poolEfficiency(poolEvidence({ commands: 19 }))).toBeUndefined();
    expect(poolEfficiency(poolEvidence({ commands: 20 }))).toBe(60);
  });
});

describe('a share and a band', () => {
  it('stay within their ends', () => {
    expect([share(1, 0), share(5, 2), share(-1, 2), share(1, 4)]).toEqual([0, 1, 0, 0.25]);
    expect([100, 80, 79.9, 60, 40, 39.9].map(bandOf)).toEqual([
      ...['excellent', 'excellent', 'good', 'good', 'fair', 'poor'],
    ]);
  });
});
