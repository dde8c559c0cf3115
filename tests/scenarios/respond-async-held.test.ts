/** Places of answers: what they hold, for how long, and to whom they say anything. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ClientAnswer } from '../fakes/client.js';
import { settle } from '../fakes/waiting.js';
import { ended, openScene, type More, type Scene } from './respond-async-kit.js';

const ROUTES = `
answers: { max: 3, maxBytes: 64KiB, keep: 5m }
routes:
  - { path: /query, upstream: some, methods: [GET, QUERY, POST], cache: { ttl: 30s, tags: [q] } }
  - { path: /short, upstream: some, cache: { ttl: 1s } }
  - { path: /http, upstream: some, cache: http }
  - { path: /**, upstream: some, cache: { ttl: 30s, maxBytes: 8MiB, tags: [all] } }
`;

let scene: Scene;
beforeEach(async () => {
  scene = await openScene(ROUTES);
});
afterEach(() => scene.close());

const placeOf = ({ headers }: ClientAnswer): string => headers['location'] ?? '';
const query = (body: string): More => ({
  method: 'QUERY',
  body,
  headers: { 'Content-Type': 'application/json' },
});
const shown = ({ status, headers, body }: ClientAnswer) => [status, headers['location'], body];

describe('the place of an answer', () => {
  it('gives the answer itself where its address alone does not select it', async () => {
    const place = placeOf(await scene.later('/query', query('{"a":1}')));
    await scene.answer(1, 'for a', ['Content-Type', 'text/plain', 'X-Own', 'yes']);
    const done = await ended(scene, place);
    expect(shown(done).slice(0, 2)).toEqual([303, `${place}/answer`]);
    scene.clock.turn(100_000);
    const answer = await scene.get(`${place}/answer`);
    expect([answer.status, answer.body]).toEqual([200, 'for a']);
    expect(answer.headers).toMatchObject({
      ...{ 'x-own': 'yes', 'x-cache': 'MISS', age: '100', 'cache-control': 'no-store' },
      'cache-status': 'leyden; fwd=uri-miss; stored',
    });
    expect(answer.headers).not.toHaveProperty('content-location');
    const head = await scene.get(`${place}/answer`, { method: 'HEAD' });
    expect([head.headers['content-length'], head.body]).toEqual(['5', '']);
    const tally = scene.interior.tallies.of('/query');
    expect([tally.hits, tally.misses]).toEqual([0, 1]);
  });

  it('holds what the cache did not keep, for the one who asked', async () => {
    const place = placeOf(await scene.later('/a?b'));
    await scene.answer(1, 'mine', ['Cache-Control', 'no-store', 'Set-Cookie', 'a=1']);
    expect(shown(await ended(scene, place)).slice(0, 2)).toEqual([303, `${place}/answer`]);
    const answer = await scene.get(`${place}/answer`);
    expect([answer.status, answer.body, answer.headers['content-location']]).toEqual([
      ...[200, 'mine', '/a?b'],
    ]);
    expect(answer.headers).toMatchObject({ 'set-cookie': 'a=1', 'cache-control': 'no-store' });
    expect(scene.interior.answers.stats().bytes).toBeGreaterThan(4);
    scene.clock.turn(300_000);
    expect((await scene.get(place)).status).toBe(404);
    expect(scene.interior.answers.stats()).toMatchObject({ open: 0, bytes: 0, notHeld: 0 });
  });

  it('holds an answer that is no hit any more, so that nobody comes back in vain', async () => {
    const place = placeOf(await scene.later('/short'));
    await scene.answer(1);
    expect(placeOf(await ended(scene, place))).toBe('/short');
    scene.clock.turn(2_000);
    expect(placeOf(await scene.get(place))).toBe(`${place}/answer`);
    expect(await scene.get(`${place}/answer`)).toMatchObject({ body: 'answer 1' });
  });

  it('leads to the original address when the answer is too large to be held', async () => {
    const place = placeOf(await scene.later('/a'));
    await scene.answer(1, 'x'.repeat(9_000), ['Cache-Control', 'private']);
    expect(placeOf(await ended(scene, place))).toBe('/a');
    expect(scene.interior.answers.stats().notHeld).toBe(1);
    const other = placeOf(await scene.later('/query', query('1')));
    await scene.answer(2, 'x'.repeat(9_000), ['Cache-Control', 'private']);
    const lost = await ended(scene, other);
    expect([lost.status, lost.body]).toEqual([404, expect.stringContaining('ask for it again')]);
    expect(scene.interior.answers.stats()).toMatchObject({ open: 2, notHeld: 2 });
  });

  it('says how the computation failed, as the caller would have heard it', async () => {
    const place = placeOf(await scene.later('/a'));
    await scene.origin.asked(1);
    scene.clock.turn(60_001);
    const failed = await ended(scene, place);
    expect([failed.status, failed.headers['content-type']]).toEqual([
      ...[504, 'application/problem+json'],
    ]);
    expect(failed.body).toContain('urn:leyden:problem:head_timeout');
    expect(failed.headers['cache-status']).toBe('leyden; fwd=miss; detail=head_timeout');
    expect((await scene.get(`${place}/answer`)).status).toBe(504);
    const broken = placeOf(await scene.later('/b'));
    await scene.answer(2, 'no', ['Content-Type', 'text/plain'], 503);
    expect(placeOf(await ended(scene, broken))).toBe(`${broken}/answer`);
    const answer = await scene.get(`${broken}/answer`);
    expect([answer.status, answer.body]).toEqual([503, 'no']);
  });

  it('gives nothing that was purged after it came', async () => {
    const place = placeOf(await scene.later('/query', query('1')));
    const asGet = placeOf(await scene.later('/a'));
    await scene.answer(1);
    await scene.answer(2);
    expect(placeOf(await ended(scene, place))).toBe(`${place}/answer`);
    await ended(scene, asGet);
    scene.interior.rooms.purges.purge(['q', 'all'], 'delete');
    expect((await scene.get(`${place}/answer`)).status).toBe(404);
    expect((await scene.get(place)).body).toContain('ask for it again');
    expect(placeOf(await scene.get(asGet))).toBe('/a');
  });

  it('case 10: is there for nobody but who asked, and says the same to all others', async () => {
    const mine = { headers: { Authorization: 'Bearer mine' } };
    const place = placeOf(await scene.later('/a', mine));
    await scene.answer(1, 'secret');
    await ended(scene, place, mine);
    const unknown = place.replace(/[^.]+$/, 'A'.repeat(22));
    const asks: [string, More][] = [
      [place, {}],
      [place, { headers: { Authorization: 'Bearer other' } }],
      [place, { headers: { ...mine.headers, Host: 'other.test' } }],
      [`${place}/answer`, {}],
      [unknown, mine],
      [`${place}x`, mine],
      ['/.leyden/answers/', mine],
    ];
    const said = new Set<string>();
    for (const [path, more] of asks) {
      const { status, body, headers } = await scene.get(path, more);
      const { date, 'x-request-id': id = '', ...rest } = headers;
      expect(date).toBeDefined();
      said.add(JSON.stringify([status, body.replace(id, ''), rest]));
    }
    expect([...said]).toEqual([expect.stringMatching(/^\[404,/)]);
    expect((await scene.get(place, mine)).headers['location']).toBe('/a');
  });

  it('of another process asks for patience, for that one may know it', async () => {
    const place = placeOf(await scene.later('/a'));
    const [, node = ''] = /answers\/([^.]+)\./.exec(place) ?? [];
    const other = node.startsWith('A') ? `B${node.slice(1)}` : `A${node.slice(1)}`;
    const answer = await scene.get(place.replace(node, other));
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
    await scene.answer(1);
  });

  it('takes GET and HEAD only', async () => {
    const answer = await scene.get('/.leyden/answers/x', { method: 'DELETE' });
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET, HEAD']);
  });

  it('is not promised beyond the ceiling: the caller waits as usual', async () => {
    const places = [];
    for (const path of ['/1', '/2', '/3']) places.push(placeOf(await scene.later(path)));
    const waits = scene.prefer('respond-async, wait=1', '/4');
    await scene.turnAt(4, 1_000);
    await settle();
    expect(scene.interior.answers.stats()).toMatchObject({ open: 3, max: 3, refused: 1 });
    for (const nth of [1, 2, 3, 4]) await scene.answer(nth);
    const answer = await waits;
    expect([answer.status, answer.headers['vary']]).toEqual([200, 'Authorization, Prefer']);
    expect(answer.headers).not.toHaveProperty('preference-applied');
    for (const place of places) await ended(scene, place);
    scene.clock.turn(300_000);
    expect(scene.interior.answers.stats()).toMatchObject({ open: 0, bytes: 0 });
  });
});
