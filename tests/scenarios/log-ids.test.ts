/** Request ids in the log, and the level of the log while the gateway runs. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { openGateway, settingsFrom, TOKEN, type RunningGateway } from '../fakes/gateway.js';
import { openOrigin, type Origin } from '../fakes/origin.js';
import { until } from '../fakes/waiting.js';

interface Line {
  readonly event: string;
  readonly id?: string;
  readonly route?: string;
  readonly path?: string;
  readonly level: string;
}

const ROUTES = 50;
let origin: Origin;
let running: RunningGateway;
let yaml: string;

beforeEach(async () => {
  origin = await openOrigin();
  const routes = Array.from({ length: ROUTES }, (_, nth) => {
    const rule = `{ ttl: 1s, staleWhileRevalidate: 10m, query: exact }`;
    return `  - { path: /r${nth}/*, upstream: some, cache: ${rule} }`;
  });
  yaml = `upstreams: { some: { url: "${origin.url}", sick: { failures: 1000, share: 100% } } }
routes:
${routes.join('\n')}
`;
  running = await openGateway(yaml, { environment: { OPERATIONS_TOKEN: TOKEN } });
});
afterEach(async () => {
  await running.close();
  await origin.close();
});

const lines = (): Line[] => running.lines().map((line) => JSON.parse(line) as Line);

describe('500 requests at once', () => {
  it('case 33: each line that one of them causes carries the id of that one', async () => {
    const paths = Array.from({ length: ROUTES }, (_, nth) => `/r${nth}/x`);
    for (const path of paths) await ask(running.port, path);
    running.clock.turn(5_000);
    // Every refresh fails inside the request that began it.
    origin.answer((_req, res) => {
      res.destroy();
    });
    const asked = Array.from({ length: 500 }, (_, nth) => {
      const headers = { 'X-Request-Id': `id-${nth}` };
      return ask(running.port, `/r${nth % ROUTES}/x`, { headers });
    });
    for (const { headers } of await Promise.all(asked)) {
      expect(headers['x-cache']).toBe('STALE');
    }
    const failed = () => lines().filter(({ event }) => event === 'refresh_failed');
    await until(() => failed().length >= ROUTES);
    await running.close();
    const routeOf = new Map(
      lines().flatMap(({ event, id, route }) => (event === 'request' ? [[id, route]] : [])),
    );
    for (const { id, route } of failed()) {
      expect(id).toMatch(/^id-\d+$/);
      expect(routeOf.get(id)).toBe(route);
    }
  });
});

describe('the level of the log', () => {
  const put = (level: string) =>
    ask(running.operationsPort, '/admin/log-level', {
      method: 'PUT',
      headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ level }),
    });
  it('changes while the gateway runs, and says so at either level', async () => {
    await put('error');
    await ask(running.port, '/health', { headers: { 'X-Request-Id': 'unseen' } });
    await put('info');
    const changes = lines().filter(({ event }) => event === 'log_level_changed');
    expect(changes).toMatchObject([
      { from: 'info', to: 'error', id: expect.any(String) },
      { from: 'error', to: 'info' },
    ]);
    await ask(running.port, '/health', { headers: { 'X-Request-Id': 'seen' } });
    await running.close();
    const asked = lines().filter((line) => line.event === 'request' && !('listener' in line));
    expect(asked.map(({ id }) => id)).toEqual(['seen']);
  });

  it('that was set stays when a reload says nothing of it, and goes when it does', async () => {
    await put('warn');
    running.gateway.apply(settingsFrom(yaml));
    expect(running.gateway.log.level()).toBe('warn');
    running.gateway.apply(settingsFrom(`log: { level: debug }\n${yaml}`));
    expect(running.gateway.log.level()).toBe('debug');
  });
});
