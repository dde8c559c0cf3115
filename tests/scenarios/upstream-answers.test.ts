/** Upstreams that break the rules of HTTP, behind a proxy: what callers see, what is kept. */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answer } from '../upstream/raw-origin.js';
import { NEVER_SICK, ROUTES, openFaultScene, type FaultScene } from './upstream-kit.js';

let scene: FaultScene;
beforeAll(async () => {
  // Nothing here is about time, and a busy machine may need some.
  const upstream = `timeout: { connect: 30s, head: 30s, idle: 30s }, ${NEVER_SICK}`;
  scene = await openFaultScene({ upstream, top: 'http: { headBytesMax: 16KiB }\n' });
});
afterAll(() => scene.close());

const OK = 'HTTP/1.1 200 OK\r\n';
const LENGTH = `${OK}Content-Length: 10\r\n\r\n`;
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
const LONG = 'x'.repeat(20_000);
const FIELDS = Array.from({ length: 300 }, (_, nth) => `X-${nth}: 1\r\n`).join('');
const withField = (field: string): string => `${OK}${field}\r\nContent-Length: 2\r\n\r\nok`;

const refused: readonly (readonly [string, string, string])[] = [
  [
    'U10: a length and chunks',
    `${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok`,
    'protocol',
  ],
  ['U10: two lengths', `${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok`, 'protocol'],
  ['U10: a length below zero', `${OK}Content-Length: -1\r\n\r\nok`, 'protocol'],
  ['U12: 100 a thousand times', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000), 'informational'],
  ['U12: a 101 that nobody wanted', 'HTTP/1.1 101 X\r\nUpgrade: a\r\n\r\n', 'protocol'],
  ['U13: status 99', answer('ok', '', '99 X'), 'status'],
  ['U13: status 000', answer('ok', '', '000 X'), 'status'],
  ['U13: status 600', answer('ok', '', '600 X'), 'status'],
  ['U13: status 1000', answer('ok', '', '1000 X'), 'status'],
  ['U14: a NUL', withField('X-A: a\0b'), 'headers'],
  ['U14: a control', withField('X-A: a\x07b'), 'headers'],
  ['U14: a fold', withField('X-A: a\r\n b'), 'headers'],
  ['U14: 20 KB in one field', withField(`X-A: ${LONG}`), 'headers'],
  ['U14: 300 fields', answer('ok', FIELDS), 'headers'],
  ['U14: two types', withField('Content-Type: a/b\r\nContent-Type: c/d'), 'headers'],
  ['U14: two locations', withField('Location: /a\r\nLocation: /b'), 'headers'],
];
const everywhere = <Row extends readonly unknown[]>(rows: readonly Row[]) =>
  rows.flatMap((row, nth) => ROUTES.map((route) => [route, nth, ...row] as const));

describe('an answer that cannot be passed on', () => {
  it.each(
    everywhere(refused).map(([route, nth, name, ...rest]) => [name, route, nth, ...rest] as const),
  )('%s is a 502 that is not kept (%s)', async (_name, route, nth, bytes, word) => {
    const errors = `leyden_upstream_errors_total{upstream="some",code="${word}"}`;
    const before = await scene.metric(errors);
    scene.says(bytes);
    expect(await scene.see(`${route}/refused/${nth}`)).toBe(`502 ${word}`);
    expect(await scene.metric(errors)).toBe(before + 1);
    expect(await scene.isKept(`${route}/refused/${nth}`)).toBe(false);
  });

  it.each(ROUTES)('U12: one 103 is no fault, and the answer follows (%s)', async (route) => {
    scene.says(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${answer('ok')}`);
    expect(await scene.see(`${route}/u12`)).toBe('200 ok');
  });

  it('U13: 299 is a status like any other', async () => {
    scene.says(answer('ok', '', '299 X'));
    expect(await scene.see('/plain/u13')).toBe('299 ok');
  });
});

const cuts: readonly (readonly [string, string, 'limit-fin' | 'limit-rst'])[] = [
  ['U7: a FIN in a body with a length', `${LENGTH}0123456789`, 'limit-fin'],
  ['U7: a RST in a body with a length', `${LENGTH}0123456789`, 'limit-rst'],
  ['U7: a FIN before the last chunk', `${CHUNKED}3\r\nabc\r\n0\r\n\r\n`, 'limit-fin'],
  ['U7: a RST before the last chunk', `${CHUNKED}3\r\nabc\r\n0\r\n\r\n`, 'limit-rst'],
];

describe('an answer that is cut by the network', () => {
  it.each(
    everywhere(cuts).map(([route, nth, name, ...rest]) => [name, route, nth, ...rest] as const),
  )('%s never ends cleanly, and nothing is kept (%s)', async (_name, route, nth, bytes, kind) => {
    scene.proxy.kill();
    scene.says(bytes);
    scene.proxy.set({ kind, bytes: bytes.length - 5 });
    const seen = await scene.see(`${route}/cut/${nth}`);
    expect(['broken', '502 truncated', '502 reset']).toContain(seen);
    expect(await scene.isKept(`${route}/cut/${nth}`)).toBe(false);
  });

  it.each(ROUTES)(
    'U8: where only the end ends it, it passes and is not kept (%s)',
    async (route) => {
      scene.says(`${OK}\r\nall of it`, 'end');
      expect(await scene.see(`${route}/u8`)).toBe('200 all of it');
      expect(await scene.isKept(`${route}/u8`)).toBe(false);
    },
  );
});

describe('bytes that belong to no answer', () => {
  it.each(ROUTES)('U9: behind a body are cut off and reach nobody (%s)', async (route) => {
    scene.says(`${OK}Content-Length: 2\r\n\r\nok${answer('POISON')}`);
    expect(await scene.see(`${route}/u9`)).toBe('200 ok');
    scene.says(answer('mine'));
    for (let nth = 0; nth < 3; nth += 1) {
      expect(await scene.see(`${route}/u9/${nth}`)).toBe('200 mine');
    }
  });

  it.each([
    ['GET', '204 No Content', '204'],
    ['HEAD', '200 OK', '200'],
  ])('U11: as the body of %s %s reach nobody', async (method, status, seen) => {
    scene.says(answer(answer('POISON'), '', status));
    expect(await scene.see('/plain/u11', { method })).toBe(seen);
    scene.says(answer('mine'));
    for (let nth = 0; nth < 3; nth += 1) {
      expect(await scene.see(`/plain/u11/${nth}`)).toBe('200 mine');
    }
  });

  it.each(ROUTES)('U15: as trailers are dropped, and the body kept without (%s)', async (route) => {
    scene.says(`${CHUNKED}3\r\nabc\r\n0\r\nX-Secret: 1\r\n\r\n`);
    for (let nth = 0; nth < 2; nth += 1) {
      const { body, rawHeaders } = await scene.get(`${route}/u15`);
      expect(body).toBe('abc');
      expect(rawHeaders.join()).not.toMatch(/secret/i);
    }
  });
});

describe('U16: an encoded body', () => {
  const whole = gzipSync('a'.repeat(50_000)).toString('latin1');
  it.each([
    ['that is whole', whole],
    ['that is cut inside', whole.slice(0, -9)],
    ['of something else', `XX${whole.slice(2)}`],
  ])('%s is passed on unopened, byte for byte', async (_name, body) => {
    scene.says(answer(body, 'Content-Encoding: gzip\r\n'));
    for (const route of ROUTES) {
      for (let nth = 0; nth < 2; nth += 1) {
        const seen = await scene.get(`${route}/u16/${body.length}${body.startsWith('XX')}`, {
          headers: { 'Accept-Encoding': 'gzip' },
        });
        expect([seen.status, seen.headers['content-encoding']]).toEqual([200, 'gzip']);
        expect(seen.body).toBe(body);
      }
    }
  });
});
