/** Health: alive as long as the loop turns, ready until it drains, and nothing else told. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { openGateway, type RunningGateway } from '../fakes/gateway.js';

let running: RunningGateway;
beforeAll(async () => {
  running = await openGateway(`
upstreams: { secret-name: { url: "http://127.0.0.1:1", sick: { failures: 1000 } } }
routes: [{ path: /**, upstream: secret-name, methods: any }]
`);
});
afterAll(() => running.close());

const ports = (): number[] => [running.port, running.operationsPort];

describe('case 117: health', () => {
  it('is fine although the only upstream is down, on both listeners, never stored', async () => {
    expect((await ask(running.port, '/x')).status).toBe(502);
    for (const port of ports()) {
      const live = await ask(port, '/health');
      expect([live.status, JSON.parse(live.body)]).toEqual([200, { status: 'ok' }]);
      expect(live.headers['cache-control']).toBe('no-store');
      const ready = await ask(port, '/health/ready');
      const redis = { redis: 'off', redis_tracking: 'off' };
      const parts = { memory: 'on', ...redis, lasting_secret: 'off' };
      expect([ready.status, JSON.parse(ready.body)]).toEqual([200, { status: 'ready', parts }]);
      expect(ready.headers['cache-control']).toBe('no-store');
    }
  });

  it('names no upstream, no address and no version', async () => {
    for (const port of ports()) {
      for (const path of ['/health', '/health/ready']) {
        const { body, rawHeaders } = await ask(port, path);
        expect(body + rawHeaders.join()).not.toMatch(
          /secret-name|127\.0\.0\.1|0\.0\.0-test|Express/,
        );
      }
    }
  });

  it('answers HEAD without a body', async () => {
    for (const port of ports()) {
      expect(await ask(port, '/health', { method: 'HEAD' })).toMatchObject({
        status: 200,
        body: '',
      });
    }
  });

  it.each(['/health/', '/HEALTH', '/healthz', '/health/readyX', '/health%2fready'])(
    'case 43 and 44: %s is something else',
    async (path) => {
      const { status } = await ask(running.port, path);
      expect([400, 404, 502]).toContain(status);
    },
  );

  it('takes no acts', async () => {
    expect((await ask(running.port, '/health', { method: 'POST' })).status).toBe(404);
    expect((await ask(running.operationsPort, '/health', { method: 'POST' })).status).toBe(403);
  });
});

describe('case 79: our own pages', () => {
  it('carry the fields that protect a browser, and do not say what made them', async () => {
    const pages = [
      [running.port, '/health', 200],
      [running.port, '/metrics', 200],
      [running.port, '/x', 502],
      [running.operationsPort, '/metrics', 200],
      [running.operationsPort, '/admin/config', 403],
    ] as const;
    for (const [port, path, status] of pages) {
      const answer = await ask(port, path);
      expect(answer.status).toBe(status);
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.headers).not.toHaveProperty('x-powered-by');
      expect(answer.headers).not.toHaveProperty('server');
      expect(answer.headers).not.toHaveProperty('strict-transport-security');
    }
  });
});

describe('readiness', () => {
  it('ends with the first word of a drain, while the loop still says that it lives', async () => {
    const other = await openGateway(`
server: { preStop: 2s, drain: 30s }
upstreams: { some: { url: "http://127.0.0.1:1" } }
routes: [{ path: /**, upstream: some }]
`);
    const closing = other.close();
    const ready = await ask(other.operationsPort, '/health/ready');
    expect([ready.status, JSON.parse(ready.body)]).toMatchObject([503, { reason: 'draining' }]);
    expect((await ask(other.port, '/health')).status).toBe(200);
    const last = await ask(other.port, '/health/ready');
    expect(last.status).toBe(503);
    expect(last.headers['connection']).toBe('close');
    await closing;
  });
});
