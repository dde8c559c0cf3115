/** What unsafe requests do to stored answers under `cache: http`. */
import { describe, expect, it } from '@jest/globals';
import { routeOf, openHouse } from '../fakes/rooms.js';
import { as, calls, cc, httpHouse, inTurn, kinds, saying, see, type Wanted } from './http-kit.js';

const put: Wanted = { method: 'PUT' };
const FRESH = { headers: cc('max-age=60') };

/** Two stored answers, an unsafe request that is answered so, and what the two are then. */
async function after(status: number, headers: readonly string[], other = '/other') {
  const house = httpHouse();
  inTurn(house, [FRESH, FRESH, { status, headers }, FRESH]);
  await see(house, '/a/r');
  await see(house, other);
  await see(house, '/a/r', put);
  return [(await see(house, '/a/r')).kind, (await see(house, other)).kind].join(' ');
}

describe('case 53: an unsafe request', () => {
  it.each([
    [200, 'miss hit'],
    [204, 'miss hit'],
    [303, 'miss hit'],
    [400, 'hit hit'],
    [404, 'hit hit'],
    [500, 'hit hit'],
  ])('that ends in %i leaves its own target and another: %s', async (status, expected) => {
    expect(await after(status, [])).toBe(expected);
  });

  it.each([
    ['Location', '/other', 'miss miss'],
    ['Content-Location', '/other', 'miss miss'],
    ['Location', '../other', 'miss miss'],
    ['Location', 'http://here/other', 'miss miss'],
    ['Location', '//here/other', 'miss miss'],
    ['Location', 'http://elsewhere/other', 'miss hit'],
    ['Content-Location', 'http://here:81/other', 'miss hit'],
    ['Location', '//elsewhere/other', 'miss hit'],
    ['Location', '/other?x', 'miss hit'],
    ['Location', '\\other', 'miss hit'],
    ['Location', 'http:other', 'miss hit'],
  ])(
    'also reaches what %s: %s names, if it is of the same origin: %s',
    async (name, to, expected) => {
      expect(await after(201, [name, to])).toBe(expected);
    },
  );

  it('that fails reaches nothing by its Location', async () => {
    expect(await after(409, ['Location', '/other'])).toBe('hit hit');
  });

  it('reaches the query it names, and no other', async () => {
    const house = saying(cc('max-age=60'));
    const [one, two, none] = [{ query: 'a=1' }, { query: 'a=2' }, {}];
    const changed = { ...put, ...one };
    const wanted = [one, two, none, changed, one, two, none];
    expect(await kinds(house, '/r', ...wanted)).toBe('miss miss miss bypass miss hit hit');
  });

  it('with a credential reaches the shared answer, for there is no other slot', async () => {
    const house = saying(cc('public, max-age=60'));
    const wanted = [as('A'), {}, { ...put, ...as('B') }, {}, as('A')];
    expect(await kinds(house, '/r', ...wanted)).toBe('miss hit bypass miss hit');
  });

  it('of a method that nobody knows invalidates too, and a safe one does not', async () => {
    const house = saying(cc('max-age=60'), { methods: 'any' });
    const wanted = ['GET', 'OPTIONS', 'GET', 'M-SEARCH', 'GET', 'PROPPATCH', 'GET'];
    const found = await kinds(house, '/r', ...wanted.map((method) => ({ method })));
    expect(found).toBe('miss bypass hit bypass miss bypass miss');
  });

  it('reaches answers to QUERY at its target, also where GET is not offered', async () => {
    for (const methods of [
      ['GET', 'QUERY', 'PUT'],
      ['QUERY', 'PUT'],
    ]) {
      const house = openHouse({ routes: [routeOf('/**', { cache: 'http', methods })] });
      house.upstream.always(() => FRESH);
      const query: Wanted = { method: 'QUERY', content: 'x' };
      expect(await kinds(house, '/r', query, query, put, query)).toBe('miss hit bypass miss');
    }
  });

  it('fences the computation that is under way', async () => {
    const house = httpHouse();
    const before = see(house, '/r');
    const first = await house.upstream.call(0);
    const act = see(house, '/r', put);
    (await house.upstream.call(1)).answer({});
    await act;
    first.answer({ ...FRESH, body: 'old' });
    expect((await before).words).toBe('old');
    house.upstream.always(() => ({ ...FRESH, body: 'new' }));
    expect(await see(house, '/r')).toMatchObject({ kind: 'miss', words: 'new' });
  });
});

describe('groups', () => {
  const grouped = (groups: string) => ({ headers: [...cc('max-age=60'), 'Cache-Groups', groups] });
  const afterGroup = async (said: string, method = 'POST', status = 200) => {
    const house = httpHouse();
    const headers = ['Cache-Group-Invalidation', said];
    inTurn(house, [grouped('"a", "b"'), grouped('"B"'), { status, headers }, grouped('"c"')]);
    await see(house, '/one');
    await see(house, '/two');
    await see(house, '/act', { method });
    return [(await see(house, '/one')).kind, (await see(house, '/two')).kind].join(' ');
  };

  it.each([
    ['"b"', 'miss hit'],
    ['"a", "B"', 'miss miss'],
    ['"c"', 'hit hit'],
    ['b', 'hit hit'],
    ['"b", 1', 'hit hit'],
  ])('that an answer to an unsafe request names (%s) are gone: %s', async (said, expected) => {
    expect(await afterGroup(said)).toBe(expected);
  });

  it('that an answer to a safe request names stay', async () => {
    expect(await afterGroup('"b"', 'GET')).toBe('hit hit');
  });

  it('are each host’s own', async () => {
    const house = httpHouse();
    const act = { headers: ['Cache-Group-Invalidation', '"a"'] };
    inTurn(house, [grouped('"a"'), grouped('"a"'), act, grouped('"a"')]);
    const [here, there] = [{ host: 'here' }, { host: 'there' }];
    await kinds(house, '/r', here, there);
    await see(house, '/act', { method: 'POST', ...here });
    expect(await kinds(house, '/r', there, here)).toBe('hit miss');
  });
});

describe('an answer to POST', () => {
  const said = (location: string, word = 'max-age=60') => ({
    headers: [...cc(word), 'Content-Location', location],
    body: 'posted',
  });
  const afterPost = async (answer: ReturnType<typeof said>, asked: Wanted = {}) => {
    const house = httpHouse();
    inTurn(house, [answer, { ...FRESH, body: 'got' }]);
    await see(house, '/r', { method: 'POST', content: 'x', ...asked });
    return (await see(house, '/r')).words;
  };

  it('is kept for GET when it says that it stands for it', async () => {
    expect(await afterPost(said('/r'))).toBe('posted');
    expect(await afterPost(said('http://here/r'))).toBe('posted');
  });

  it.each([
    ['another address', said('/other')],
    ['another host', said('http://elsewhere/r')],
    ['no lifetime', said('/r', 'public')],
    ['that it is private', said('/r', 'private, max-age=60')],
    ['that nobody may keep it', said('/r', 'no-store, max-age=60')],
  ])('is not when it names %s', async (_what, answer) => {
    expect(await afterPost(answer)).toBe('got');
  });

  it('is not when it was made for a credential, without a word that it is for all', async () => {
    expect(await afterPost(said('/r'), as('A'))).toBe('got');
    expect(await afterPost(said('/r', 'public, max-age=60'), as('A'))).toBe('posted');
  });

  it('replaces what was stored, and POST itself is always asked', async () => {
    const house = httpHouse();
    inTurn(house, [{ ...FRESH, body: 'got' }, said('/r'), said('/r')]);
    const post: Wanted = { method: 'POST', content: 'x' };
    expect(await kinds(house, '/r', {}, post, {}, post)).toBe('miss bypass hit bypass');
    expect((await see(house, '/r')).words).toBe('posted');
    expect(calls(house)).toBe(3);
  });
});
