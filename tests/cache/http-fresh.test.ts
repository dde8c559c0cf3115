/** How long an answer lives under `cache: http`, and how old it says it is. */
import { describe, expect, it } from '@jest/globals';
import { at, cc, httpHouse, inTurn, saying, see, valueOf } from './http-kit.js';
import { valuesOf } from './http-kit.js';
import type { House } from '../fakes/rooms.js';

/** For how many whole seconds the answer is a hit, looked for in steps of one second. */
async function freshFor(house: House, path = '/r', limit = 100): Promise<number> {
  await see(house, path);
  let seconds = 0;
  while (seconds < limit && (await see(house, path)).kind === 'hit') {
    house.clock.turn(1_000);
    seconds += 1;
  }
  return seconds;
}

describe('an answer is fresh', () => {
  it.each([
    ['as max-age says', 10, cc('max-age=10')],
    ['as s-maxage says, before max-age', 20, cc('max-age=10, s-maxage=20')],
    ['not at all with s-maxage=0', 0, cc('max-age=10, s-maxage=0')],
    ['less by the Age on arrival', 4, [...cc('max-age=10'), 'Age', '6']],
    ['less by the first of several Ages', 4, [...cc('max-age=10'), 'Age', '6, 1']],
    ['case 56: whole, where Age is no number', 10, [...cc('max-age=10'), 'Age', 'six']],
    ['case 56: whole, where Age is negative', 10, [...cc('max-age=10'), 'Age', '-5']],
    ['case 56: not at all, where Age is huge', 0, [...cc('max-age=10'), 'Age', '9'.repeat(30)]],
    ['as the smaller reading of two that differ', 0, cc('max-age=10, max-age=20')],
    ['not at all by what is no number', 0, cc('max-age=1.5')],
    ['as a quoted number says', 10, cc('max-age="10"')],
    ['not at all without any word', 0, []],
    ['as the targeted field says', 30, [...cc('max-age=10'), 'CDN-Cache-Control', 'max-age=30']],
    [
      'as the field for Leyden says, before that for every CDN',
      40,
      ['CDN-Cache-Control', 'max-age=30', 'Leyden-Cache-Control', 'max-age=40'],
    ],
    [
      'as Cache-Control says where the targeted one is broken',
      10,
      [...cc('max-age=10'), 'CDN-Cache-Control', 'max-age=30,,,=;'],
    ],
    [
      'as Cache-Control says where the targeted one is empty',
      10,
      [...cc('max-age=10'), 'CDN-Cache-Control', ''],
    ],
    [
      'though Cache-Control forbids it, where the targeted field allows it',
      30,
      [...cc('no-store'), 'CDN-Cache-Control', 'max-age=30'],
    ],
  ])('%s: %i s', async (_what, seconds, headers) => {
    expect(await freshFor(saying(headers))).toBe(seconds);
  });
});

describe('an answer without a number of seconds is fresh', () => {
  it.each([
    ['after Date', 15, 15, 0],
    ['case 56: after a Date one hour ahead', 15, 3_615, 3_600],
    ['case 56: after a Date one hour behind', 15, -3_585, -3_600],
    ['case 56: not at all before its Date', 0, -10, 0],
  ])('until Expires, counted %s: %i s', async (_what, seconds, expires, date) => {
    const house = httpHouse();
    const headers = ['Expires', at(house, expires), 'Date', at(house, date)];
    house.upstream.always(() => ({ headers }));
    expect(await freshFor(house)).toBe(seconds);
  });

  it.each(['0', '-1', 'Thu, 01 Jan', '', 'Fri, 01 Jan 2100 00:00:00 UTC'])(
    'case 56: not at all by Expires: %j',
    async (expires) => {
      const house = httpHouse();
      const headers = ['Expires', expires, 'Last-Modified', at(house, -1_000)];
      house.upstream.always(() => ({ headers }));
      expect(await freshFor(house)).toBe(0);
    },
  );

  it.each([
    [200, 50],
    [203, 50],
    [404, 50],
    [410, 50],
    [302, 0],
    [500, 0],
    [403, 0],
  ])('by a tenth of the time since its last change, with status %i: %i s', async (status, s) => {
    const house = httpHouse();
    const headers = ['Last-Modified', at(house, -500), 'Date', at(house, 0)];
    house.upstream.always(() => ({ status, headers }));
    expect(await freshFor(house)).toBe(s);
  });

  it('case 56: never longer than a day by a guess', async () => {
    const house = httpHouse();
    house.clock.turn(86_400_000 * 1_000);
    const headers = ['Last-Modified', at(house, -86_400 * 900), 'Date', at(house, 0)];
    house.upstream.always(() => ({ headers }));
    await see(house, '/r');
    house.clock.turn(86_399_000);
    expect((await see(house, '/r')).kind).toBe('hit');
    house.clock.turn(1_000);
    expect((await see(house, '/r')).kind).toBe('miss');
  });

  it('for any status that says how long', async () => {
    for (const status of [200, 204, 206, 302, 303, 307, 400, 403, 404, 418, 500, 503, 599]) {
      const house = httpHouse();
      house.upstream.always(() => ({ status, headers: cc('max-age=10') }));
      expect([status, await freshFor(house)]).toEqual([status, status === 206 ? 0 : 10]);
    }
  });
});

describe('the age of an answer', () => {
  it('counts the time before us, the time on the way and the time in the store', async () => {
    const house = httpHouse();
    const first = see(house, '/r');
    const call = await house.upstream.call(0);
    house.clock.turn(3_000);
    call.answer({ headers: [...cc('max-age=60'), 'Age', '7'] });
    expect(valuesOf(await first, 'age')).toEqual(['10']);
    house.clock.turn(5_500);
    const hit = await see(house, '/r');
    expect(valuesOf(hit, 'age')).toEqual(['15']);
    expect(hit.kind).toBe('hit');
    house.clock.turn(44_500);
    house.upstream.always(() => ({}));
    expect((await see(house, '/r')).kind).toBe('miss');
  });

  it('is said of a hit even when it is zero, and the origin’s Date stays', async () => {
    const house = httpHouse();
    const date = at(house, -2);
    house.upstream.always(() => ({ headers: [...cc('max-age=60'), 'Date', date] }));
    await see(house, '/r');
    const hit = await see(house, '/r');
    expect([valuesOf(hit, 'age'), valuesOf(hit, 'date')]).toEqual([['0'], [date]]);
  });

  it('is that of the Date where only an old cache stood between', async () => {
    const house = httpHouse();
    const headers = [...cc('max-age=60'), 'Date', at(house, -50), 'Via', '1.0 old'];
    house.upstream.always(() => ({ headers }));
    expect(await freshFor(house)).toBe(10);
  });

  it('begins again with a 304', async () => {
    const house = httpHouse();
    const headers = [...cc('max-age=10'), 'ETag', '"e"'];
    inTurn(house, [
      { headers: [...headers, 'Age', '3'], body: 'kept' },
      { status: 304, headers },
    ]);
    await see(house, '/r');
    house.clock.turn(8_000);
    expect(await see(house, '/r')).toMatchObject({ kind: 'miss', words: 'kept', status: 200 });
    house.clock.turn(9_000);
    const hit = await see(house, '/r');
    expect([hit.kind, valueOf(hit, 'age')]).toEqual(['hit', '9']);
  });
});
