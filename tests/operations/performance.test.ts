/** The performance API: true numbers, advice with reasons, health that ends with the trouble. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { openGateway, type RunningGateway } from '../fakes/gateway.js';
import { openOrigin, type Origin } from '../fakes/origin.js';

let origin: Origin;
let running: RunningGateway;
beforeAll(async () => {
  origin = await openOrigin();
  origin.answer((_req, res) => res.end('x'.repeat(1000)));
  running = await openGateway(`
upstreams: { some: { url: "${origin.url}" }, other: { url: "http://127.0.0.1:1" } }
memory: { maxEntries: 20 }
routes:
  - { path: /kept/**, upstream: some, cache: { ttl: 30s } }
  - { path: /other/**, upstream: other, cache: { ttl: 30s } }
`);
});
afterAll(async () => {
  await running.close();
  await origin.close();
});

interface Tree {
  readonly [name: string]: Tree;
}

async function get(path: string, gateway = running): Promise<{ status: number; json: Tree }> {
  const { status, body, headers } = await ask(gateway.operationsPort, `/api/performance${path}`);
  expect(headers['cache-control']).toBe('no-store');
  return { status, json: JSON.parse(body) as Tree };
}

const keysOf = (tree: Tree | undefined): string[] => Object.keys(tree ?? {}).sort();

async function hits(gateway: RunningGateway, path: string, times: number): Promise<void> {
  for (let nth = 0; nth < times; nth += 1) await ask(gateway.port, path);
}

describe('before anything was asked', () => {
  it('nothing is judged, nothing is wrong, and no resource is held', async () => {
    const { json: report } = await get('/report');
    expect(report['overall_health']).toBe('healthy');
    expect(report['caches']?.['memory']?.['metrics']).toMatchObject({
      ...{ hit_rate: 0, miss_rate: 0, efficiency_score: null, requests: 0 },
    });
    expect(report['caches']?.['memory']?.['recommendations']).toEqual([
      'There was too little to do to judge by.',
    ]);
    expect(report['resources']).toEqual({ active_count: 0, potential_leaks: [] });
    expect((await get('/resources/stats')).json).toEqual({
      resource_stats: {
        active_resources: 0,
        max_resources: 1000,
        utilization: 0,
        resource_types: {},
      },
    });
    expect(await get('/health')).toMatchObject({ status: 200 });
  });

  it('the leaks are none, for any sensible age, and nonsense is refused', async () => {
    const none = { leak_count: 0, leaks: [] };
    expect((await get('/resources/leaks')).json).toEqual({ ...none, max_lifetime_seconds: 3600 });
    const soon = await get('/resources/leaks?max_lifetime_seconds=0');
    expect(soon.json).toEqual({ ...none, max_lifetime_seconds: 0 });
    for (const bad of ['-1', 'x', '1e9', '99999999999', '', '1&max_lifetime_seconds=2']) {
      expect((await get(`/resources/leaks?max_lifetime_seconds=${bad}`)).status).toBe(422);
    }
  });
});

describe('after traffic', () => {
  it('rates, totals and scores are numbers that agree with what was asked', async () => {
    await hits(running, '/kept/a', 100);
    const { json } = await get('/cache/metrics');
    const cache = json['caches']?.['memory'];
    expect(cache).toMatchObject({
      ...{ hit_rate: 0.99, miss_rate: 0.01, eviction_rate: 0, requests: 100 },
      ...{ total_hits: 99, total_misses: 1, total_evictions: 0, total_sets: 1, current_size: 1 },
      ...{ efficiency_score: 99.4, efficiency_band: 'excellent' },
    });
    expect(cache?.['memory_usage_mb']).toBeCloseTo(
      Number(cache?.['memory_usage_bytes']) / 2 ** 20,
      3,
    );
    expect((await get('/cache/recommendations')).json['recommendations']).toEqual({
      memory: ['Cache performance is optimal.'],
    });
  });

  it('each pool is measured by itself', async () => {
    const { json } = await get('/pools/metrics');
    expect(keysOf(json['pools'])).toEqual(['other', 'some']);
    const { some, other } = json['pools'] as unknown as Record<string, Tree>;
    expect(some?.['stats']).toMatchObject({
      ...{ active_connections: 0, waiting_connections: 0, pool_hits: 1, pool_misses: 0 },
      ...{ peak_connections: 1, connection_errors: 0, pool_exhaustions: 0 },
    });
    expect(other?.['stats']).toMatchObject({ pool_hits: 0, connection_errors: 0 });
    expect(other?.['efficiency_score']).toBeNull();
    await hits(running, '/other/x', 3);
    const later = (await get('/pools/metrics')).json['pools'];
    expect(later?.['other']?.['stats']?.['connection_errors']).toBeGreaterThan(0);
    expect(later?.['some']?.['stats']?.['connection_errors']).toBe(0);
  });

  it('advice names the setting, the value and the evidence', async () => {
    // Twenty answers fit; each of sixty is asked for again soon after it was evicted.
    for (let round = 0; round < 3; round += 1) {
      for (let nth = 0; nth < 60; nth += 1) await ask(running.port, `/kept/n${nth}`);
    }
    const { json } = await get('/cache/recommendations');
    const detail = json['details']?.['memory']?.['0'];
    expect(detail).toMatchObject({ setting: 'memory.maxEntries' });
    expect(detail?.['sentence']).toMatch(
      /^Raise `memory\.maxEntries` to \d+: over the last hour, \d+ % of \d+ evicted answers were/,
    );
    expect(Number(detail?.['value'])).toBeGreaterThan(20);
    expect(Number(detail?.['value'])).toBeLessThanOrEqual(40);
    expect(json['recommendations']?.['memory']?.['0']).toBe(detail?.['sentence']);
    expect(detail?.['evidence']?.['evicted_asked_again']).toBeGreaterThan(50);
  });
});

describe('the history', () => {
  it('gives a chart its points by the wall clock, and the names of all series', async () => {
    const { json } = await get('/history?span=1m');
    expect(json).toMatchObject({ span: '1m', step_seconds: 1 });
    expect(keysOf(json['series'])).toContain('hits');
    expect(json['available']).toEqual(
      expect.arrayContaining(['hits', 'bytes', 'pool.some.in_use', 'route./kept/**.misses']),
    );
    const some = await get('/history?series=bytes,route./kept/**.misses&span=24h');
    expect(keysOf(some.json['series'])).toEqual(['bytes', 'route./kept/**.misses']);
    const seconds = some.json['series']?.['bytes']?.['points']?.['0']?.['0'];
    expect(seconds).toBeCloseTo(running.clock.wallMs() / 1000, -3);
  });

  it.each(['series=nonsense', 'series=', 'span=2h', `series=${'hits,'.repeat(5)}x`])(
    'refuses %s',
    async (query) => {
      expect((await get(`/history?${query}`)).status).toBe(422);
    },
  );

  it('refuses more series than a chart can hold', async () => {
    const all = (await get('/history')).json['available'] as unknown as string[];
    const many = encodeURIComponent(all.slice(0, 21).join());
    expect((await get(`/history?series=${many}`)).status).toBe(422);
  });
});
