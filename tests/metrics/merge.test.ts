/** Many processes as one: what adds up, what does not, and what the ended ones leave behind. */
import { describe, expect, it } from '@jest/globals';
import { createHistogram, quantileMs } from '../../src/metrics/histogram.js';
import { mergeCounted } from '../../src/metrics/merge.js';
import { metricsJson } from '../../src/metrics/expose-json.js';
import type { Reading } from '../../src/metrics/reading.js';
import { received, sendable } from '../../src/metrics/wire.js';
import { readingOf, routeReading } from '../fakes/reading.js';

function worker(hits: number, missMs: readonly number[], more: Partial<Reading> = {}): Reading {
  const times = createHistogram();
  for (const ms of missMs) times.record(ms);
  const misses = missMs.length;
  const missed = new Map([['uri-miss', misses]]);
  const routes = [routeReading('/a', { hits, misses, missed, missMs: times })];
  return { ...readingOf(), workers: 1, routes, ...more };
}

const living = (counted: Reading) => ({ counted, ended: false });

describe('the numbers of many workers', () => {
  it('add up: counters, gauges, and histograms by their buckets before any percentile', () => {
    const slow = worker(3, [100, 100, 100]);
    const fast = worker(4, [1]);
    const sum = mergeCounted([living(slow), living(fast)]);
    expect(sum.workers).toBe(2);
    expect(sum.routes).toMatchObject([{ route: '/a', hits: 7, misses: 4 }]);
    expect(sum.routes[0]?.missed.get('uri-miss')).toBe(4);
    const [route] = sum.routes;
    const p50 = quantileMs(route === undefined ? [] : [route.missMs], 0.5);
    // The middle of all four, and not the mean of two middles.
    expect(p50).toBeGreaterThan(80);
    expect(route?.missMs.sumMs()).toBe(301);
  });

  it('take the oldest for the age, and the longest for the time since the start', () => {
    const memory = { ...readingOf().memory, oldestMs: 5_000, bytes: 10, bytesMax: 100 };
    const older = { ...memory, oldestMs: 9_000 };
    const sum = mergeCounted([
      living(worker(0, [], { memory, uptimeMs: 4_000 })),
      living(worker(0, [], { memory: older, uptimeMs: 7_000 })),
    ]);
    expect(sum.memory).toMatchObject({ oldestMs: 9_000, bytes: 20, bytesMax: 200 });
    expect(sum.uptimeMs).toBe(7_000);
  });

  it('keep what an ended worker counted, and forget what it held', () => {
    const memory = { ...readingOf().memory, bytes: 10, bytesMax: 100, evictions: 3 };
    const gone = worker(5, [1, 2], { memory });
    const left = mergeCounted([{ counted: gone, ended: true }]);
    const sum = mergeCounted([living(worker(1, [], { memory })), { counted: left, ended: true }]);
    expect(sum.routes).toMatchObject([{ hits: 6, misses: 2 }]);
    expect(sum.memory).toMatchObject({ bytes: 10, bytesMax: 100, evictions: 6 });
    expect(sum.workers).toBe(1);
  });

  it('are as well as the worst of them', () => {
    const upstream = (breaker: 'closed' | 'open') => ({
      some: {
        ...{ origins: [{ url: 'http://a', breaker }], fell: 1, refused: 0 },
        ...{ retries: 0, retriesRefused: 0, errors: { connect: 2 } },
      },
    });
    const sum = mergeCounted([
      living(worker(0, [], { upstreams: upstream('closed') })),
      living(worker(0, [], { upstreams: upstream('open') })),
    ]);
    expect(sum.upstreams['some']).toMatchObject({
      origins: [{ url: 'http://a', breaker: 'open' }],
      ...{ fell: 2, errors: { connect: 4 } },
    });
  });

  it('come through another process unchanged', () => {
    const before = worker(3, [5, 6, 700]);
    const there = sendable(before);
    const after = received(there) as Reading;
    const [one, other] = [before.routes[0], after.routes[0]];
    expect(quantileMs(other === undefined ? [] : [other.missMs], 0.9)).toBe(
      quantileMs(one === undefined ? [] : [one.missMs], 0.9),
    );
    expect(JSON.stringify(metricsJson(after))).toBe(JSON.stringify(metricsJson(before)));
  });
});
