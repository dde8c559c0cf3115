/** Credentials under `cache: http`: one shared slot, and RFC 9111 section 3.5 at its door. */
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { firstValue } from '../../src/policy/headers.js';
import { cached, openHouse } from '../fakes/rooms.js';
import { settle } from '../fakes/waiting.js';
import { as, calls, cc, httpHouse, inTurn, kinds, saying, see, valueOf } from './http-kit.js';

/** The origin says in each answer whose it is. */
function signing(word: string) {
  const house = httpHouse();
  house.upstream.always(({ headers }) => ({
    headers: [...cc(word), 'ETag', '"e"'],
    body: firstValue(headers, 'authorization') ?? 'nobody',
  }));
  return house;
}

async function owners(house: ReturnType<typeof signing>, ...tokens: readonly string[]) {
  const told = [];
  for (const token of tokens) {
    told.push((await see(house, '/me', token === '' ? {} : as(token))).words);
  }
  return told;
}

describe('an answer to a credential', () => {
  it('case 1: is not another’s, nor the same one’s later, where nothing shares it', async () => {
    const house = signing('max-age=60');
    expect(await owners(house, 'A', 'B', 'A')).toEqual(['A', 'B', 'A']);
    expect(calls(house)).toBe(3);
    const seen = await see(house, '/me', as('B'));
    expect(valueOf(seen, 'cache-status')).toBe('leyden; fwd=uri-miss; detail=authorization');
  });

  it('case 2: is not nobody’s', async () => {
    const house = signing('max-age=60');
    expect(await owners(house, 'A', '')).toEqual(['A', 'nobody']);
  });

  it('case 3: is not what was stored for nobody, unless that is shared by word', async () => {
    expect(await owners(signing('max-age=60'), '', 'A', '')).toEqual(['nobody', 'A', 'nobody']);
    expect(await owners(signing('public, max-age=60'), '', 'A')).toEqual(['nobody', 'nobody']);
  });

  it.each([
    ['public, max-age=60', true],
    ['s-maxage=60', true],
    ['must-revalidate, max-age=60', true],
    ['proxy-revalidate, max-age=60', false],
    ['immutable, max-age=60', false],
    ['public, private, max-age=60', false],
    ['s-maxage=60, no-store', false],
  ])('is for all who come when it says %s: %s', async (word, shared) => {
    const expected = shared ? ['A', 'A', 'A'] : ['A', 'B', 'nobody'];
    expect(await owners(signing(word), 'A', 'B', '')).toEqual(expected);
  });

  it('is for all where a targeted field says so', async () => {
    const house = httpHouse();
    const headers = [...cc('private'), 'CDN-Cache-Control', 'public, max-age=60'];
    house.upstream.always(() => ({ headers }));
    expect(await kinds(house, '/r', as('A'), as('B'))).toBe('miss hit');
  });

  it('case 7: a refusal of one is not an error of the other, and is asked again', async () => {
    const house = httpHouse();
    const status = { A: 401, B: 403, D: 200 } as Readonly<Record<string, number>>;
    house.upstream.always(({ headers }) => {
      const token = firstValue(headers, 'authorization') ?? '';
      return token === 'C' ? 'reset' : { status: status[token] ?? 500 };
    });
    for (let round = 1; round <= 2; round += 1) {
      const all = ['A', 'B', 'C', 'D'].map((token) => see(house, '/r', as(token)));
      expect((await Promise.all(all)).map((seen) => seen.status)).toEqual([401, 403, 502, 200]);
      expect(calls(house)).toBe(4 * round);
    }
  });

  it('is no longer for others when a 304 takes back the word that shared it', async () => {
    const house = httpHouse();
    const tag = ['ETag', '"e"'];
    inTurn(house, [
      { headers: [...cc('public, max-age=10'), ...tag], body: 'of A' },
      { status: 304, headers: [...cc('max-age=10'), ...tag] },
      { headers: [...cc('max-age=10'), ...tag], body: 'of B' },
      { headers: [...cc('max-age=10'), ...tag], body: 'of C' },
    ]);
    expect((await see(house, '/r', as('A'))).words).toBe('of A');
    house.clock.turn(11_000);
    expect((await see(house, '/r', as('B'))).words).toBe('of B');
    expect((await see(house, '/r', as('C'))).words).toBe('of C');
  });

  it('case 38: a purge reaches the shared slot whoever filled it', async () => {
    const house = signing('public, max-age=60');
    await owners(house, 'A');
    house.rooms.purges.purge(['route:/**'], 'delete');
    expect(await owners(house, 'B', 'A')).toEqual(['B', 'B']);
  });
});

describe('case 31: the host', () => {
  it('tells answers apart', async () => {
    const house = saying(cc('max-age=60'));
    const hosts = ['a', 'b', 'a:81', 'a.', 'a', 'b'].map((host) => ({ host }));
    expect(await kinds(house, '/r', ...hosts)).toBe('miss miss miss miss hit hit');
  });
});

describe('case 8: a query that spells a credential', () => {
  it('is a query', async () => {
    const house = signing('public, max-age=60');
    await see(house, '/me', as('V'));
    const forged = await see(house, '/me', { query: 'Authorization:V' });
    expect([forged.kind, forged.words]).toEqual(['miss', 'nobody']);
  });
});

describe('case 41: queries', () => {
  it('are keyed and sent exactly as they came', async () => {
    const house = saying(cc('max-age=60'));
    const queries = ['a=1;b=2', 'a=1&a=2', 'a=1%26b=2', 'b=2&a=1', 'a=1&b=2', '', undefined];
    for (const query of queries) {
      const wanted = query === undefined ? {} : { query };
      expect(await kinds(house, '/r', wanted, wanted)).toBe('miss hit');
      const target = query === undefined ? '/r' : `/r?${query}`;
      expect(house.upstream.calls.at(-1)?.request.target).toBe(target);
    }
    expect(calls(house)).toBe(queries.length);
  });
});

describe('case 29: under a lifetime rule, a credential in the key', () => {
  it.each(['private', 'no-store', 'no-cache', 'private, max-age=60', 'private="x"'])(
    'does not switch %s off',
    async (word) => {
      const house = openHouse({ routes: [cached('/r')] });
      house.upstream.always((_request, nth) => ({ headers: cc(word), body: `answer ${nth}` }));
      expect(await kinds(house, '/r', as('A'), as('A'))).toBe('miss miss');
      expect(house.rooms.store.stats().entries).toBe(0);
    },
  );

  it('does not let a Set-Cookie be kept', async () => {
    const house = openHouse({ routes: [cached('/r')] });
    house.upstream.always(() => ({ headers: ['Set-Cookie', 'a=1'] }));
    expect(await kinds(house, '/r', as('A'), as('A'))).toBe('miss miss');
  });
});

describe('what is told of requests', () => {
  it('names routes by their patterns, never a path that somebody asked for', async () => {
    const house = saying(cc('max-age=60'));
    for (let nth = 0; nth < 20; nth += 1) await see(house, `/secret/${nth}`);
    expect(house.rooms.tallies.all().map(({ route }) => route)).toEqual(['/**']);
    expect(house.rooms.store.stats().entries).toBe(20);
  });

  it('holds nothing of what an error says: its message may be a secret', async () => {
    const house = saying(cc('max-age=10, stale-while-revalidate=60'));
    await see(house, '/r');
    house.clock.turn(11_000);
    house.upstream.always(() => {
      throw Object.assign(new Error('password=hunter2'), { command: { args: ['hunter2'] } });
    });
    expect((await see(house, '/r')).kind).toBe('stale');
    await settle();
    expect(house.logged.map(({ event }) => event)).toEqual(['refresh_failed']);
    expect(inspect(house.logged, { depth: 9 })).not.toContain('hunter2');
  });
});
