/** /metrics: true numbers that agree with one another, under names that no caller can add to. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { openGateway, TOKEN, type RunningGateway } from '../fakes/gateway.js';
import { openOrigin, type Origin } from '../fakes/origin.js';
import { fieldOf, pipelinedClient } from '../fakes/pipelined-client.js';
import { readExposition } from '../fakes/prometheus-text.js';

let origin: Origin;
let running: RunningGateway;
beforeAll(async () => {
  origin = await openOrigin();
  running = await openGateway(
    `
upstreams:
  some: { url: "${origin.url}" }
  down: { url: "http://127.0.0.1:1", sick: { failures: 1000 } }
routes:
  - path: /kept/**
    upstream: some
    cache: { ttl: 30s, errorTtl: 5s, staleWhileRevalidate: 10s, staleIfError: 1m }
  - { path: "/a/*", upstream: some, methods: any }
  - { path: /down/**, upstream: down, methods: any }
`,
    { environment: { OPERATIONS_TOKEN: TOKEN } },
  );
});
afterAll(async () => {
  await running.close();
  await origin.close();
});

type Endpoint = Record<string, number> & { readonly hits: number; readonly misses: number };
interface Json {
  readonly http_cache: Endpoint & {
    readonly by_endpoint: Readonly<Record<string, Endpoint>>;
    readonly last_minute: Readonly<Record<string, number>>;
    readonly memory: Readonly<Record<string, number>>;
  };
  readonly redis_pool: { readonly status: string };
  readonly pools: Readonly<Record<string, Pool>>;
  readonly held: Readonly<Record<string, number>>;
}
interface Pool {
  readonly pool_info: Readonly<Record<string, number>>;
  readonly last_minute: Readonly<Record<string, number>>;
  readonly total_commands_executed: number;
  readonly total_errors: number;
  readonly exhaustions: number;
}

async function json(): Promise<Json> {
  return JSON.parse((await ask(running.operationsPort, '/metrics')).body) as Json;
}

async function text(): Promise<string> {
  const headers = { Accept: 'text/plain' };
  return (await ask(running.operationsPort, '/metrics', { headers })).body;
}

/** What must hold at every moment. */
function checkIdentities({ http_cache: cache, pools, held }: Json): void {
  const parts = Object.values(cache.by_endpoint);
  const sum = (name: string): number => parts.reduce((all, one) => all + (one[name] ?? 0), 0);
  for (const one of [cache, ...parts]) {
    const asked = one.hits + one.misses;
    const rate = asked === 0 ? 0 : (100 * one.hits) / asked;
    expect(one['hit_rate_percent']).toBeCloseTo(rate, 1);
    expect(one['stale_served']).toBeLessThanOrEqual(one.hits);
    expect(one['coalesced']).toBeLessThanOrEqual(one.misses);
  }
  expect(cache['total_requests']).toBe(cache.hits + cache.misses);
  for (const name of ['hits', 'misses', 'errors', 'stale_served', 'coalesced']) {
    expect(cache[name]).toBe(sum(name));
  }
  expect(cache.memory['entries']).toBeLessThanOrEqual(cache.memory['max_entries'] ?? 0);
  expect(cache.memory['bytes']).toBeLessThanOrEqual(cache.memory['max_bytes'] ?? 0);
  expect(cache.last_minute['hits']).toBeLessThanOrEqual(cache.hits);
  for (const { pool_info: pool, last_minute: minute, ...totals } of Object.values(pools)) {
    expect(pool['available_connections']).toBe(
      (pool['max_connections'] ?? 0) - (pool['in_use_connections'] ?? 0),
    );
    expect(pool['available_connections']).toBeGreaterThanOrEqual(0);
    expect(minute['commands']).toBeLessThanOrEqual(totals.total_commands_executed);
    expect(minute['errors']).toBeLessThanOrEqual(totals.total_errors);
    expect(minute['exhaustions']).toBeLessThanOrEqual(totals.exhaustions);
  }
  const ceilings = Object.keys(held).filter((name) => /_max(?::|$)/.test(name));
  expect(ceilings.length).toBeGreaterThan(10);
  for (const name of ceilings) {
    expect(held[name.replace('_max', '')]).toBeLessThanOrEqual(held[name] ?? 0);
  }
}

describe('the numbers', () => {
  it('agree with one another and with what callers saw, under random traffic', async () => {
    origin.answer((req, res) => {
      const status = /status=(\d+)/.exec(req.url ?? '')?.[1] ?? '200';
      if (status === '999') req.socket.destroy();
      else res.writeHead(Number(status), { 'Cache-Control': 'max-age=9' }).end('x');
    });
    const before = (await json()).http_cache;
    const seen: Record<string, number> = {
      HIT: 0,
      MISS: 0,
      STALE: 0,
      BYPASS: 0,
      errors: 0,
    };
    const statuses = [200, 200, 200, 200, 404, 500, 503, 999, 304, 206];
    let seed = 7;
    const pick = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let round = 0; round < 40; round += 1) {
      const all = Array.from({ length: 12 }, () => {
        const status = statuses[pick(statuses.length)] ?? 200;
        const path = ['/kept/x', '/a/x', '/down/x'][pick(8) > 2 ? 0 : pick(3)] ?? '';
        const headers =
          pick(6) === 0 ? { Cookie: 'a=1' } : pick(3) === 0 ? { Authorization: 'b' } : {};
        return ask(
          running.port,
          `${path}/`.replace(/^\/a\/x\/$/, '/a/x') + `?n=${pick(4)}&status=${status}`,
          {
            method: pick(5) === 0 ? 'HEAD' : 'GET',
            headers,
          },
        );
      });
      for (const { status, headers } of await Promise.all(all)) {
        const word = headers['x-cache'] ?? 'none';
        seen[word] = (seen[word] ?? 0) + 1;
        if (status >= 500) seen['errors'] = (seen['errors'] ?? 0) + 1;
      }
      checkIdentities(await json());
      running.clock.turn(pick(20_000));
    }
    const { http_cache: cache } = await json();
    const gained = (name: string): number => (cache[name] ?? 0) - (before[name] ?? 0);
    expect(gained('hits')).toBe((seen['HIT'] ?? 0) + (seen['STALE'] ?? 0));
    expect(gained('stale_served')).toBe(seen['STALE']);
    expect(gained('errors')).toBe(seen['errors']);
    // What failed says so, too: it was a miss of the cache, or had gone past it.
    expect(gained('misses')).toBe(seen['MISS']);
    expect(gained('bypassed')).toBe(seen['BYPASS']);
    expect(seen['none']).toBeUndefined();
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(0);
  });

  it('have the pattern of a route for a name, and Redis is switched off', async () => {
    const { http_cache: cache, redis_pool: redis } = await json();
    expect(Object.keys(cache.by_endpoint).sort()).toEqual(['/a/*', '/down/**', '/kept/**']);
    expect(redis.status).toBe('disabled');
  });
});

describe('case 96: the series', () => {
  it('are the same after twenty thousand paths, hosts, methods and statuses', async () => {
    origin.answer((_req, res) => res.end('x'));
    const warm = ['/kept/1', '/a/1', '/a/b/c', '/down/1'];
    for (const path of warm) await ask(running.port, path);
    const client = pipelinedClient(running.port);
    const host = `Host: 127.0.0.1:${running.port}`;
    const get = (path: string): string => `GET ${path} HTTP/1.1\r\n${host}\r\n\r\n`;
    const series = async (): Promise<string[]> =>
      readExposition(await text()).series.map(({ name, labels }) => name + JSON.stringify(labels));
    await client.ask([get('/none/0')]);
    const before = await series();
    for (let nth = 0; nth < 20_000; nth += 50) {
      const paths = Array.from({ length: 50 }, (_, at) =>
        at === 0
          ? `/kept/flood/${nth}`
          : `/none/${nth + at}"}evil{x="${nth}`.replace(/["{}]/g, '%22'),
      );
      const answers = await client.ask(paths.map(get));
      expect(answers.at(-1)?.status).toBe(404);
      expect(fieldOf(answers.at(-1)?.head ?? '', 'content-type')).toBe('application/problem+json');
    }
    client.close();
    // A score appears once there is enough to judge by: one for each cache and each pool.
    const counted = (all: readonly string[]): string[] =>
      all.filter((one) => !one.includes('_efficiency_score{'));
    expect(counted(await series())).toEqual(counted(before));
  });

  it('case 112: are text that a strict reader reads, whatever a route is called', async () => {
    const { types, series } = readExposition(await text());
    const routes = new Set(series.flatMap(({ labels }) => labels['route'] ?? []));
    expect([...routes].sort()).toEqual(['/a/*', '/down/**', '/kept/**']);
    for (const name of types.keys()) expect(name).toMatch(/^leyden_/);
    // What each family may be labelled with: nothing that a caller could choose.
    const names = new Set(series.flatMap(({ labels }) => Object.keys(labels)));
    const closed = ['alert', 'cache', 'code', 'ground', 'le', 'listener', 'pool', 'reason'];
    const more = ['origin', 'priority', 'route', 'severity', 'tier', 'trigger', 'upstream'];
    const known = new Set([...closed, ...more]);
    expect([...names].filter((name) => !known.has(name))).toEqual([]);
    for (const [name, type] of types) expect(name.endsWith('_total')).toBe(type === 'counter');
  });

  it('say the same as the JSON', async () => {
    const { series } = readExposition(await text());
    const { http_cache: cache } = await json();
    const sum = (name: string): number =>
      series.filter((one) => one.name === name).reduce((all, { value }) => all + value, 0);
    expect(sum('leyden_hits_total')).toBe(cache.hits);
    expect(sum('leyden_misses_total')).toBe(cache.misses);
    expect(sum('leyden_errors_total')).toBe(cache['errors']);
    expect(sum('leyden_memory_entries')).toBe(cache.memory['entries']);
    expect(sum('leyden_hit_seconds_count')).toBe(cache.hits);
    expect(sum('leyden_miss_seconds_count')).toBe(cache.misses);
    expect(sum('leyden_bypassed_total')).toBe(cache['bypassed']);
    expect(sum('leyden_refused_total')).toBe(cache['refused']);
    expect(sum('leyden_compute_seconds_spent_total')).toBeCloseTo(
      cache['compute_seconds_spent'] ?? 0,
      4,
    );
  });
});
