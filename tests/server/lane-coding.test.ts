/** Two forms of one answer: each caller gets the one that he takes, by the lane as by Express. */
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answersIn } from '../fakes/raw-client.js';
import { until } from '../fakes/waiting.js';
import { comparable, openDoors, requestText, type Doors } from './lane-kit.js';

const ROUTES = `
routes:
  - { path: /**, upstream: some, cache: { ttl: 30s } }
`;
const TEXT = JSON.stringify(Array.from({ length: 300 }, (_, nth) => ({ nth, word: 'leyden' })));

let doors: Doors;
beforeAll(async () => {
  doors = await openDoors(() => ROUTES);
  doors.origin.answer((req, res) => {
    const etag = req.url === '/weak' ? 'W/"v1"' : '"v1"';
    res.writeHead(200, ['Content-Type', 'application/json', 'ETag', etag]);
    res.end(TEXT);
  });
  for (const path of ['/doc', '/weak']) {
    await doors.lane(requestText(path));
    await doors.lane(requestText(path, ['Accept-Encoding: gzip']));
  }
  await until(() => doors.interior.rooms.store.stats().codedEntries === 2);
});
afterAll(() => doors.close());

/** What it accepts, and the form that it gets. */
const accepts: readonly (readonly [lines: readonly string[], form: 'gzip' | 'plain'])[] = [
  [[], 'plain'],
  [['Accept-Encoding:'], 'plain'],
  [['Accept-Encoding: gzip'], 'gzip'],
  [['accept-encoding: GZip'], 'gzip'],
  [['Accept-Encoding: x-gzip'], 'gzip'],
  [['Accept-Encoding: gzip, deflate, br, zstd'], 'gzip'],
  [['Accept-Encoding: br, gzip;q=0.1'], 'gzip'],
  [['Accept-Encoding: br', 'Accept-Encoding: gzip'], 'gzip'],
  [['Accept-Encoding: br'], 'plain'],
  [['Accept-Encoding: gzip;q=0'], 'plain'],
  [['Accept-Encoding: gzip;q=0, *'], 'plain'],
  [['Accept-Encoding: identity'], 'plain'],
  [['Accept-Encoding: identity, gzip;q=0.5'], 'plain'],
  [['Accept-Encoding: gzip, identity;q=0.5'], 'gzip'],
  [['Accept-Encoding: gzip, identity;q=0'], 'gzip'],
  [['Accept-Encoding: *'], 'gzip'],
  [['Accept-Encoding: *;q=0'], 'plain'],
  [['Accept-Encoding: gzip;q=7'], 'plain'],
];

const TAG = { gzip: '"v1-gzip"', plain: '"v1"' } as const;

async function both(path: string, lines: readonly string[], method = 'GET') {
  const fast = await doors.lane(requestText(path, lines, method));
  const slow = await doors.express(requestText(path, lines, method));
  expect(comparable(fast.text)).toBe(comparable(slow.text));
  const [answer] = answersIn(fast.text, method === 'HEAD');
  if (answer === undefined) throw new Error('no answer');
  const body = Buffer.from(answer.body, 'latin1');
  return { ...answer, bytes: body, byLane: fast.byLane };
}

describe.each(accepts)('whoever sends %j', (lines, form) => {
  it('gets the form that he takes, and every field that belongs to it', async () => {
    const { status, headers, bytes } = await both('/doc', lines);
    expect(status).toBe(200);
    expect(headers.get('content-encoding')).toBe(form === 'gzip' ? 'gzip' : undefined);
    expect(headers.get('etag')).toBe(TAG[form]);
    expect(headers.get('vary')).toBe('Authorization, Accept-Encoding');
    expect(headers.get('content-length')).toBe(String(bytes.byteLength));
    expect((form === 'gzip' ? gunzipSync(bytes) : bytes).toString()).toBe(TEXT);
    if (form === 'gzip') expect(bytes.byteLength).toBeLessThan(TEXT.length / 5);
    // It has just been opened for the slow path, so the lane has it at hand.
    expect((await both('/doc', lines)).byLane).toBe(true);
  });

  it('gets the same fields by HEAD', async () => {
    const whole = await both('/doc', lines);
    const head = await both('/doc', lines, 'HEAD');
    const fieldsOf = ({ headers }: typeof whole) =>
      [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name));
    expect(fieldsOf(head)).toEqual(fieldsOf(whole));
    expect(head.byLane).toBe(true);
  });

  it('hears that nothing has changed of the form that he holds, if he takes it', async () => {
    const holds = async (tag: string, method = 'GET') => {
      const { status, headers } = await both('/doc', [...lines, `If-None-Match: ${tag}`], method);
      expect(headers.get('vary')).toBe('Authorization, Accept-Encoding');
      expect(headers.has('content-encoding')).toBe(status === 200 && form === 'gzip');
      return [status, headers.get('etag')];
    };
    const refusesPlain = lines.some(
      (line) => line.includes('identity;q=0') && !line.includes('0.5'),
    );
    expect(await holds(TAG[form])).toEqual([304, TAG[form]]);
    expect(await holds('*')).toEqual([304, TAG[form]]);
    expect(await holds('"v0"')).toEqual([200, TAG[form]]);
    expect(await holds(`"v0", ${TAG[form]}`, 'HEAD')).toEqual([304, TAG[form]]);
    expect(await holds('"v1-gzip", "v1"')).toEqual([304, TAG[form]]);
    const takesGzip = form === 'gzip' || lines.join().includes('gzip;q=0.5');
    const held = form === 'plain' ? TAG.gzip : TAG.plain;
    const mayHold = form === 'plain' ? takesGzip : !refusesPlain;
    expect(await holds(held)).toEqual(mayHold ? [304, held] : [200, TAG[form]]);
  });

  it('gets parts of the plain form, unless he refuses that', async () => {
    const refusesPlain =
      lines.join().includes('gzip, identity;q=0') && !lines.join().includes('.5');
    const part = await both('/doc', [...lines, 'Range: bytes=1-9']);
    expect(part.status).toBe(206);
    expect(part.headers.get('content-encoding')).toBe(refusesPlain ? 'gzip' : undefined);
    expect(part.headers.get('etag')).toBe(refusesPlain ? TAG.gzip : TAG.plain);
    if (!refusesPlain) {
      expect(part.headers.get('content-range')).toBe(`bytes 1-9/${TEXT.length}`);
      expect(part.body).toBe(TEXT.slice(1, 10));
    }
    const held = refusesPlain ? TAG.gzip : TAG.plain;
    const other = refusesPlain ? TAG.plain : TAG.gzip;
    const range = [...lines, 'Range: bytes=1-9'];
    expect((await both('/doc', [...range, `If-Range: ${held}`])).status).toBe(206);
    // He holds a part of the other form: he gets a whole one, and no mixture.
    const whole = await both('/doc', [...range, `If-Range: ${other}`]);
    expect([whole.status, whole.headers.get('etag')]).toEqual([200, held]);
  });

  it('is told when what he wants to act on has changed', async () => {
    expect((await both('/doc', [...lines, `If-Match: ${TAG[form]}`])).status).toBe(200);
    expect((await both('/doc', [...lines, 'If-Match: "v0"'])).status).toBe(412);
    expect((await both('/doc', [...lines, 'If-Match: *'])).status).toBe(200);
  });

  it('reads one weak tag on both forms, which mean the same', async () => {
    expect((await both('/weak', lines)).headers.get('etag')).toBe('W/"v1"');
    expect((await both('/weak', [...lines, 'If-None-Match: "v1"'])).status).toBe(304);
    expect((await both('/weak', [...lines, 'If-Match: W/"v1"'])).status).toBe(412);
  });
});
