/** The operations listener leaves a line for each answer, and no secret in any of them. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { openGateway, TOKEN, type RunningGateway } from '../fakes/gateway.js';

type Line = Readonly<Record<string, unknown>>;

const CANARY = 'canary-8d1f';
const WRITTEN_MS = 10_000;
let running: RunningGateway;
let nth = 0;
beforeAll(async () => {
  running = await openGateway('upstreams: { e: { url: local } }\nroutes: []\nlog: { flush: 1ms }', {
    environment: { OPERATIONS_TOKEN: TOKEN },
  });
});
afterAll(() => running.close());

function linesOf(gateway: RunningGateway): readonly Line[] {
  const all = gateway.lines().map((line) => JSON.parse(line) as Line);
  return all.filter(({ listener }) => listener === 'operations');
}

/** The access line of one request, once it is written. */
async function lineOf(id: string, gateway = running): Promise<Line | undefined> {
  const deadlineMs = gateway.clock.nowMs() + WRITTEN_MS;
  for (;;) {
    const found = linesOf(gateway).find((line) => line['id'] === id);
    if (found !== undefined || gateway.clock.nowMs() > deadlineMs) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const right = { Authorization: `Bearer ${TOKEN}` };
const json = { 'Content-Type': 'application/json' };

describe('an access line of the operations listener', () => {
  it.each([
    ['GET', '/metrics', {}, '/metrics', 200],
    ['GET', '/api/performance/cache/metrics', {}, '/api/performance/cache/metrics', 200],
    ['GET', '/dashboard/main.mjs', {}, '/dashboard/:name', 200],
    ['GET', '/admin/cache/entries/some-key', right, '/admin/cache/entries/:key', 404],
    ['GET', '/admin/config', right, '/admin/config', 200],
    ['PUT', '/admin/log-level', { ...right, ...json }, '/admin/log-level', 422],
    ['GET', '/nothing/here', right, undefined, 404],
    ['GET', '/admin/config', {}, undefined, 401],
    ['GET', '/admin/config', { Authorization: `Bearer ${CANARY}` }, undefined, 401],
  ])('tells of %s %s which page it was and what came of it', async (...one) => {
    const [method, path, headers, route, status] = one;
    const id = `line-${(nth += 1)}`;
    const body = method === 'PUT' ? '{}' : undefined;
    const asked = { method, headers: { ...headers, 'X-Request-Id': id }, ...(body && { body }) };
    const answer = await ask(running.operationsPort, `${path}?token=${CANARY}`, asked);
    expect(answer.status).toBe(status);
    const line = await lineOf(id);
    expect(line).toMatchObject({
      ...{ event: 'request', level: 'info', listener: 'operations', outcome: 'page' },
      ...{ id, method, path, status, peer: '127.0.0.1' },
    });
    expect([line?.['route'], typeof line?.['ms']]).toEqual([route, 'number']);
  });

  it('case 114: holds neither the token, right or wrong, nor a query', () => {
    const text = running.lines().join('\n');
    expect(linesOf(running).length).toBeGreaterThan(8);
    for (const secret of [TOKEN, CANARY, 'Bearer']) expect(text).not.toContain(secret);
  });

  it('is left out by its own switch, and those of the public listener are not', async () => {
    const quiet = await openGateway(
      'upstreams: { e: { url: local } }\nroutes: []\nlog: { flush: 1ms, operations: false }',
    );
    try {
      await ask(quiet.operationsPort, '/metrics', { headers: { 'X-Request-Id': 'not-told' } });
      await ask(quiet.port, '/health', { headers: { 'X-Request-Id': 'told' } });
      while (!quiet.lines().some((line) => line.includes('"id":"told"'))) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(quiet.lines().join('\n')).not.toContain('not-told');
    } finally {
      await quiet.close();
    }
  });
});
