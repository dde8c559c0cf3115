/** What `cache: http` stores of an answer, and what it never does. */
import { describe, expect, it } from '@jest/globals';
import { as, asking, calls, cc, httpHouse, inTurn, kinds, saying } from './http-kit.js';
import { see, sent, valueOf, valuesOf } from './http-kit.js';

const names = (headers: readonly string[]) => headers.filter((_, at) => at % 2 === 0);

describe('an answer is stored', () => {
  it.each([
    ['public, max-age=60', true],
    ['max-age=60, unknown, x="y, no-store"', true],
    ['must-understand, no-store, max-age=60', true],
    ['no-store, max-age=60', false],
    ['case 29: private, max-age=60', false],
    ['case 29: PRIVATE, max-age=60', false],
    ['case 29: private="", max-age=60', false],
    ['case 29: private="x", private, max-age=60', false],
    ['case 29: private=x y, max-age=60', false],
    ['case 29: no-store;max-age=60', false],
    ['case 29: max-age=60, "', false],
  ])('with Cache-Control %s: %s', async (word, stored) => {
    const house = saying(cc(word.replace('case 29: ', '')));
    expect(await kinds(house, '/r', {}, {})).toBe(stored ? 'miss hit' : 'miss miss');
  });

  it('case 29: never by one of two lines where the other is private', async () => {
    const house = saying([...cc('max-age=60'), ...cc('private')]);
    expect(await kinds(house, '/r', {}, {})).toBe('miss miss');
  });

  it.each([
    [299, 'miss miss'],
    [418, 'miss miss'],
    [200, 'miss hit'],
    [404, 'miss hit'],
  ])('with must-understand only where the status is known: %i, %s', async (status, expected) => {
    const house = httpHouse();
    const headers = cc('must-understand, no-store, max-age=60');
    house.upstream.always(() => ({ status, headers }));
    expect(await kinds(house, '/r', {}, {})).toBe(expected);
  });

  it('case 29: private is obeyed for a credential too, whatever else makes it shared', async () => {
    const house = saying(cc('private, s-maxage=60, must-revalidate'));
    expect(await kinds(house, '/r', as('A'), as('A'))).toBe('miss miss');
    expect(house.rooms.store.stats().entries).toBe(0);
  });

  it('never when its end is only that of the connection', async () => {
    const house = httpHouse();
    house.upstream.always(() => ({ headers: cc('max-age=60'), framed: false }));
    expect(await kinds(house, '/r', {}, {})).toBe('miss miss');
  });

  it('never when it breaks off', async () => {
    const { Readable } = await import('node:stream');
    const house = httpHouse();
    const cut = () =>
      Readable.from(
        (function* () {
          yield Buffer.from('half');
          throw new Error('cut');
        })(),
      );
    house.upstream.always(() => ({
      headers: [...cc('max-age=60'), 'Content-Length', '9'],
      body: cut(),
    }));
    expect(await kinds(house, '/r', {}, {})).toBe('failed failed');
    expect(house.rooms.store.stats().entries).toBe(0);
  });

  it('case 49: as the origin says under `cache: http`, and as it says nothing, not', async () => {
    for (const status of [204, 206, 303, 400, 403, 404, 416, 412, 500, 503]) {
      const silent = httpHouse();
      silent.upstream.always(() => ({ status }));
      expect([status, await kinds(silent, '/r', {}, {})]).toEqual([status, 'miss miss']);
      const never = [206, 412, 416].includes(status);
      const told = httpHouse();
      told.upstream.always(() => ({ status, headers: cc('public, max-age=60') }));
      const expected = never ? 'miss miss' : 'miss hit';
      expect([status, await kinds(told, '/r', {}, {})]).toEqual([status, expected]);
    }
  });

  it('case 28: with its Set-Cookie, as RFC 9111 says, unless the route refuses that', async () => {
    const headers = [...cc('max-age=60'), 'Set-Cookie', 'a=1'];
    const allowing = saying(headers);
    await see(allowing, '/r');
    expect(valuesOf(await see(allowing, '/r'), 'set-cookie')).toEqual(['a=1']);
    const refusing = saying(headers, { setCookie: 'refuse' });
    expect(await kinds(refusing, '/r', {}, {})).toBe('miss miss');
    expect(valuesOf(await see(refusing, '/r'), 'set-cookie')).toEqual(['a=1']);
  });

  it('case 28: without the Set-Cookie that a 304 brings to a route that refuses it', async () => {
    const house = httpHouse({ setCookie: 'refuse' });
    const fresh = [...cc('max-age=10'), 'ETag', '"e"'];
    inTurn(house, [
      { headers: fresh, body: 'first' },
      { status: 304, headers: [...fresh, 'Set-Cookie', 'a=1'] },
      { headers: [...fresh, 'Set-Cookie', 'a=2'], body: 'second' },
      { headers: fresh, body: 'third' },
    ]);
    await see(house, '/r');
    house.clock.turn(11_000);
    expect(valuesOf(await see(house, '/r'), 'set-cookie')).toEqual(['a=2']);
    expect(valuesOf(await see(house, '/r'), 'set-cookie')).toEqual([]);
  });

  it('case 27: for a Cookie as for none, unless the route says that cookies bypass', async () => {
    const cookie = { headers: ['Cookie', 'sid=1'] };
    expect(await kinds(saying(cc('max-age=60')), '/r', cookie, {})).toBe('miss hit');
    const house = saying(cc('max-age=60'), { cookies: 'bypass' });
    expect(await kinds(house, '/r', cookie, cookie, {}, cookie)).toBe('bypass bypass miss bypass');
    expect(sent(house, 0)).toContain('sid=1');
  });
});

describe('a field named by a directive', () => {
  const headers = [
    ...cc('max-age=60, private="X-User, X-Cart", no-cache="Set-Cookie"'),
    ...['X-User', 'me', 'X-Cart', 'full', 'Set-Cookie', 'a=1', 'X-Request-Id', 'theirs'],
    ...['X-Other', 'o'],
  ];

  it('goes to the one who asked and to nobody after him', async () => {
    const house = saying(headers);
    const first = await see(house, '/r');
    const second = await see(house, '/r');
    const values = (seen: typeof first) =>
      ['x-user', 'x-cart', 'set-cookie', 'x-other'].map((name) => valueOf(seen, name));
    expect(values(first)).toEqual(['me', 'full', 'a=1', 'o']);
    expect(values(second)).toEqual([undefined, undefined, undefined, 'o']);
    expect([first.kind, second.kind]).toEqual(['miss', 'hit']);
    for (const seen of [first, second]) expect(valuesOf(seen, 'x-request-id')).toHaveLength(1);
  });

  it('goes to nobody who waited beside him', async () => {
    const house = httpHouse();
    const all = [see(house, '/r'), see(house, '/r'), see(house, '/r')];
    (await house.upstream.call(0)).answer({ headers });
    const users = (await Promise.all(all)).map((seen) => valueOf(seen, 'x-user'));
    expect(users).toEqual(['me', undefined, undefined]);
  });

  it('is not kept of a 304 either, and one that was kept before it was named goes', async () => {
    const house = httpHouse();
    inTurn(house, [
      { headers: [...cc('max-age=10'), 'ETag', '"e"', 'X-User', 'nobody'] },
      {
        status: 304,
        headers: [...cc('max-age=10, private="X-User"'), 'ETag', '"e"', 'X-User', 'me'],
      },
    ]);
    await see(house, '/r');
    house.clock.turn(11_000);
    await see(house, '/r');
    const hit = await see(house, '/r');
    expect([hit.kind, valueOf(hit, 'x-user')]).toEqual(['hit', undefined]);
  });

  it('leaves a 204 without a length', async () => {
    const house = httpHouse();
    house.upstream.always(() => ({ status: 204, headers }));
    expect(valuesOf(await see(house, '/r'), 'content-length')).toEqual([]);
    expect(valuesOf(await see(house, '/r'), 'content-length')).toEqual([]);
  });
});

describe('the fields of a stored answer', () => {
  it('come back in their order, case and number', async () => {
    const headers = [
      ...['X-One', '1', 'x-TWO', 'a', 'Link', '<a>', 'X-two', 'b', 'LINK', '<b>'],
      ...['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', ...cc('max-age=60'), 'date', 'x', 'x-one', '2'],
    ];
    const house = saying(headers);
    const [first, second] = [await see(house, '/r'), await see(house, '/r')];
    for (const seen of [first, second]) {
      expect(seen.headers.slice(0, headers.length)).toEqual(headers);
    }
  });

  it('leave out what belongs to one hop', async () => {
    const house = saying([
      ...cc('max-age=60'),
      ...['Connection', 'X-Hop, close', 'X-Hop', '1', 'Keep-Alive', '1', 'Trailer', 'X'],
      ...['Proxy-Authenticate', 'Basic', 'Transfer-Encoding', 'chunked', 'X-End', '1'],
    ]);
    await see(house, '/r');
    const hit = await see(house, '/r');
    expect(names(hit.headers)).toEqual([
      ...['Cache-Control', 'X-End', 'Date', 'Content-Length', 'Age'],
      ...['Cache-Status', 'X-Cache', 'Server-Timing', 'X-Request-Id'],
    ]);
  });

  it('are edited as the route says, after a 304 as before', async () => {
    const response = { set: { 'Cache-Control': 'max-age=5' }, remove: ['Surrogate-Key', 'Server'] };
    const house = httpHouse({ response });
    const headers = [...cc('max-age=10'), 'ETag', '"e"', 'Surrogate-Key', 'k', 'Server', 's'];
    inTurn(house, [{ headers }, { status: 304, headers: ['ETag', '"e"', 'Server', 't'] }]);
    const edited = async () => {
      const seen = await see(house, '/r');
      const shown = ['cache-control', 'surrogate-key', 'server'].map((name) => valueOf(seen, name));
      return [seen.kind, ...shown];
    };
    expect(await edited()).toEqual(['miss', 'max-age=5', undefined, undefined]);
    house.clock.turn(9_000);
    expect(await edited()).toEqual(['hit', 'max-age=5', undefined, undefined]);
    house.clock.turn(2_000);
    expect(await edited()).toEqual(['miss', 'max-age=5', undefined, undefined]);
    house.clock.turn(9_000);
    expect(await edited()).toEqual(['hit', 'max-age=5', undefined, undefined]);
    house.rooms.purges.purge(['k'], 'delete');
    expect((await edited())[0]).toBe('miss');
  });

  it('case 32: a reader who changes what he was given changes nothing for the next', async () => {
    const house = saying(cc('max-age=60'));
    await see(house, '/r');
    const hit = await see(house, '/r');
    const given = hit.headers as string[];
    given.fill('stolen');
    expect(valueOf(await see(house, '/r'), 'cache-control')).toBe('max-age=60');
  });
});

describe('case 51: nobody learns of keys', () => {
  it('by asking for them: the words of Cache-Status are a closed list', async () => {
    const house = saying(cc('max-age=60'));
    const curious = { headers: ['Pragma', 'x-get-cache-key', 'X-Cache-Debug', '1'] };
    await see(house, '/r', curious);
    const hit = await see(house, '/r', curious);
    expect(valueOf(hit, 'cache-status')).toBe('leyden; hit; ttl=60; detail=l1');
    const [entry] = house.rooms.store.keysAt('here/r');
    expect(hit.headers.join(' ')).not.toContain(entry);
  });
});

describe('a credential', () => {
  it('case 37: other than Authorization goes past the cache, and hears nothing of it', async () => {
    const house = saying(cc('public, max-age=60'));
    const key = { headers: ['X-Api-Key', 'k'] };
    expect(await kinds(house, '/r', {}, key, key, {})).toBe('miss bypass bypass hit');
    expect(calls(house)).toBe(3);
    expect(sent(house, 1)).toContain('k');
    expect(await kinds(house, '/r', asking('max-age=60'))).toBe('hit');
  });
});
