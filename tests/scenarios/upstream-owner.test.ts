/** Upstreams that answer for somebody else, too early, too much or with odd clocks and cookies. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { head } from '../fakes/client.js';
import { bytesOf, settle, until } from '../fakes/waiting.js';
import { answer } from '../upstream/raw-origin.js';
import { NEVER_SICK, ROUTES, openFaultScene, type FaultScene } from './upstream-kit.js';

let scene: FaultScene;
let echo: FaultScene;
beforeAll(async () => {
  scene = await openFaultScene({ upstream: `connections: 1, ${NEVER_SICK}` });
  echo = await openFaultScene({ upstream: `ownerEcho: true, ${NEVER_SICK}` });
});
afterAll(async () => {
  await scene.close();
  await echo.close();
});

const tagIn = (text: string): string => /\r\nX-Owner-Tag: ([^\r]*)\r\n/i.exec(text)?.[1] ?? '';

describe('an upstream that repeats whose answer it computed', () => {
  const asA = { headers: { Authorization: 'Bearer A', 'X-Owner-Tag': 'forged' } };
  const asB = { headers: { Authorization: 'Bearer B' } };

  it.each(['/plain', '/kept'])('U24: is believed, and its tag stays inside (%s)', async (route) => {
    echo.script((socket, text) => {
      socket.write(answer('mine', `X-Owner-Tag: ${tagIn(text)}\r\n`));
    });
    const seen = await echo.get(`${route}/u24`, asA);
    expect([seen.status, seen.body, seen.headers['x-owner-tag']]).toEqual([200, 'mine', undefined]);
    const tagOfA = tagIn(echo.origin.heads.at(-1) ?? '');
    await echo.get(`${route}/u24`, asB);
    const tagOfB = tagIn(echo.origin.heads.at(-1) ?? '');
    expect(tagOfA).toMatch(/^[\w-]{43}$/);
    expect(tagOfB).toMatch(/^[\w-]{43}$/);
    expect(tagOfA).not.toBe(tagOfB);
    expect(echo.origin.heads.at(-2)).not.toContain('forged');
  });

  it.each([
    ['another', (): string => 'X-Owner-Tag: anon\r\n'],
    ['no', (): string => ''],
    ['two', (tag: string): string => `X-Owner-Tag: ${tag}\r\nX-Owner-Tag: anon\r\n`],
  ])('U24: but with %s tag is a 502 that nobody sees and nothing keeps', async (name, fields) => {
    echo.script((socket, text) => socket.write(answer('not yours', fields(tagIn(text)))));
    for (const route of ROUTES) {
      const { status, body } = await echo.get(`${route}/u24/${name}`, asA);
      expect(status).toBe(502);
      expect(body).not.toContain('not yours');
      const before = echo.origin.heads.length;
      expect((await echo.get(`${route}/u24/${name}`, asA)).status).toBe(502);
      expect(echo.origin.heads.length).toBe(before + 1);
    }
  });
});

describe('an upstream in a hurry', () => {
  it('U20: that answers before it has read is heard, and its socket not used again', async () => {
    const open = scene.proxy.stats().connections;
    scene.says(answer('too much', 'Connection: close\r\n', '413 Too Large'), 'end');
    const seen = await scene.see('/plain/u20', { method: 'POST', body: 'x'.repeat(100) });
    expect(seen).toBe('413 too much');
    scene.says(answer('next'));
    expect(await scene.see('/plain/u20')).toBe('200 next');
    expect(scene.proxy.stats().connections - open).toBeGreaterThanOrEqual(2);
  });

  it('U23: a 408 and other strays on an idle socket are nobody’s answer', async () => {
    for (const stray of [answer('late', 'Connection: close\r\n', '408 X'), answer('POISON')]) {
      scene.says(answer('mine'));
      expect(await scene.see('/plain/u23')).toBe('200 mine');
      scene.origin.sockets.at(-1)?.write(stray);
      // What arrives before anybody has asked closes the connection.
      await until(() => scene.proxy.stats().openConnections === 0);
      expect(await scene.see('/plain/u23')).toBe('200 mine');
    }
  });
});

describe('an answer without an end in sight', () => {
  it.each(ROUTES)('U17: flows no faster than it is read, and is not kept (%s)', async (route) => {
    const CHUNK = Buffer.alloc(64 * 1024, 120);
    const CHUNKS = 640;
    let written = 0;
    scene.script((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${CHUNK.length * CHUNKS}\r\n\r\n`);
      const more = (): void => {
        while (written < CHUNKS && !socket.destroyed) {
          written += 1;
          if (!socket.write(CHUNK)) {
            socket.once('drain', more);
            return;
          }
        }
      };
      more();
    });
    const reply = await head(scene.running.port, `${route}/u17`);
    let last = -1;
    while (written !== last) {
      last = written;
      await settle(50);
    }
    expect(written).toBeLessThan(CHUNKS);
    expect((await bytesOf(reply)).length).toBe(CHUNK.length * CHUNKS);
    await until(() => written === CHUNKS);
    expect(await scene.isKept(`${route}/u17`)).toBe(false);
  });
});

describe('an answer that says odd things of itself', () => {
  it.each(['/refuse', '/kept'])('U26: with a cookie passes and is not kept (%s)', async (route) => {
    scene.says(answer('yours', 'Set-Cookie: s=1\r\nCache-Control: max-age=60\r\n'));
    const before = scene.origin.heads.length;
    for (let nth = 0; nth < 2; nth += 1) {
      const { body, headers } = await scene.get(`${route}/u26`);
      expect([body, headers['set-cookie']]).toEqual(['yours', 's=1']);
    }
    expect(scene.origin.heads.length - before).toBe(2);
  });

  it.each([
    ['a Date an hour ahead', 3_600_000, ''],
    ['a Date an hour ago and no Age', -30_000, ''],
    ['an Age below zero', 0, 'Age: -50\r\n'],
    ['an Age that is no number', 0, 'Age: soon\r\n'],
  ])('U27: %s never makes it live longer than it said', async (name, offMs, more) => {
    const path = `/http/u27/${name.replaceAll(' ', '-')}`;
    const date = new Date(scene.running.clock.wallMs() + offMs).toUTCString();
    scene.says(answer('dated', `Date: ${date}\r\n${more}Cache-Control: max-age=60\r\n`));
    const { headers } = await scene.get(path);
    expect(Number(headers['age'] ?? 0)).toBeGreaterThanOrEqual(0);
    scene.running.clock.turn(10_000);
    const kept = await scene.get(path);
    expect(Number(kept.headers['age'])).toBeGreaterThanOrEqual(10);
    expect(Number(kept.headers['age'])).toBeLessThan(60);
    scene.running.clock.turn(51_000);
    expect(await scene.isKept(path)).toBe(false);
  });

  it('U27: an Age beyond all bounds is old already, and a rule has its own time', async () => {
    const fields = 'Age: 99999999999999999999\r\nCache-Control: max-age=60\r\n';
    scene.says(answer('ancient', fields));
    expect(await scene.see('/http/u27')).toBe('200 ancient');
    expect(await scene.isKept('/http/u27')).toBe(false);
    scene.says(answer('ruled', 'Date: Thu, 01 Jan 2099 00:00:00 GMT\r\n'));
    expect(await scene.see('/kept/u27')).toBe('200 ruled');
    scene.running.clock.turn(29_000);
    expect(await scene.see('/kept/u27')).toBe('200 ruled');
    scene.running.clock.turn(2_000);
    expect(await scene.isKept('/kept/u27')).toBe(false);
  });
});
