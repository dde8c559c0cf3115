/** Marks of keys whose answers are not shared: their callers ask side by side for a while. */
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { cached, openHouse, routeOf, wordsOf } from '../fakes/rooms.js';

const NO_STORE = ['Cache-Control', 'no-store'];

async function marked(more: Partial<Parameters<typeof openHouse>[0]> = {}) {
  const house = openHouse({ routes: [cached('/**', { maxBytes: 10 })], ...more });
  house.upstream.always(() => ({ headers: NO_STORE, body: 'mine' }));
  await house.ask('/r');
  house.upstream.byHand();
  return house;
}

describe('a key whose answer was for one caller alone', () => {
  it('is asked side by side, so that nobody waits for what is not his', async () => {
    const { ask, rooms, upstream } = await marked();
    const both = [ask('/r'), ask('/r')];
    await upstream.call(2);
    expect(rooms.flights.stats().inFlight).toBe(0);
    upstream.calls[2]?.answer({ headers: NO_STORE, body: 'second' });
    expect(wordsOf((await both[1]) ?? { kind: 'no-route', allow: [] })).toBe('second');
    upstream.calls[1]?.answer({ headers: NO_STORE, body: 'first' });
    expect(await both[0]).toMatchObject({ kind: 'miss', joined: false, refused: 'no-store' });
    expect(rooms.marks.stats().marks).toBe(1);
  });

  it('is shared again as soon as an answer can be kept', async () => {
    const { ask, rooms, upstream } = await marked();
    const asked = ask('/r');
    (await upstream.call(1)).answer({ body: 'for all' });
    expect(await asked).toMatchObject({ kind: 'miss', refused: undefined });
    expect(rooms.marks.stats().marks).toBe(0);
    expect((await ask('/r')).kind).toBe('hit');
  });

  it('is shared again when the time of the mark is over', async () => {
    const { ask, clock, rooms, upstream } = await marked();
    clock.turn(120_000);
    const both = [ask('/r'), ask('/r')];
    expect(rooms.flights.stats()).toMatchObject({ inFlight: 1, waiting: 2 });
    (await upstream.call(1)).answer({ body: 'for all' });
    expect((await Promise.all(both)).map(wordsOf)).toEqual(['for all', 'for all']);
    expect(upstream.calls).toHaveLength(2);
  });

  it('goes with the one who asked: whoever leaves takes his own question along', async () => {
    const { ask, upstream } = await marked();
    const controller = new AbortController();
    const left = ask('/r', { gone: controller.signal });
    const other = ask('/r');
    const call = await upstream.call(1);
    controller.abort();
    expect(call.aborted).toBe(true);
    expect(await left).toMatchObject({ kind: 'failed', failure: { code: 'abandoned' } });
    (await upstream.call(2)).answer({ body: 'for all' });
    expect((await other).kind).toBe('miss');
  });

  it('is purged like any other: what comes after begins anew', async () => {
    const { ask, rooms, upstream } = await marked();
    rooms.purges.purge(['route:/**'], 'delete');
    const both = [ask('/r'), ask('/r')];
    expect(rooms.flights.stats().inFlight).toBe(1);
    (await upstream.call(1)).answer({ body: 'for all' });
    await Promise.all(both);
    expect(upstream.calls).toHaveLength(2);
  });

  it.each([
    ['private', { headers: ['Cache-Control', 'private'] }],
    ['a cookie', { headers: ['Set-Cookie', 'a=1'] }],
    ['Vary: *', { headers: ['Vary', '*'] }],
    ['an end that cannot be told', { framed: false }],
    ['its size', { body: 'larger than ten' }],
  ])('is marked for %s', async (_what, said) => {
    const house = openHouse({ routes: [cached('/r', { maxBytes: 10 })] });
    house.upstream.always(() => said);
    await house.ask('/r');
    expect(house.rooms.marks.stats().marks).toBe(1);
  });

  it.each([404, 401, 302, 500])(
    'is not marked for a status %i that all may hear',
    async (status) => {
      const house = openHouse({ routes: [cached('/r')] });
      house.upstream.always(() => ({ status }));
      await house.ask('/r');
      expect(house.rooms.marks.stats().marks).toBe(0);
    },
  );

  it('is not marked where the settings say so', async () => {
    const { rooms } = await marked({ aloneMs: 0 });
    expect(rooms.marks.stats().marks).toBe(0);
  });

  it('gives way to newer ones: there are only so many marks', async () => {
    const { ask, rooms, upstream } = await marked({ marksMax: 3 });
    upstream.always(() => ({ headers: NO_STORE }));
    for (let nth = 0; nth < 10; nth += 1) await ask(`/${nth}`);
    expect(rooms.marks.stats()).toEqual({ marks: 3, marksMax: 3 });
  });

  it('case 92: sharing is given up above the ceiling, and no more than that is held', async () => {
    const { ask, upstream } = openHouse({ routes: [cached('/r', { maxBytes: 10_000 })] });
    let read = 0;
    const chunk = Buffer.alloc(1_000);
    upstream.always(() => {
      let left = 20_000;
      const source = new Readable({
        highWaterMark: 1_000,
        read() {
          read += 1;
          this.push(left-- > 0 ? chunk : null);
        },
      });
      return { body: source };
    });
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => ask('/r')));
    expect(outcomes.map(wordsOf)).toEqual(Array.from({ length: 100 }, () => 'a stream'));
    // Of 20 MB the first caller's copy holds 10 KB; the others stream from the first byte on.
    expect(read).toBeLessThan(20);
    for (const one of outcomes) {
      if ('reply' in one && one.reply.body instanceof Readable) one.reply.body.destroy();
    }
  });
});

describe('under `cache: http`', () => {
  it('a request that itself forbids keeping marks nothing and takes nothing away', async () => {
    const routes = [routeOf('/r', { cache: 'http' })];
    const { ask, clock, rooms, upstream } = openHouse({ routes });
    upstream.always(() => ({ headers: ['Cache-Control', 'max-age=60'], body: 'good' }));
    await ask('/r');
    clock.turn(1_000);
    for (const value of ['no-cache, no-store', 'no-store, max-age=0', 'no-cache, max-age="']) {
      const asked = await ask('/r', { headers: ['Cache-Control', value] });
      expect([value, asked.kind]).toEqual([value, 'miss']);
      expect([value, (await ask('/r')).kind]).toEqual([value, 'hit']);
    }
    expect(rooms.marks.stats().marks).toBe(0);
  });

  it('an answer that forbids keeping takes the old one away all the same', async () => {
    const { ask, rooms, upstream } = openHouse({ routes: [routeOf('/r', { cache: 'http' })] });
    upstream.always(() => ({ headers: ['Cache-Control', 'max-age=60'] }));
    await ask('/r');
    upstream.always(() => ({ headers: NO_STORE }));
    await ask('/r', { headers: ['Cache-Control', 'no-cache, no-store'] });
    expect(rooms.store.stats().entries).toBe(0);
    expect(rooms.marks.stats().marks).toBe(1);
  });
});
