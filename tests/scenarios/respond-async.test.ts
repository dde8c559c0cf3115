/** Callers who would rather come back: promise, progress and answer (RFC 7240 section 4.1). */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { RouteTally } from '../../src/cache/tally.js';
import { rawClient } from '../fakes/raw-client.js';
import { settle, until } from '../fakes/waiting.js';
import { ended, HOST, openScene, type Scene } from './respond-async-kit.js';

const ROUTES = `
routes:
  - { path: /plain/**, upstream: some }
  - { path: /abandon, upstream: some, cache: { ttl: 30s, abandon: true } }
  - { path: /kept, upstream: some, cache: { ttl: 30s, staleWhileRevalidate: 30s } }
  - { path: /http/**, upstream: some, methods: any, cache: http }
  - { path: /**, upstream: some, cache: { ttl: 30s } }
`;
const PLACE = /^\/\.leyden\/answers\/[A-Za-z0-9_-]{8}\.[A-Za-z0-9_-]{22}$/;

let scene: Scene;
beforeEach(async () => {
  scene = await openScene(ROUTES);
});
afterEach(() => scene.close());

const tally = (route: string): RouteTally => scene.interior.tallies.of(route);
const jsonOf = ({ body }: { body: string }) => JSON.parse(body) as Record<string, unknown>;

describe('a caller who prefers to come back', () => {
  it('is told at once where the answer will be, and how far it is', async () => {
    const told = await scene.later('/a?x=1');
    const { location = '', ...headers } = told.headers;
    expect(told.status).toBe(202);
    expect(location).toMatch(PLACE);
    expect(headers).toMatchObject({
      'preference-applied': 'respond-async',
      vary: 'Prefer',
      'cache-control': 'no-store',
      'retry-after': '1',
      'leyden-waiters': '1',
      'content-type': 'application/json',
    });
    expect(headers).not.toHaveProperty('leyden-estimate-ms');
    expect(jsonOf(told)).toEqual({
      ...{ state: 'computing', estimate_ms: null, elapsed_ms: 0, waiters: 1, location },
    });
    await scene.turnAt(1, 3_000);
    const progress = await scene.get(location);
    expect([progress.status, progress.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(jsonOf(progress)).toMatchObject({ state: 'computing', elapsed_ms: 3_000, waiters: 1 });
    await scene.answer(1);
    const done = await ended(scene, location);
    expect([done.status, done.headers['location']]).toEqual([303, '/a?x=1']);
    const hit = await scene.get('/a?x=1');
    expect([hit.headers['x-cache'], hit.body]).toEqual(['HIT', 'answer 1']);
    expect(scene.origin.calls.length).toBe(1);
  });

  it('waits as long as it says, and not longer than the settings allow', async () => {
    const short = scene.prefer('respond-async, wait=5', '/a');
    await scene.turnAt(1, 4_999);
    await settle();
    const long = scene.prefer('respond-async; foo, wait="9999"', '/b');
    await scene.turnAt(2, 1);
    const told = await short;
    expect([told.status, told.headers['preference-applied']]).toEqual([
      202,
      'respond-async, wait=5',
    ]);
    scene.clock.turn(59_999);
    expect((await long).headers['preference-applied']).toBe('respond-async, wait=60');
  });

  it('gets the answer itself when it comes in time', async () => {
    const asked = scene.prefer('respond-async, wait=5', '/a');
    await scene.turnAt(1, 4_000);
    await scene.answer(1);
    const miss = await asked;
    expect([miss.status, miss.headers['x-cache'], miss.body]).toEqual([200, 'MISS', 'answer 1']);
    expect([miss.headers['vary'], miss.headers['preference-applied']]).toEqual([
      'Authorization, Prefer',
      'wait=5',
    ]);
    // No patience is left behind that could end later.
    scene.clock.turn(2_000);
    expect([tally('/**').misses, tally('/**').later]).toEqual([1, 0]);
    const hit = await scene.prefer('respond-async', '/a');
    expect([hit.status, hit.headers['x-cache'], hit.headers['vary']]).toEqual([
      ...[200, 'HIT', 'Authorization, Prefer'],
    ]);
    expect(hit.headers).not.toHaveProperty('preference-applied');
    const same = await scene.prefer('respond-async', '/a', {
      headers: { 'If-None-Match': miss.headers['etag'] ?? '' },
    });
    expect([same.status, same.headers['vary']]).toEqual([304, 'Authorization, Prefer']);
    expect((await scene.get('/a')).headers['vary']).toBe('Authorization');
  });

  it('gets an old answer at once where one may go out', async () => {
    const first = scene.get('/kept');
    await scene.answer(1);
    await first;
    scene.clock.turn(31_000);
    const stale = await scene.prefer('respond-async', '/kept');
    expect([stale.status, stale.headers['x-cache']]).toEqual([200, 'STALE']);
    await scene.answer(2);
  });

  it('counts as one miss when the computation ends, and leaves an access line', async () => {
    const told = await scene.later('/a');
    const { misses, later } = tally('/**');
    expect([misses, later]).toEqual([0, 1]);
    await until(() => scene.lines.length === 1);
    expect(scene.lines[0]).toMatchObject({ status: 202, outcome: 'later', route: '/**' });
    await scene.answer(1);
    await ended(scene, told.headers['location'] ?? '');
    expect([tally('/**').misses, tally('/**').hits, tally('/**').later]).toEqual([1, 0, 1]);
    // The name of the place is the key to it.
    await until(() => scene.lines.length >= 2);
    expect(scene.lines[1]).toMatchObject({ path: '/.leyden/answers/', outcome: 'page' });
  });

  it('is told what the computation usually takes, once that is known', async () => {
    const first = scene.get('/a');
    await scene.turnAt(1, 7_000);
    await scene.answer(1);
    await first;
    const told = await scene.later('/b');
    expect([told.headers['leyden-estimate-ms'], told.headers['retry-after']]).toEqual([
      ...['7000', '7'],
    ]);
    scene.clock.turn(4_500);
    const second = scene.get('/b');
    await until(() => scene.interior.rooms.flights.stats().waiting === 2);
    const progress = await scene.get(told.headers['location'] ?? '', { method: 'HEAD' });
    expect([progress.headers['retry-after'], progress.headers['leyden-waiters']]).toEqual([
      ...['3', '2'],
    ]);
    expect(progress.body).toBe('');
    await scene.answer(2);
    await second;
  });

  it('may leave after the promise: the computation goes on, whatever the rule says', async () => {
    const client = rawClient(scene.port);
    client.write(`GET /abandon HTTP/1.1\r\nHost: ${HOST}\r\nPrefer: respond-async\r\n\r\n`);
    await scene.turnAt(1, 0);
    const [told] = await client.until((answers) => answers[0]?.complete === true);
    client.leave();
    await until(() => client.socket.destroyed);
    await settle(20);
    expect(scene.origin.calls[0]?.cut).toBe(false);
    await scene.answer(1);
    const done = await ended(scene, told?.headers.get('location') ?? '');
    expect(done.headers['location']).toBe('/abandon');
    expect((await scene.get('/abandon')).headers['x-cache']).toBe('HIT');
  });

  it('takes the computation along when it leaves before, where a rule says so', async () => {
    const client = rawClient(scene.port);
    client.write(`GET /abandon HTTP/1.1\r\nHost: ${HOST}\r\nPrefer: respond-async, wait=5\r\n\r\n`);
    await scene.origin.asked(1);
    client.leave();
    await until(() => scene.origin.calls[0]?.cut === true);
    scene.clock.turn(5_000);
    expect(scene.interior.answers.stats().open).toBe(0);
  });

  it('joins the computation of others, whatever they prefer', async () => {
    const waiting = scene.get('/a');
    await scene.origin.asked(1);
    const told = await scene.later('/a');
    expect(told.headers['leyden-waiters']).toBe('2');
    await scene.answer(1);
    expect((await waiting).headers['vary']).toBe('Authorization');
    await ended(scene, told.headers['location'] ?? '');
    expect([tally('/**').misses, tally('/**').coalesced]).toEqual([2, 1]);
  });

  it('gets the same for HEAD, without a body', async () => {
    const told = await scene.later('/a', { method: 'HEAD' });
    expect([told.status, told.body]).toEqual([202, '']);
    expect(Number(told.headers['content-length'])).toBeGreaterThan(0);
    await scene.answer(1);
    expect((await ended(scene, told.headers['location'] ?? '')).headers['location']).toBe('/a');
  });
});

describe('Prefer', () => {
  it('goes to the origin where no cache answers, and is nobody else’s word there', async () => {
    for (const [nth, path, method] of [
      [1, '/plain/a', 'GET'],
      [2, '/http/a', 'POST'],
    ] as const) {
      const asked = scene.prefer('respond-async', path, { method });
      await scene.answer(nth);
      expect((await asked).headers).not.toHaveProperty('vary');
      const sent = scene.origin.calls[nth - 1]?.rawHeaders ?? [];
      expect(sent[sent.indexOf('Prefer') + 1]).toBe('respond-async');
    }
  });

  it('is neither keyed nor sent on where a cache may answer, even if Vary names it', async () => {
    const asked = scene.prefer('return=minimal', '/http/a');
    await scene.answer(1, 'one', ['Cache-Control', 'max-age=60', 'Vary', 'Prefer']);
    await asked;
    expect(scene.origin.calls[0]?.rawHeaders).not.toContain('Prefer');
    const other = await scene.prefer('respond-async', '/http/a');
    expect([other.headers['x-cache'], other.headers['vary']]).toEqual(['HIT', 'Prefer']);
    expect((await scene.get('/http/a')).headers['x-cache']).toBe('HIT');
  });
});
