/** The alerts inside the gateway: each begins, is silent where it must be, and ends. */
import { describe, expect, it } from '@jest/globals';
import { openAlertBook } from '../../src/advice/alert-book.js';
import { alertRules, type AlertEvidence } from '../../src/advice/alerts.js';
import { alertEvidence } from '../fakes/evidence.js';

const redis = { max: 50, available: 40, exhaustions: 0, errors: 0 };
const pool = { inUse: 1, max: 10, commands: 100, waitedMs: 100 };

interface Case {
  readonly name: string;
  readonly bad: readonly Partial<AlertEvidence>[];
  readonly fine: readonly Partial<AlertEvidence>[];
}

const cases: readonly Case[] = [
  {
    name: 'cache_hit_rate_low',
    bad: [{ hits: 69, misses: 31 }, { hits: 34, misses: 16 }, { misses: 50 }],
    fine: [{ hits: 70, misses: 30 }, { hits: 0, misses: 49 }, {}],
  },
  {
    name: 'low_cache_hit_rate',
    bad: [{ hits: 49, misses: 51 }, { misses: 50 }],
    fine: [{ hits: 50, misses: 50 }, { misses: 49 }],
  },
  {
    name: 'redis_pool_exhausted',
    bad: [
      { redis: { ...redis, available: 4 } },
      { redis: { ...redis, exhaustions: 1 } },
      { redis: { ...redis, max: 5, available: 5, exhaustions: 1 } },
    ],
    fine: [
      { redis: undefined },
      { redis: { ...redis, available: 5 } },
      { redis: { ...redis, max: 9, available: 1 } },
    ],
  },
  {
    name: 'high_error_rate',
    bad: [{ redis: { ...redis, errors: 101 } }],
    fine: [{ redis: { ...redis, errors: 100 } }, { redis: undefined }],
  },
  {
    name: 'high_connection_wait_time',
    bad: [{ pools: [pool, { ...pool, waitedMs: 10_001 }] }],
    fine: [{ pools: [{ ...pool, waitedMs: 10_000 }] }, { pools: [{ ...pool, commands: 0 }] }],
  },
  { name: 'resource_leaks_detected', bad: [{ leaks: 1 }], fine: [{ leaks: 0 }] },
  { name: 'cache_memory_high', bad: [{ evictedEarly: 1 }], fine: [{ evictedEarly: 0 }] },
  {
    name: 'low_cache_efficiency',
    bad: [{ efficiency: 39.9 }],
    fine: [{ efficiency: 40 }, { efficiency: undefined }],
  },
  {
    name: 'stale_serving',
    bad: [{ hits: 100, misses: 0, stale: 6 }],
    fine: [{ hits: 100, stale: 5 }, { stale: 0 }],
  },
];

const opened = (name: string) => openAlertBook(alertRules.filter((rule) => rule.name === name));

describe('an alert', () => {
  it.each(cases)('$name fires when it is bad, and ends when it is fine', ({ name, bad, fine }) => {
    const book = opened(name);
    let nowMs = 0;
    const judge = (evidence: Partial<AlertEvidence>): string[] => {
      nowMs += 1_000;
      const changes = book.judge(alertEvidence(evidence), nowMs, 5_000 + nowMs);
      return changes.map(({ event }) => event);
    };
    for (const one of fine) expect([one, judge(one)]).toEqual([one, []]);
    for (const worse of bad) {
      for (const better of fine) {
        expect([worse, judge(worse)]).toEqual([worse, ['firing']]);
        expect(book.standings()).toMatchObject([{ state: 'firing', sinceWallMs: 5_000 + nowMs }]);
        expect(judge(worse)).toEqual([]);
        expect([better, judge(better)]).toEqual([better, ['resolved']]);
        expect(book.standings()).toMatchObject([{ state: 'ok' }]);
      }
    }
  });

  it('each rule is covered here, beside the one that waits before it fires', () => {
    const names = new Set([...cases.map(({ name }) => name), 'high_pool_utilization']);
    expect(alertRules.map(({ name }) => name).filter((name) => !names.has(name))).toEqual([]);
  });
});

describe('high_pool_utilization', () => {
  const busy = alertEvidence({ pools: [pool, { ...pool, inUse: 10 }] });
  const calm = alertEvidence({ pools: [{ ...pool, inUse: 9 }] });

  it('is pending for a minute, then fires, then ends', () => {
    const book = opened('high_pool_utilization');
    const state = () => book.standings()[0]?.state;
    expect(book.judge(calm, 0, 0)).toEqual([]);
    expect([book.judge(busy, 1_000, 1_000), state()]).toEqual([[], 'pending']);
    expect([book.judge(busy, 60_999, 60_999), state()]).toEqual([[], 'pending']);
    expect(book.judge(busy, 61_000, 61_000)).toMatchObject([{ event: 'firing', value: 1 }]);
    expect([book.judge(busy, 61_500, 61_500), state()]).toEqual([[], 'firing']);
    expect(book.judge(calm, 62_000, 62_000)).toMatchObject([{ event: 'resolved', value: 0.9 }]);
  });

  it('that was pending and passed says nothing, and begins its minute anew', () => {
    const book = opened('high_pool_utilization');
    book.judge(busy, 0, 0);
    expect(book.judge(calm, 30_000, 30_000)).toEqual([]);
    book.judge(busy, 31_000, 31_000);
    expect(book.judge(busy, 90_000, 90_000)).toEqual([]);
    expect(book.judge(busy, 91_000, 91_000)).toMatchObject([{ event: 'firing' }]);
  });
});

describe('the book', () => {
  it('has nothing to say of a house where nothing has happened', () => {
    const book = openAlertBook(alertRules);
    expect(book.judge(alertEvidence(), 0, 0)).toEqual([]);
    expect(new Set(book.standings().map(({ state }) => state))).toEqual(new Set(['ok']));
    expect(book.standings().every(({ sinceWallMs }) => sinceWallMs === undefined)).toBe(true);
  });
});
