/** Conditions both ways under `cache: http`: what clients ask of us, and what we ask upstream. */
import { describe, expect, it } from '@jest/globals';
import { firstValue } from '../../src/policy/headers.js';
import { at, calls, cc, httpHouse, inTurn, kinds, see, sent } from './http-kit.js';
import { saying, valueOf, valuesOf, type Wanted } from './http-kit.js';

const fields = (...headers: string[]): Wanted => ({ headers });
const FRESH = [...cc('max-age=60'), 'ETag', '"e"', 'Content-Type', 'text/plain'];

describe('a client’s condition', () => {
  it.each([
    [['If-None-Match', '"e"'], 304],
    [['If-None-Match', 'W/"e"'], 304],
    [['If-None-Match', '"x", "e"'], 304],
    [['If-None-Match', '*'], 304],
    [['If-None-Match', '"x"'], 200],
    [['If-None-Match', 'e'], 200],
    [['If-None-Match', '"x"', 'If-Modified-Since', 'Thu, 01 Jan 2099 00:00:00 GMT'], 200],
    [['If-Modified-Since', 'Thu, 01 Jan 2099 00:00:00 GMT'], 304],
    [['If-Modified-Since', 'Wed, 01 Jan 1969 00:00:00 GMT'], 200],
    [['If-Modified-Since', 'yesterday'], 200],
  ])('%j is answered from the store: %i', async (headers, status) => {
    const house = saying(FRESH);
    await see(house, '/r');
    for (const method of ['GET', 'HEAD']) {
      const seen = await see(house, '/r', { headers, method });
      expect([seen.kind, seen.status]).toEqual(['hit', status]);
      if (status === 304)
        expect([seen.words, valueOf(seen, 'content-type')]).toEqual(['', undefined]);
      expect(valueOf(seen, 'etag')).toBe('"e"');
    }
    expect(calls(house)).toBe(1);
  });

  it('case 24: is not sent on, so that what is stored is whole', async () => {
    const house = saying(FRESH);
    const first = await see(house, '/r', fields('If-None-Match', '"e"', 'If-Range', '"e"'));
    expect([first.kind, first.status]).toEqual(['miss', 304]);
    for (const name of ['if-none-match', 'if-range', 'if-modified-since']) {
      expect(firstValue(sent(house, 0), name)).toBeUndefined();
    }
    expect(await see(house, '/r')).toMatchObject({ kind: 'hit', status: 200, words: 'answer 0' });
  });

  it('case 24: an origin’s 304 to a plain question is not stored', async () => {
    const house = httpHouse();
    inTurn(house, [
      { status: 304, headers: FRESH },
      { headers: FRESH, body: 'whole' },
    ]);
    await see(house, '/r');
    expect(await see(house, '/r')).toMatchObject({ kind: 'miss', status: 200, words: 'whole' });
  });

  it('case 48: If-Match is for the origin to judge, and its 412 is not stored', async () => {
    const house = httpHouse();
    inTurn(house, [
      { headers: FRESH, body: 'kept' },
      { status: 412, headers: cc('max-age=60') },
    ]);
    await see(house, '/r');
    const failed = await see(house, '/r', fields('If-Match', '"x"'));
    expect([failed.kind, failed.status]).toEqual(['bypass', 412]);
    expect(firstValue(sent(house, 1), 'if-match')).toBe('"x"');
    expect(await see(house, '/r')).toMatchObject({ kind: 'hit', words: 'kept' });
  });
});

describe('a range', () => {
  const body = '0123456789';
  const stored = async (more: readonly string[] = []) => {
    const house = httpHouse();
    house.upstream.always(() => ({ headers: [...FRESH, ...more], body }));
    await see(house, '/r');
    return house;
  };

  it.each([
    ['bytes=0-0', 206, '0', 'bytes 0-0/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=5-99', 206, '56789', 'bytes 5-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=cow', 200, body, undefined],
    ['cows=0-1', 200, body, undefined],
    ['bytes=5-4', 200, body, undefined],
  ])('case 48: %s of a stored answer is %i', async (range, status, words, said) => {
    const seen = await see(await stored(), '/r', fields('Range', range));
    expect([seen.kind, seen.status, seen.words]).toEqual(['hit', status, words]);
    expect(valueOf(seen, 'content-range')).toBe(said);
    expect(valuesOf(seen, 'content-length')).toEqual([String(words.length)]);
  });

  it('of several parts comes as one multipart answer', async () => {
    const seen = await see(await stored(), '/r', fields('Range', 'bytes=0-1, -2'));
    const [, boundary = ''] = /boundary=(.+)$/.exec(valueOf(seen, 'content-type') ?? '') ?? [];
    const type = 'Content-Type: text/plain\r\n';
    const part = (range: string, text: string) =>
      `\r\n--${boundary}\r\n${type}Content-Range: bytes ${range}/10\r\n\r\n${text}`;
    expect(seen.status).toBe(206);
    expect(seen.words).toBe(`${part('0-1', '01')}${part('8-9', '89')}\r\n--${boundary}--\r\n`);
    expect(valueOf(seen, 'content-length')).toBe(String(seen.words.length));
  });

  it('case 48: of a thousand parts is the whole answer', async () => {
    const many = Array.from({ length: 1_000 }, (_, nth) => `${nth}-${nth}`).join();
    const seen = await see(await stored(), '/r', fields('Range', `bytes=${many}`));
    expect([seen.status, seen.words]).toEqual([200, body]);
  });

  it.each([
    ['"e"', 206],
    ['W/"e"', 200],
    ['"x"', 200],
    ['Thu, 01 Jan 2099 00:00:00 GMT', 200],
  ])('counts with If-Range %s: %i', async (ifRange, status) => {
    const asked = fields('Range', 'bytes=0-0', 'If-Range', ifRange);
    expect((await see(await stored(), '/r', asked)).status).toBe(status);
  });

  it('case 25: of what is not stored is asked as it is, and its part is not stored', async () => {
    const house = httpHouse();
    const part = { status: 206, headers: [...FRESH, 'Content-Range', 'bytes 0-0/10'], body: '0' };
    inTurn(house, [part, { headers: FRESH, body }]);
    const seen = await see(house, '/r', fields('Range', 'bytes=0-0'));
    expect([seen.kind, seen.status, seen.words]).toEqual(['bypass', 206, '0']);
    expect(firstValue(sent(house, 0), 'range')).toBe('bytes=0-0');
    expect(await see(house, '/r')).toMatchObject({ kind: 'miss', status: 200, words: body });
    expect((await see(house, '/r', fields('Range', 'bytes=0-0'))).kind).toBe('hit');
  });

  it('case 48: that the origin finds unsatisfiable is 416, and not stored', async () => {
    const house = httpHouse();
    inTurn(house, [
      { status: 416, headers: cc('max-age=60') },
      { headers: FRESH, body },
    ]);
    expect((await see(house, '/r', fields('Range', 'bytes=99-'))).status).toBe(416);
    expect(await see(house, '/r')).toMatchObject({ status: 200, words: body });
  });

  it('means nothing to HEAD', async () => {
    const seen = await see(await stored(), '/r', {
      ...fields('Range', 'bytes=0-0'),
      method: 'HEAD',
    });
    expect([seen.kind, seen.status, valueOf(seen, 'content-length')]).toEqual(['hit', 200, '10']);
  });
});

describe('an old answer is asked about', () => {
  it('with its validators and none of the client’s', async () => {
    const house = httpHouse();
    const changed = at(house, -100);
    const headers = [...cc('max-age=10'), 'ETag', 'W/"e"', 'Last-Modified', changed];
    inTurn(house, [
      { headers, body: 'kept' },
      { status: 304, headers },
    ]);
    await see(house, '/r');
    house.clock.turn(11_000);
    const asked = fields('If-None-Match', '"mine"', 'If-Modified-Since', at(house, 0));
    expect(await see(house, '/r', asked)).toMatchObject({ status: 200, words: 'kept' });
    expect(firstValue(sent(house, 1), 'if-none-match')).toBe('W/"e"');
    expect(firstValue(sent(house, 1), 'if-modified-since')).toBe(changed);
    expect((await see(house, '/r')).kind).toBe('hit');
  });

  it('and takes the newer fields of a 304, but none that describe other bytes', async () => {
    const house = httpHouse();
    const old = ['X-A', 'old', 'X-A', 'older', 'X-B', 'stays', 'Content-Type', 'text/plain'];
    const more = ['X-A', 'new', 'Content-Length', '99', 'Content-Encoding', 'br', 'X-C', 'new'];
    const life = [...cc('max-age=10'), 'ETag', '"e"'];
    inTurn(house, [
      { headers: [...life, ...old], body: 'kept' },
      { status: 304, headers: [...life, ...more, 'X-Request-Id', 'theirs'] },
    ]);
    await see(house, '/r');
    house.clock.turn(11_000);
    for (const kind of ['miss', 'hit']) {
      const seen = await see(house, '/r');
      expect([seen.kind, seen.words]).toEqual([kind, 'kept']);
      expect(valuesOf(seen, 'x-a')).toEqual(['new']);
      expect([valueOf(seen, 'x-b'), valueOf(seen, 'x-c')]).toEqual(['stays', 'new']);
      expect(valuesOf(seen, 'content-length')).toEqual(['4']);
      expect(valueOf(seen, 'content-encoding')).toBeUndefined();
      expect(valuesOf(seen, 'x-request-id')).toHaveLength(1);
    }
  });

  it('and asked for plainly, when the 304 speaks of another one', async () => {
    const house = httpHouse();
    inTurn(house, [
      { headers: [...cc('max-age=10'), 'ETag', '"one"'], body: 'one' },
      { status: 304, headers: ['ETag', '"two"'] },
      { headers: [...cc('max-age=10'), 'ETag', '"two"'], body: 'two' },
    ]);
    await see(house, '/r');
    house.clock.turn(11_000);
    expect(await see(house, '/r')).toMatchObject({ status: 200, words: 'two' });
    expect(firstValue(sent(house, 2), 'if-none-match')).toBeUndefined();
    expect(await see(house, '/r')).toMatchObject({ kind: 'hit', words: 'two' });
  });

  it.each(['private, max-age=10', 'no-store', 'max-age=10, private="'])(
    'and is nobody else’s any more, when the 304 says %s',
    async (word) => {
      const house = httpHouse();
      inTurn(house, [
        { headers: [...cc('max-age=10'), 'ETag', '"e"'], body: 'for all' },
        { status: 304, headers: [...cc(word), 'ETag', '"e"'] },
        { headers: [...cc(word), 'ETag', '"e"'], body: 'for one' },
        { headers: [...cc(word), 'ETag', '"e"'], body: 'for another' },
      ]);
      await see(house, '/r');
      house.clock.turn(11_000);
      expect((await see(house, '/r')).words).toBe('for one');
      expect(await see(house, '/r')).toMatchObject({ kind: 'miss', words: 'for another' });
      expect(house.rooms.store.stats().entries).toBe(0);
    },
  );

  it('each time, where it says no-cache', async () => {
    const house = httpHouse();
    const headers = [...cc('no-cache, max-age=60'), 'ETag', '"e"'];
    inTurn(house, [
      { headers, body: 'kept' },
      { status: 304, headers },
    ]);
    expect(await kinds(house, '/r', {}, {}, {})).toBe('miss miss miss');
    expect((await see(house, '/r')).words).toBe('kept');
    expect(firstValue(sent(house, 3), 'if-none-match')).toBe('"e"');
  });
});
