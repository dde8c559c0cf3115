/** Every field of the performance API, by its name and kind; one registry behind all of them. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import { tellSeries } from '../../src/metrics/series.js';
import { openWindows } from '../../src/metrics/windows.js';
import { performance } from '../../src/operations/performance.js';
import { openRegistry } from '../../src/resources/registry.js';
import supertest from 'supertest';
import { handClock } from '../fakes/hand-clock.js';
import { readingOf, routeReading } from '../fakes/reading.js';

type Kind = 'number' | 'ratio' | 'string' | 'time' | 'list' | 'object' | 'score' | 'health';
type Fields = Readonly<Record<string, Kind>>;

const POOL = {
  ...{ max: 10, inUse: 2, open: 4, waiting: 1, dedicated: 0, peak: 3, served: 100, waited: 5 },
  ...{ waitedMs: 200, errors: 1, exhaustions: 0, setting: 'upstreams.a.connections' },
  remedy: { setting: 'upstreams.a.url', value: 'one more origin' },
};
const HOUR_MS = 3_600_000;

function desk() {
  const clock = handClock();
  const registry = openRegistry(4, clock);
  const counts = { hits: 0, misses: 0, served: 0 };
  const reading = () =>
    readingOf({
      ...{ wallMs: clock.wallMs(), clockMs: clock.nowMs(), uptimeMs: clock.nowMs() },
      routes: [routeReading('/r', { hits: counts.hits, misses: counts.misses, stored: 20 })],
      pools: { a: { ...POOL, served: counts.served } },
      leaks: registry.heldLongerThan(HOUR_MS).length,
    });
  const windows = openWindows({
    clock,
    seriesMax: 200,
    read: (tell) => {
      tellSeries(reading(), tell);
    },
  });
  const app = express();
  const read = () => {
    windows.refresh();
    return reading();
  };
  app.use('/api/performance', performance({ read, windows, registry, rules: () => [] }));
  return { app, clock, registry, windows, counts };
}

let opened: ReturnType<typeof desk>;
beforeAll(() => {
  opened = desk();
  opened.registry.hold('socket', { of: 'the first' });
  opened.clock.turn(HOUR_MS + 1_000);
  opened.registry.hold('file');
  // Within the last five minutes, so that there are scores.
  Object.assign(opened.counts, { hits: 80, misses: 20, served: 100 });
});
afterAll(() => {
  opened.windows.close();
});

const get = async (path: string): Promise<Record<string, unknown>> =>
  (await supertest(opened.app).get(`/api/performance${path}`)).body as Record<string, unknown>;

/** What stands at `a.b.c`; `*` is whatever comes first. */
function at(tree: unknown, path: string): unknown {
  return path.split('/').reduce<unknown>((here, name) => {
    const object = here as Record<string, unknown>;
    return name === '*' ? Object.values(object)[0] : object[name];
  }, tree);
}

function isOf(kind: Kind, value: unknown): boolean {
  switch (kind) {
    case 'ratio':
      return typeof value === 'number' && value >= 0 && value <= 1;
    case 'score':
      return typeof value === 'number' && value >= 0 && value <= 100;
    case 'time':
      return typeof value === 'string' && !Number.isNaN(Date.parse(value));
    case 'list':
      return Array.isArray(value);
    case 'health':
      return ['healthy', 'degraded', 'critical'].includes(String(value));
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'number':
    case 'string':
      return typeof value === kind;
  }
}

const under = (place: string, fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, kind]) => [`${place}/${name}`, kind]));

const cacheFields: Fields = {
  ...{ hit_rate: 'ratio', miss_rate: 'ratio', eviction_rate: 'ratio', efficiency_score: 'score' },
  ...{ total_hits: 'number', total_misses: 'number', total_evictions: 'number' },
  ...{ current_size: 'number', memory_usage_mb: 'number', average_access_time_ms: 'number' },
};
const poolFields: Fields = {
  ...under('stats', {
    ...{ active_connections: 'number', idle_connections: 'number', total_connections: 'number' },
    ...{ waiting_connections: 'number', connection_errors: 'number', pool_hits: 'number' },
    ...{ pool_misses: 'number', pool_exhaustions: 'number', average_wait_time_seconds: 'number' },
    peak_connections: 'number',
  }),
  ...{ utilization: 'ratio', efficiency_score: 'score', recommendations: 'list' },
};

const endpoints: Readonly<Record<string, Fields>> = {
  '/report': {
    ...{ timestamp: 'time', overall_health: 'health' },
    ...under('caches/memory/metrics', cacheFields),
    'caches/memory/recommendations': 'list',
    ...under('connection_pools/a', poolFields),
    ...under('resources', { active_count: 'number', potential_leaks: 'list' }),
  },
  '/cache/metrics': under('caches/memory', cacheFields),
  '/cache/recommendations': { 'recommendations/memory': 'list' },
  '/pools/metrics': { timestamp: 'time', ...under('pools/a', poolFields) },
  '/pools/recommendations': { 'recommendations/a': 'list' },
  '/resources/stats': under('resource_stats', {
    ...{ active_resources: 'number', max_resources: 'number', utilization: 'ratio' },
    resource_types: 'object',
  }),
  '/resources/leaks?max_lifetime_seconds=3600': {
    ...{ leak_count: 'number', leaks: 'list', max_lifetime_seconds: 'number' },
    ...under('leaks/*', {
      ...{ resource_id: 'string', resource_type: 'string', lifetime_seconds: 'number' },
      ...{ created_at: 'time', metadata: 'object' },
    }),
  },
  '/health': {
    ...{ overall_health: 'health', cache_health: 'health', cache_issues: 'list' },
    ...{ pool_health: 'health', pool_issues: 'list', resource_health: 'health' },
    resource_utilization: 'ratio',
  },
};

describe('the performance API', () => {
  it.each(Object.keys(endpoints))('%s has its fields, and numbers are numbers', async (path) => {
    const json = await get(path);
    const wrong = Object.entries(endpoints[path] ?? {}).filter(
      ([place, kind]) => !isOf(kind, at(json, place)),
    );
    expect(wrong.map(([place, kind]) => [place, kind, at(json, place)])).toEqual([]);
    // A number in a text is of no use to a machine.
    expect(JSON.stringify(json)).not.toMatch(/"\d+(?:\.\d+)?(?: ?%|\/100)?"/);
  });

  it('knows one registry: what is held and what leaks is the same in every answer', async () => {
    const report = await get('/report');
    expect(report['resources']).toEqual({ active_count: 2, potential_leaks: ['socket_1'] });
    expect((await get('/resources/stats'))['resource_stats']).toEqual({
      ...{ active_resources: 2, max_resources: 4, utilization: 0.5 },
      resource_types: { socket: 1, file: 1 },
    });
    const leaks = await get('/resources/leaks');
    expect(leaks).toMatchObject({
      leak_count: 1,
      leaks: [{ resource_id: 'socket_1', lifetime_seconds: 3601, metadata: { of: 'the first' } }],
    });
    expect(await get('/health')).toMatchObject({
      ...{ resource_health: 'degraded', resource_utilization: 0.5, overall_health: 'degraded' },
    });
  });

  it('gives the scores that the formulas come to', async () => {
    const cache = at(await get('/cache/metrics'), 'caches/memory');
    expect(cache).toMatchObject({ hit_rate: 0.8, miss_rate: 0.2, efficiency_score: 88 });
    const pool = at(await get('/pools/metrics'), 'pools/a');
    // 40 · 20 % / 80 % for use, 30 for no wait within the window, 30 for no error within it.
    expect(pool).toMatchObject({ utilization: 0.2, efficiency_score: 70 });
  });
});
