/** Variants under `cache: http`: which fields tell answers apart, which spellings not. */
import { describe, expect, it } from '@jest/globals';
import { firstValue } from '../../src/policy/headers.js';
import {
  as,
  calls,
  cc,
  httpHouse,
  inTurn,
  kinds,
  saying,
  see,
  sent,
  type Wanted,
} from './http-kit.js';

const fields = (...headers: string[]): Wanted => ({ headers });
const varying = (vary: string) => saying([...cc('max-age=60'), 'Vary', vary]);

describe('two requests share a variant', () => {
  it.each([
    ['Accept-Encoding', 'gzip, br', 'br;q=0.2 , gzip;q=1', true],
    ['Accept-Encoding', 'gzip', 'x-gzip', true],
    ['Accept-Encoding', 'gzip', 'br', false],
    ['Accept-Encoding', 'gzip', 'gzip;q=0', false],
    ['Accept-Encoding', 'identity', 'deflate', true],
    ['Accept-Language', 'de, en;q=0.5', 'EN;q=0.5,  DE', true],
    ['Accept-Language', 'de, en;q=0.5', 'de;q=0.5, en', false],
    ['Accept', 'text/html, */*;q=0.1', '*/* ;q=0.1,text/HTML', true],
    ['Accept', 'text/html, */*;q=0.1', 'text/html, */*;q=0.2', false],
    ['X-Any', 'a, b', 'a,b', true],
    ['X-Any', 'a, b', 'b, a', false],
    ['X-Any', 'a', 'A', false],
    ['Cookie', 'a=1', 'a=1 ', false],
  ])('by %s: %j and %j: %s', async (name, one, other, same) => {
    const house = varying(name.toLowerCase());
    const found = await kinds(house, '/r', fields(name, one), fields(name.toUpperCase(), other));
    expect(found).toBe(same ? 'miss hit' : 'miss miss');
  });

  it('when several lines say what one line says', async () => {
    const house = varying('X-Any');
    const lines = fields('X-Any', 'a', 'X-Any', 'b');
    expect(await kinds(house, '/r', lines, fields('X-Any', 'a, b'))).toBe('miss hit');
  });

  it('never when only one of them has the field, though it is empty', async () => {
    const house = varying('X-Any');
    expect(await kinds(house, '/r', {}, fields('X-Any', ''), {})).toBe('miss miss hit');
  });

  it('when the stored one is in the language that the other likes best', async () => {
    const house = saying([
      ...cc('max-age=60'),
      'Vary',
      'Accept-Language',
      'Content-Language',
      'de',
    ]);
    const [de, more] = [fields('Accept-Language', 'de'), fields('Accept-Language', 'de, fr;q=0.3')];
    expect(await kinds(house, '/r', de, more, fields('Accept-Language', 'fr'))).toBe(
      'miss hit miss',
    );
  });
});

describe('case 30: Vary', () => {
  it.each(['*', ' * ', 'Accept, *', 'a b', '"x"', 'Accept, , *'])(
    'by %j matches no later request',
    async (vary) => {
      expect(await kinds(varying(vary), '/r', {}, {})).toBe('miss miss');
    },
  );

  it('in two lines counts as one, and by more than sixteen fields as by everything', async () => {
    const two = saying([...cc('max-age=60'), 'Vary', 'X-A', 'vary', 'x-b']);
    const [a, b] = [fields('X-A', '1', 'X-B', '1'), fields('X-A', '1', 'X-B', '2')];
    expect(await kinds(two, '/r', a, b, a, b)).toBe('miss miss hit hit');
    const many = varying(Array.from({ length: 17 }, (_, nth) => `X-${nth}`).join());
    expect(await kinds(many, '/r', {}, {})).toBe('miss miss');
  });

  it('by a credential keeps callers apart, where the answer is shared at all', async () => {
    const house = saying([...cc('public, max-age=60'), 'Vary', 'Authorization']);
    expect(await kinds(house, '/r', as('A'), as('B'), {}, as('A'))).toBe('miss miss miss hit');
  });

  it('by what we say ourselves means what the origin saw, not what a client claims', async () => {
    const house = varying('X-Forwarded-For');
    const from = (peer: string, claim?: string): Wanted => ({
      peer,
      headers: claim === undefined ? [] : ['X-Forwarded-For', claim],
    });
    const wanted = [from('10.0.0.1'), from('10.0.0.2'), from('10.0.0.1', '10.0.0.2')];
    expect(await kinds(house, '/r', ...wanted)).toBe('miss miss hit');
    const claimed = varying('X-Forwarded-Proto');
    const https = fields('X-Forwarded-Proto', 'https');
    expect(await kinds(claimed, '/r', https, {})).toBe('miss hit');
  });

  it('that changes keeps the variants from before', async () => {
    const house = httpHouse();
    const answer = (vary: string, body: string) => ({
      headers: [...cc('max-age=60'), 'Vary', vary],
      body,
    });
    inTurn(house, [answer('X-A', 'a1'), answer('X-B', 'b2'), answer('X-B', 'b3')]);
    await see(house, '/r', fields('X-A', '1'));
    await see(house, '/r', fields('X-A', '2', 'X-B', '2'));
    await see(house, '/r', fields('X-A', '3', 'X-B', '3'));
    expect((await see(house, '/r', fields('X-A', '1'))).words).toBe('a1');
    expect((await see(house, '/r', fields('X-A', '9', 'X-B', '2'))).words).toBe('b2');
    expect((await see(house, '/r', fields('X-A', '1', 'X-B', '3'))).words).toBe('b3');
    expect(calls(house)).toBe(3);
  });
});

describe('the variants of one resource', () => {
  it('are at most sixty-four: one more, and the oldest gives way', async () => {
    const house = varying('X-A');
    const nth = (n: number) => fields('X-A', String(n));
    for (let n = 0; n < 64; n += 1) await see(house, '/r', nth(n));
    expect(house.rooms.store.stats().entries).toBe(64);
    expect((await see(house, '/r', nth(0))).kind).toBe('hit');
    await see(house, '/r', nth(64));
    expect(house.rooms.store.stats().entries).toBe(64);
    expect(house.rooms.variants.stats().evicted).toBe(1);
    expect(await kinds(house, '/r', nth(1), nth(64))).toBe('hit hit');
    expect((await see(house, '/r', nth(0))).kind).toBe('miss');
  });

  it('all go when the resource changes', async () => {
    const house = varying('X-A');
    const [one, two] = [fields('X-A', '1'), fields('X-A', '2')];
    const put: Wanted = { method: 'PUT', headers: ['X-A', '1'] };
    expect(await kinds(house, '/r', one, two, put, one, two)).toBe('miss miss bypass miss miss');
  });
});

describe('case 55: codings', () => {
  /** What each of them takes, and what it is given of the three. */
  const clients: readonly (readonly [Wanted, string])[] = [
    [fields('Accept-Encoding', 'gzip'), 'gzip'],
    [fields('Accept-Encoding', 'gzip;q=0.1, br;q=1, zstd'), 'br'],
    [fields('Accept-Encoding', '*'), 'br'],
    [{}, 'identity'],
    [fields('Accept-Encoding', 'br'), 'identity'],
    [fields('Accept-Encoding', 'gzip;q=0'), 'identity'],
    [fields('Accept-Encoding', 'identity;q=0.5, *;q=0'), 'identity'],
  ];

  it.each([['Vary', 'Accept-Encoding'], []])(
    'are never what a client refused, whether or not the origin says Vary (%j)',
    async (...vary) => {
      const house = httpHouse();
      house.upstream.always(({ headers }) => {
        const [coding = ''] = (firstValue(headers, 'accept-encoding') ?? '').split(',');
        const said = coding === 'identity' ? [] : ['Content-Encoding', coding];
        return { headers: [...cc('max-age=60'), ...vary, ...said], body: coding };
      });
      for (const [client, coding] of clients) {
        expect((await see(house, '/r', client)).words).toBe(coding);
      }
      expect(calls(house)).toBe(3);
    },
  );

  it('are asked for in three classes, each in one spelling', async () => {
    const house = varying('Accept-Encoding');
    for (const [client] of clients) await see(house, '/r', client);
    const spellings = house.upstream.calls.map(({ request }) =>
      firstValue(request.headers, 'accept-encoding'),
    );
    expect([...spellings].sort()).toEqual(['br, gzip', 'gzip', 'identity']);
    expect(sent(house, 0)).toContain('gzip');
  });
});
