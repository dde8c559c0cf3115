/** Callers who ask at once under `cache: http`: who may share an answer, and who asks alone. */
import { describe, expect, it } from '@jest/globals';
import type { House } from '../fakes/rooms.js';
import type { Answer } from '../fakes/scripted-upstream.js';
import { settle } from '../fakes/waiting.js';
import { as, asking, calls, cc, httpHouse, see, sent, valuesOf, type Wanted } from './http-kit.js';

/** So many at once, while the upstream has not answered the first one yet. */
async function crowd(house: House, wanted: readonly Wanted[], answer: (nth: number) => Answer) {
  const before = calls(house);
  const all = wanted.map((one) => see(house, '/r', one));
  const first = await house.upstream.call(before);
  await settle();
  const atOnce = calls(house) - before;
  house.upstream.always((_request, nth) => answer(nth));
  for (const [nth, call] of house.upstream.calls.entries()) {
    if (nth >= before) call.answer(answer(nth));
  }
  first.answer(answer(before));
  const seen = await Promise.all(all);
  house.upstream.byHand();
  return { seen, atOnce };
}

const fifty = Array.from({ length: 50 }, (): Wanted => ({}));

describe('fifty at once', () => {
  it('share one question and one fresh answer', async () => {
    const house = httpHouse();
    const { seen } = await crowd(house, fifty, (nth) => ({
      headers: cc('max-age=60'),
      body: `${nth}`,
    }));
    expect(new Set(seen.map(({ words }) => words))).toEqual(new Set(['0']));
    expect(calls(house)).toBe(1);
  });

  it.each([
    ['without any lifetime', []],
    ['with a validator only', ['ETag', '"e"']],
    ['that must be asked about each time', ['ETag', '"e"', ...cc('no-cache, max-age=60')]],
    ['that is old at once', cc('max-age=0')],
    ['that is too old on arrival', [...cc('max-age=10'), 'Age', '11']],
    ['that is private', cc('private, max-age=60')],
    ['that nobody may keep', cc('no-store')],
    ['that varies by everything', [...cc('max-age=60'), 'Vary', '*']],
  ])('case 6: each gets the cookie that was made for him: an answer %s', async (_what, headers) => {
    const house = httpHouse();
    const { seen } = await crowd(house, fifty, (nth) => ({
      headers: [...headers, 'Set-Cookie', `s=${nth}`],
    }));
    expect(new Set(seen.map((one) => valuesOf(one, 'set-cookie').join())).size).toBe(50);
  });

  it.each([401, 403, 302, 404, 500, 503])(
    'case 6: each gets the cookie that came with his %i',
    async (status) => {
      const house = httpHouse();
      const { seen } = await crowd(house, fifty, (nth) => ({
        status,
        headers: ['Set-Cookie', `s=${nth}`],
      }));
      expect(new Set(seen.map((one) => valuesOf(one, 'set-cookie').join())).size).toBe(50);
      expect(house.rooms.store.stats().entries).toBe(0);
    },
  );

  it('case 6: where the route refuses Set-Cookie, each gets his own and none is kept', async () => {
    const house = httpHouse({ setCookie: 'refuse' });
    const headers = (nth: number) => [...cc('public, max-age=60'), 'Set-Cookie', `s=${nth}`];
    const { seen } = await crowd(house, fifty, (nth) => ({ headers: headers(nth) }));
    expect(new Set(seen.map((one) => valuesOf(one, 'set-cookie').join())).size).toBe(50);
    expect(house.rooms.store.stats().entries).toBe(0);
  });

  it.each([500, 502, 503])('learn of a failure (%i) together', async (status) => {
    const house = httpHouse();
    const { seen } = await crowd(house, fifty, () => ({ status }));
    expect(new Set(seen.map((one) => one.status))).toEqual(new Set([status]));
    expect(calls(house)).toBe(1);
  });

  it('learn together that the upstream cannot be reached', async () => {
    const house = httpHouse();
    const all = fifty.map((one) => see(house, '/r', one));
    (await house.upstream.call(0)).fail('connect');
    expect(new Set((await Promise.all(all)).map(({ status }) => status))).toEqual(new Set([502]));
    expect(calls(house)).toBe(1);
  });
});

describe('callers of one flight', () => {
  it('part when Vary shows that they differ, and fly once for each variant', async () => {
    const house = httpHouse();
    const wanted = Array.from({ length: 30 }, (_, nth) => ({ headers: ['X-Plan', `p${nth % 3}`] }));
    const plan = (nth: number) => house.upstream.calls[nth]?.request.headers ?? [];
    const { seen, atOnce } = await crowd(house, wanted, (nth) => ({
      headers: [...cc('max-age=60'), 'Vary', 'X-Plan'],
      body: plan(nth)[plan(nth).indexOf('X-Plan') + 1] ?? '',
    }));
    expect(seen.map(({ words }) => words)).toEqual(wanted.map(({ headers }) => headers[1]));
    expect(atOnce).toBe(1);
    expect(calls(house)).toBe(3);
  });

  it('who are known to differ do not wait for each other', async () => {
    const house = httpHouse();
    const answer = { headers: [...cc('max-age=60'), 'Vary', 'X-Plan'] };
    await crowd(house, [{ headers: ['X-Plan', 'p0'] }], () => answer);
    house.clock.turn(61_000);
    const wanted = [0, 1, 2].map((nth) => ({ headers: ['X-Plan', `p${nth}`] }));
    expect((await crowd(house, wanted, () => answer)).atOnce).toBe(3);
  });

  it('case 4: with two credentials never share a flight, nor one with nobody', async () => {
    const house = httpHouse();
    const wanted = [as('A'), as('B'), {}, as('A'), as('B'), {}];
    const { seen } = await crowd(house, wanted, (nth) => ({
      headers: cc('max-age=60'),
      body: sent(house, nth).includes('Authorization')
        ? `for ${sent(house, nth)[sent(house, nth).indexOf('Authorization') + 1] ?? ''}`
        : 'for nobody',
    }));
    const expected = ['for A', 'for B', 'for nobody', 'for A', 'for B', 'for nobody'];
    expect(seen.map(({ words }) => words)).toEqual(expected);
  });

  it('case 5: the leader leaves, and those who wait get the answer he asked for', async () => {
    const house = httpHouse();
    const gone = new AbortController();
    const leader = see(house, '/r', { gone: gone.signal });
    const call = await house.upstream.call(0);
    const others = [see(house, '/r'), see(house, '/r')];
    await settle();
    gone.abort();
    expect((await leader).outcome).toMatchObject({ failure: { code: 'abandoned' } });
    expect(call.aborted).toBe(false);
    call.answer({ headers: cc('max-age=60'), body: 'whole' });
    for (const one of await Promise.all(others)) expect(one.words).toBe('whole');
    expect(calls(house)).toBe(1);
  });
});

describe('case 3: who shows a credential', () => {
  it('does not wait for the answer that is made for nobody', async () => {
    const house = httpHouse();
    const { seen, atOnce } = await crowd(house, [{}, as('A'), {}], (nth) => ({
      headers: cc('max-age=60'),
      body: sent(house, nth).includes('Authorization') ? 'for A' : 'for nobody',
    }));
    expect(seen.map(({ words }) => words)).toEqual(['for nobody', 'for A', 'for nobody']);
    expect(atOnce).toBe(2);
  });
});

describe('case 54: a thousand who want no stored answer', () => {
  it('are one question to the upstream, and the stored answer is renewed', async () => {
    const house = httpHouse();
    const answer = { headers: [...cc('max-age=60'), 'ETag', '"e"'], body: 'kept' };
    await crowd(house, [{}], () => answer);
    const thousand = Array.from({ length: 1_000 }, () => asking('no-cache'));
    const { seen } = await crowd(house, thousand, () => ({
      status: 304,
      headers: [...cc('max-age=60'), 'ETag', '"e"'],
    }));
    expect(new Set(seen.map(({ words }) => words))).toEqual(new Set(['kept']));
    expect(calls(house)).toBe(2);
    expect((await see(house, '/r')).kind).toBe('hit');
  });
});
