/** Alerts of the running gateway: shown, told to the webhook, and over when the trouble is over. */
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { openGateway, type RunningGateway } from '../fakes/gateway.js';
import { openOrigin, type Origin } from '../fakes/origin.js';
import { readExposition } from '../fakes/prometheus-text.js';
import { settle, until } from '../fakes/waiting.js';

const KEY = 'hook-key-that-nobody-may-see';
let origin: Origin;
let hook: Origin;
let running: RunningGateway;
const told: string[] = [];
const held: ServerResponse[] = [];
beforeAll(async () => {
  origin = await openOrigin();
  hook = await openOrigin();
  hook.answer((req, res) => {
    let body = '';
    req.on('data', (chunk: Buffer) => (body += chunk.toString()));
    req.on('end', () => {
      const { event, name } = JSON.parse(body) as { event: string; name: string };
      told.push(`${name} ${event}`);
      res.end();
    });
  });
  origin.answer((req, res) => {
    if (req.url?.startsWith('/slow') === true) held.push(res);
    else res.end('x');
  });
  running = await openGateway(`
upstreams: { some: { url: "${origin.url}" }, one: { url: "${origin.url}", connections: 1 } }
memory: { maxEntries: 60 }
alerts: { webhook: { url: "${hook.url}/${KEY}", secret: 0123456789abcdef } }
routes:
  - { path: /kept/**, upstream: some, cache: { ttl: 1h } }
  - { path: /slow/**, upstream: one, cache: { ttl: 1h } }
`);
});
afterAll(async () => {
  for (const res of held) res.end();
  await running.close();
  await origin.close();
  await hook.close();
});

interface Json {
  readonly status: string;
  readonly alerts: readonly {
    readonly name: string;
    readonly severity: string;
    readonly state: string;
    readonly since: string | null;
    readonly value: number | null;
    readonly threshold: number;
  }[];
}

const metrics = async (): Promise<Json> =>
  JSON.parse((await ask(running.operationsPort, '/metrics')).body) as Json;

async function stateOf(name: string): Promise<string | undefined> {
  return (await metrics()).alerts.find((alert) => alert.name === name)?.state;
}

async function health(): Promise<[number, string]> {
  const { status, body } = await ask(running.operationsPort, '/api/performance/health');
  return [status, (JSON.parse(body) as { overall_health: string }).overall_health];
}

const MINUTES = 60_000;

describe('a low hit rate', () => {
  it('fires after fifty requests, is told once, and ends when five minutes are over', async () => {
    expect((await metrics()).alerts.every(({ state }) => state === 'ok')).toBe(true);
    for (let nth = 0; nth < 49; nth += 1) await ask(running.port, `/kept/${nth}`);
    expect(await stateOf('cache_hit_rate_low')).toBe('ok');
    await ask(running.port, '/kept/49');
    const { status, alerts } = await metrics();
    const alert = alerts.find(({ name }) => name === 'cache_hit_rate_low');
    expect(alert).toMatchObject({ severity: 'warning', state: 'firing', value: 0, threshold: 0.7 });
    expect(Date.parse(alert?.since ?? '')).toBeCloseTo(running.clock.wallMs(), -5);
    // A warning does not make the gateway degraded in /metrics, but its health says so.
    expect([status, await health()]).toEqual(['healthy', [200, 'degraded']]);
    await until(() => told.includes('cache_hit_rate_low firing'));

    running.clock.turn(6 * MINUTES);
    expect(await stateOf('cache_hit_rate_low')).toBe('ok');
    expect(await health()).toEqual([200, 'healthy']);
    await until(() => told.includes('cache_hit_rate_low resolved'));
    expect(told.filter((one) => one.startsWith('cache_hit_rate_low'))).toEqual([
      'cache_hit_rate_low firing',
      'cache_hit_rate_low resolved',
    ]);
  });
});

describe('a memory that is full', () => {
  const crowd = async (prefix: string, count: number): Promise<void> => {
    for (let nth = 0; nth < count; nth += 1) await ask(running.port, `/kept/${prefix}${nth}`);
  };

  it('is an alarm when what passed through is missed, and hardly before', async () => {
    await crowd('hot', 60);
    await crowd('hot', 60);
    running.clock.turn(6 * MINUTES);
    // What comes before the first look since then belongs to no window.
    const history = '/api/performance/history?series=entries&span=5m';
    const hasLooked = async () =>
      (await ask(running.operationsPort, history)).body.includes('"points":[[');
    while (!(await hasLooked())) await settle();
    const early = async (): Promise<number> =>
      (await metrics()).alerts.find(({ name }) => name === 'cache_memory_high')?.value ?? -1;
    await crowd('crawled', 60);
    // By chance two keys look alike to the sketch, and one that nobody knows is let in.
    const before = await early();
    expect(before).toBeLessThan(10);
    const gone = async (): Promise<number> => {
      const { body } = await ask(running.operationsPort, '/metrics/prometheus');
      return Number(/^leyden_memory_evicted_not_admitted_total (\d+)$/m.exec(body)?.[1]);
    };
    expect(await gone()).toBeGreaterThan(20);
    await crowd('crawled', 60);
    expect(await early()).toBeGreaterThan(before + 20);
    expect(await stateOf('cache_memory_high')).toBe('firing');
    running.clock.turn(6 * MINUTES);
    expect(await stateOf('cache_memory_high')).toBe('ok');
  });
});

describe('a pool that is used up', () => {
  it('is pending for a minute, then critical: degraded, 503, until it is free again', async () => {
    const waiting = ask(running.port, '/slow/1');
    await until(() => held.length === 1);
    expect(await stateOf('high_pool_utilization')).toBe('pending');
    expect((await health())[0]).toBe(200);
    running.clock.turn(MINUTES + 1_000);
    expect(await stateOf('high_pool_utilization')).toBe('firing');
    expect((await metrics()).status).toBe('degraded');
    expect(await health()).toEqual([503, 'critical']);
    const { body } = await ask(running.operationsPort, '/metrics/prometheus');
    const firing = readExposition(body).series.filter(
      ({ name, value }) => name === 'leyden_alert_firing' && value === 1,
    );
    expect(firing.map(({ labels }) => labels)).toEqual([
      { alert: 'high_pool_utilization', severity: 'critical' },
    ]);

    for (const res of held.splice(0)) res.end('x');
    expect((await waiting).status).toBe(200);
    await until(() => told.includes('high_pool_utilization firing'));
    expect(await stateOf('high_pool_utilization')).toBe('ok');
    expect((await metrics()).status).toBe('healthy');
    expect(await health()).toEqual([200, 'healthy']);
  });
});

describe('what is told of it', () => {
  it('is a line in the log for each beginning and end', () => {
    const events = running.lines().map((line) => JSON.parse(line) as Record<string, unknown>);
    const of = (event: string) => events.filter((one) => one['event'] === event);
    expect(of('alert_firing').map((one) => one['alert'])).toContain('high_pool_utilization');
    expect(of('alert_resolved').map((one) => one['alert'])).toContain('high_pool_utilization');
  });

  it('never shows the address of the webhook, nor its secret', async () => {
    const texts = [
      ...running.lines(),
      (await ask(running.operationsPort, '/metrics')).body,
      (await ask(running.operationsPort, '/api/performance/report')).body,
    ];
    for (const text of texts) {
      expect(text).not.toContain(KEY);
      expect(text).not.toContain('0123456789abcdef');
    }
  });
});
