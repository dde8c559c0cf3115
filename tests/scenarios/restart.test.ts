/** A restart of the real process: what was stored before is a hit after, where it can be proven. */
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { endEverything, leydenStart, type RunningLeyden } from '../fakes/leyden-process.js';
import { openOrigin, type Origin } from '../fakes/origin.js';
import { until } from '../fakes/waiting.js';

const SECRET = 'hW3zq8Lr0vTn5yKd-b7Xs1Gm6Jp9Fc2Ue';
const OTHER = 'mN6tY2wE9rA4uI8o-p5Sd3Fg7Hj1Kl0Zx';
const TOKEN = 'vB4nM7kJ1hG6fD3sA9qW2eR5tY8uI0oP';

let origin: Origin;
let folder = '';
let snapshot = '';

beforeAll(async () => {
  origin = await openOrigin();
  folder = mkdtempSync(join(tmpdir(), 'leyden-restart-'));
  snapshot = join(folder, 'answers.snapshot');
});
afterAll(async () => {
  await endEverything();
  await origin.close();
  rmSync(folder, { recursive: true, force: true });
});

const yaml = (): string => `
server: { hosts: [gateway.test], preStop: 0s }
memory: { snapshot: { path: ${snapshot} } }
energy: { agents: 8, workers: 1 }
upstreams: { energy: { url: local }, some: { url: ["${origin.url}"] } }
routes:
  - path: /energy/gradient
    upstream: energy
    cache: { ttl: 10m, query: [seed] }
  - { path: /energy/**, upstream: energy, methods: any }
  - { path: /**, upstream: some, cache: { ttl: 10m } }
`;

const begin = (secret = SECRET): Promise<RunningLeyden> =>
  leydenStart(yaml(), { LEYDEN_SECRET: secret, OPERATIONS_TOKEN: TOKEN });

async function end(one: RunningLeyden): Promise<string> {
  one.signal('SIGTERM');
  const { code, stderr } = await one.ended;
  expect(code).toBe(0);
  return stderr;
}

async function seen(one: RunningLeyden, path: string, method = 'GET') {
  const answer = await ask(one.port, path, { method, headers: { Host: 'gateway.test' } });
  return { cache: answer.headers['x-cache'], age: Number(answer.headers['age']), ...answer };
}

describe('a restart', () => {
  it('finds warm what was warm: a hit with its true age, and the origin is not asked', async () => {
    const first = await begin();
    expect((await seen(first, '/report')).cache).toBe('MISS');
    const before = await seen(first, '/report');
    expect(before.cache).toBe('HIT');
    expect(await end(first)).toContain('snapshot_written');
    expect(statSync(snapshot).mode & 0o777).toBe(0o600);

    const second = await begin();
    const after = await seen(second, '/report');
    expect([after.cache, after.body]).toEqual(['HIT', before.body]);
    expect(after.age).toBeGreaterThanOrEqual(before.age);
    expect(after.age).toBeLessThan(600);
    expect(origin.countOf('/report')).toBe(1);
    await end(second);
  });

  it('comes only when what was promised for later is there, and does not lose it', async () => {
    const first = await begin();
    const held: ServerResponse[] = [];
    origin.answer((_req, res) => void held.push(res));
    const told = await ask(first.port, '/promised', {
      headers: { Host: 'gateway.test', Prefer: 'respond-async' },
    });
    expect(told.status).toBe(202);
    await until(() => held.length === 1);
    first.signal('SIGTERM');
    const isOpen = (): Promise<boolean> =>
      ask(first.port, '/health').then(
        () => true,
        () => false,
      );
    while (await isOpen());
    origin.answer(undefined);
    held[0]?.end('the promised answer');
    expect((await first.ended).stderr).toContain('snapshot_written');
    const second = await begin();
    expect((await seen(second, '/promised')).cache).toBe('HIT');
    await end(second);
  });

  it('begins cold with a secret that did not sign the snapshot', async () => {
    const other = await begin(OTHER);
    expect((await seen(other, '/report')).cache).toBe('MISS');
    expect(await end(other)).toContain('"reason":"foreign"');
  });

  it('begins cold after a kill, for nobody could tell what was purged meanwhile', async () => {
    const warm = await begin(OTHER);
    expect((await seen(warm, '/report')).cache).toBe('HIT');
    warm.signal('SIGKILL');
    await warm.ended;
    expect(existsSync(snapshot)).toBe(false);
    const cold = await begin(OTHER);
    expect((await seen(cold, '/report')).cache).toBe('MISS');
    await end(cold);
  });

  it('keeps what the built-in service computed only while its state is the first one', async () => {
    const path = '/energy/gradient?seed=3';
    const first = await begin();
    expect((await seen(first, path)).status).toBe(200);
    await end(first);
    const second = await begin();
    expect((await seen(second, path)).cache).toBe('HIT');
    expect((await seen(second, '/energy/reset', 'POST')).status).toBeLessThan(300);
    expect((await seen(second, path)).cache).toBe('MISS');
    await end(second);
    const third = await begin();
    expect((await seen(third, path)).cache).toBe('MISS');
    await end(third);
  });
});
