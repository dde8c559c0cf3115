/** The dashboard over HTTP: its page, its parts, and the lines that keep it alive. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { until } from '../fakes/waiting.js';
import { openDesk, RIGHT, type CacheDesk } from './cache-kit.js';
import { watchStream } from './dashboard-kit.js';

let desk: CacheDesk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk.close());

const look = (path: string, headers: object = {}) =>
  ask(desk.running.operationsPort, path, { headers: { ...headers } });

describe('the page', () => {
  it('comes without a token on this machine, under a policy that lets nothing in', async () => {
    const page = await look('/dashboard');
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    const policy = page.headers['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("script-src 'self';script-src-attr 'none'");
    expect(policy).not.toContain('upgrade-insecure-requests');
    expect(page.headers['strict-transport-security']).toBeUndefined();
  });

  it('holds no script, no style and no address of somebody else', async () => {
    const { body } = await look('/dashboard');
    expect(body).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=|https?:|\/\//);
  });

  it('names only parts that are there, each with its type and a validator', async () => {
    const { body } = await look('/dashboard');
    const parts = [...body.matchAll(/(?:src|href)="(dashboard\/[^"]+)"/g)].map(([, part]) => part!);
    const modules = ['wire', 'charts', 'panels', 'operator-panels', 'acts', 'elements', 'words'];
    const all = new Set([...parts, ...modules.map((name) => `dashboard/${name}.mjs`)]);
    expect(all.size).toBe(14);
    for (const part of all) {
      const answer = await look(`/${part}`);
      expect([part, answer.status]).toEqual([part, 200]);
      expect(answer.headers['content-type']).toMatch(/^(text\/(javascript|css)|image\/svg)/);
      expect(answer.headers['cache-control']).toBe('no-cache');
      const again = await look(`/${part}`, { 'If-None-Match': answer.headers['etag'] });
      expect([part, again.status, again.body]).toEqual([part, 304, '']);
    }
  });

  it.each(['package.json', '..%2f..%2fpackage.json', '__proto__', 'constructor', 'view.ts', '%00'])(
    'shows no other file (%s)',
    async (name) => {
      const { status, body } = await look(`/dashboard/${name}`);
      expect([404, 400]).toContain(status);
      expect(body).not.toContain(name);
    },
  );

  it('case 103: with a wrong token is 401, stream and all', async () => {
    const wrong = { Authorization: 'Bearer wrong' };
    expect((await look('/dashboard', wrong)).status).toBe(401);
    expect((await look('/dashboard/stream', wrong)).status).toBe(401);
    expect((await look('/admin/dashboard/stream', wrong)).status).toBe(401);
    expect((await look('/admin/dashboard/stream')).status).toBe(401);
  });
});

describe('the stream that anybody on this machine may watch', () => {
  it('tells the newest numbers each second, and no address of anybody', async () => {
    const watched = await watchStream(desk.running.operationsPort, '/dashboard/stream');
    expect(watched.answer.headers).toMatchObject({
      'content-type': 'application/x-ndjson',
      'cache-control': 'no-store',
    });
    const first = await watched.next();
    expect(first?.answers).toMatchObject({ level: 'healthy', health: 'Nothing was asked yet.' });
    await desk.get('/c/some-canary-path');
    await desk.get('/c/some-canary-path');
    const line = await watched.until(({ cache }) => cache.total_requests >= 2);
    expect(line.cache).toMatchObject({ hits: 1, misses: 1 });
    expect(line.answers.health).toMatch(/^50 % of 2 requests in five minutes came from the cache/);
    expect(line.answers.slow).toMatch(/^\/c\/\*\* usually takes .* From the cache: /);
    expect(JSON.stringify(line)).not.toContain('canary');
    expect(line.operator).toBeUndefined();
    watched.leave();
  });

  it('ends at once for HEAD', async () => {
    const path = '/dashboard/stream';
    const answer = await ask(desk.running.operationsPort, path, { method: 'HEAD' });
    expect([answer.status, answer.body]).toEqual([200, '']);
  });

  it('takes sixteen who watch, sends the next one away, and who leaves makes room', async () => {
    const port = desk.running.operationsPort;
    const all = await Promise.all(
      Array.from({ length: 16 }, () => watchStream(port, '/dashboard/stream')),
    );
    const full = await look('/dashboard/stream');
    expect([full.status, full.headers['retry-after']]).toEqual([503, '5']);
    const { body } = await look('/metrics/prometheus');
    const counted = /^leyden_dashboard_(watchers(?:_max)?|refused_total|skipped_total) (\d+)$/gm;
    const numbers = [...body.matchAll(counted)].map(([, name, value]) => [name, Number(value)]);
    expect(Object.fromEntries(numbers)).toEqual({
      ...{ watchers: 16, watchers_max: 16, refused_total: 1, skipped_total: expect.any(Number) },
    });
    for (const watched of all) watched.leave();
    let status = 503;
    while (status === 503) {
      const one = await watchStream(port, '/dashboard/stream');
      status = one.answer.statusCode ?? 0;
      one.leave();
    }
    expect(status).toBe(200);
  });
});

describe('the stream that needs the token', () => {
  it('shows what is computed now, the top answers and the orders, and no secret', async () => {
    const { running, origin } = desk;
    const path = '/admin/dashboard/stream';
    const watched = await watchStream(running.operationsPort, path, RIGHT);
    await desk.get('/c/top?access_token=canary-1&day=3');
    await desk.get('/c/top?access_token=canary-1&day=3');
    // The list of the top answers is five seconds old at most.
    running.clock.turn(6_000);
    const withTop = await watched.until(({ operator }) =>
      (operator?.top ?? []).some((one) => one['path'] === '/c/top'),
    );
    const top = withTop.operator?.top.find((one) => one['path'] === '/c/top');
    expect(top).toMatchObject({ query: 'access_token=•••&day=3', hits: 1, state: 'fresh' });

    const held: (() => void)[] = [];
    origin.answer((_req, res) => held.push(() => res.end()));
    const waiting = desk.get('/c/%3Cscript%3E', { Authorization: 'Bearer canary-2' });
    await until(() => held.length === 1);
    const busy = await watched.until(({ operator }) => operator?.flights.list.length === 1);
    const [flight] = busy.operator?.flights.list ?? [];
    expect(flight).toMatchObject({ path: '/c/%3Cscript%3E', waiters: 1 });
    for (const release of held) release();
    origin.answer(undefined);
    await waiting;

    await desk.invalidate({ type: 'path', selectors: ['/c/top?access_token=canary-1&day=3'] });
    const told = await watched.until(({ operator }) => operator?.orders.length === 1);
    expect(told.operator?.orders[0]).toMatchObject({
      ...{ type: 'path', scope: '/c/top?…', mode: 'stale', matched: 1, pending: 0 },
    });
    const times = told.operator?.orders[0]?.['propagation_ms'];
    expect(times).toBeGreaterThanOrEqual(0);
    expect(JSON.stringify([withTop, busy, told])).not.toMatch(/canary-[12]/);
    watched.leave();
  });
});

describe('when the gateway shuts down', () => {
  it('those who watch hear the end of the stream and keep nobody waiting', async () => {
    const own = await openDesk();
    const watched = await watchStream(own.running.operationsPort, '/dashboard/stream');
    await watched.next();
    const closing = own.close();
    const ended = async (): Promise<void> => {
      while ((await watched.next()) !== undefined);
    };
    await ended();
    await closing;
    const drained = own.running.lines().find((line) => line.includes('"drained"'));
    expect(drained).toContain('"forced":0');
    expect(watched.answer.complete).toBe(true);
  });
});
