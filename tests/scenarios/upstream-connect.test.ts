/** Upstreams that are not there, do not answer, or hang up: what callers see, what is kept. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../fakes/waiting.js';
import { answer } from '../upstream/raw-origin.js';
import { NEVER_SICK, ROUTES, SHORT, openFaultScene, type FaultScene } from './upstream-kit.js';

let scene: FaultScene;
beforeAll(async () => {
  scene = await openFaultScene({ upstream: `connections: 1, ${SHORT}, ${NEVER_SICK}` });
});
afterEach(async () => {
  scene.proxy.set({ kind: 'pass' });
  await scene.proxy.up();
});
afterAll(() => scene.close());

const code = (word: string): Promise<number> =>
  scene.metric(`leyden_upstream_errors_total{upstream="some",code="${word}"}`);

/** An answer that was good once and is old now. */
async function keepOld(path: string): Promise<void> {
  scene.script((socket) => socket.write(answer('old')));
  expect(await scene.see(path)).toBe('200 old');
  scene.running.clock.turn(31_000);
}

describe('an upstream that cannot be reached', () => {
  it.each(ROUTES)('U1: that refuses is a 502, and nothing is kept (%s)', async (route) => {
    await scene.proxy.down();
    const before = await code('connect');
    expect(await scene.see(`${route}/u1`)).toBe('502 connect');
    expect(await code('connect')).toBe(before + 1);
    await scene.proxy.up();
    expect(await scene.isKept(`${route}/u1`)).toBe(false);
  });

  it('U1: that refuses is an old answer where one may go out', async () => {
    await keepOld('/old/u1');
    await scene.proxy.down();
    const { status, body, headers } = await scene.get('/old/u1');
    expect([status, body]).toEqual([200, 'old']);
    expect(headers['cache-status']).toContain('detail=if-error');
  });

  it('U1: whose name nobody knows is a 502', async () => {
    expect(await scene.see('/nowhere/u1')).toBe('502 connect');
  });

  it('U2: that never completes the connection is a 504', async () => {
    // The proxy takes the TCP connection and swallows the TLS handshake: one limit covers both.
    const deaf = await openFaultScene({ scheme: 'https' });
    deaf.proxy.set({ kind: 'blackhole' });
    expect(await deaf.see('/kept/u2')).toBe('504 connect_timeout');
    expect(deaf.origin.heads).toHaveLength(0);
    await deaf.close();
  });
});

describe('an upstream that accepts and says nothing', () => {
  it.each(ROUTES)('U3: is a 504 whose connection is closed (%s)', async (route) => {
    scene.script(() => undefined);
    const before = await code('head_timeout');
    expect(await scene.see(`${route}/u3`)).toBe('504 head_timeout');
    expect(await code('head_timeout')).toBe(before + 1);
    await until(() => scene.origin.sockets.at(-1)?.destroyed === true);
    expect(await scene.isKept(`${route}/u3`)).toBe(false);
  });

  it('U3: is an old answer where one may go out', async () => {
    await keepOld('/old/u3');
    scene.proxy.set({ kind: 'blackhole-down' });
    expect(await scene.see('/old/u3')).toBe('200 old');
  });

  it('U25: to a POST is a 504, and it is not sent again', async () => {
    scene.script(() => undefined);
    const before = scene.origin.heads.length;
    expect(await scene.see('/plain/u25', { method: 'POST', body: 'x' })).toBe('504 head_timeout');
    expect(scene.origin.heads.length - before).toBe(1);
    expect(scene.origin.heads.at(-1)).toMatch(/^POST /);
  });
});

describe('an upstream that sends slowly', () => {
  it.each(ROUTES)('U5: but goes on is waited for (%s)', async (route) => {
    scene.script((socket) => socket.write(answer('whole')));
    scene.proxy.set({ kind: 'slice', sizeBytes: 8, pauseMs: 1 });
    expect(await scene.see(`${route}/u5`)).toBe('200 whole');
    scene.proxy.set({ kind: 'pass' });
  });

  it.each(ROUTES)('U5: and then stops breaks what was begun (%s)', async (route) => {
    scene.says('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123');
    const before = await code('body_timeout');
    expect(['broken', '504 body_timeout']).toContain(await scene.see(`${route}/u5b`));
    expect(await code('body_timeout')).toBe(before + 1);
    expect(await scene.isKept(`${route}/u5b`)).toBe(false);
  });
});

describe('an upstream that hangs up before it answers', () => {
  it.each(['GET', 'HEAD'])('U6: is asked once more for a %s, on a new socket', async (method) => {
    const before = scene.origin.heads.length;
    scene.script((socket, _head, nth) => {
      if (nth === before + 1) socket.resetAndDestroy();
      else socket.end(answer(method === 'GET' ? 'whole' : ''));
    });
    expect(await scene.see(`/kept/u6/${method}`, { method })).toMatch(/^200/);
    expect(scene.origin.heads.length - before).toBe(2);
  });

  it.each(ROUTES)('U6: twice is a 502, and nothing is kept (%s)', async (route) => {
    const before = scene.origin.heads.length;
    scene.script((socket) => socket.resetAndDestroy());
    expect(await scene.see(`${route}/u6`)).toBe('502 reset');
    expect(scene.origin.heads.length - before).toBe(2);
    expect(await scene.isKept(`${route}/u6`)).toBe(false);
  });

  it('U6: after its first byte is not asked again', async () => {
    const before = scene.origin.heads.length;
    scene.says('HTTP/1.1 2', 'end');
    expect(await scene.see('/kept/u6c')).toBe('502 reset');
    expect(scene.origin.heads.length - before).toBe(1);
  });

  it.each([
    ['GET', '200 whole', 2],
    ['POST', '502 reset', 1],
  ])('U22: on a kept socket, as %s is sent, gives %s', async (method, seen, asked) => {
    scene.script((socket) => socket.write(answer('whole')));
    expect(await scene.see('/plain/u22')).toBe('200 whole');
    const before = scene.origin.heads.length;
    const open = scene.proxy.stats().connections;
    scene.script((socket, _head, nth) => {
      if (nth === before + 1) socket.resetAndDestroy();
      else socket.write(answer('whole'));
    });
    expect(await scene.see('/plain/u22', { method })).toBe(seen);
    expect(scene.origin.heads.length - before).toBe(asked);
    // The first try went over the connection that was kept.
    expect(scene.proxy.stats().connections - open).toBe(asked - 1);
  });
});
