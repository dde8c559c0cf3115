/** Invalidation by hand and by fence: what goes, what stays, and what still goes out as old. */
import { describe, expect, it } from '@jest/globals';
import { openInvalidations, type Mode, type Order } from '../../src/cache/invalidate.js';
import type { SelectorType } from '../../src/cache/selectors.js';
import { cached, openHouse, routeOf, wordsOf, type Asked, type House } from '../fakes/rooms.js';
import { settle } from '../fakes/waiting.js';

const ROUTES = [
  cached('/r', { tags: ['t'], staleWhileRevalidate: 60_000, staleIfError: 60_000 }),
  cached('/s/*', { tags: ['t'] }),
  cached('/sorted', { query: 'sorted' }),
  routeOf('/h', { cache: 'http' }),
];

interface Opened extends House {
  readonly purge: (type: SelectorType, selectors: readonly string[], mode?: Mode) => number | null;
  /** What is answered, and from where. */
  readonly get: (path: string, asked?: Asked) => Promise<string>;
  readonly order: (order: Order) => ReturnType<ReturnType<typeof openInvalidations>['invalidate']>;
}

function open(): Opened {
  const house = openHouse({ routes: ROUTES });
  const invalidations = openInvalidations(house.rooms);
  const headers = ['Cache-Tag', 'named', 'Cache-Control', 'max-age=60, stale-while-revalidate=60'];
  house.upstream.always((_request, nth) => ({ headers, body: `answer ${nth}` }));
  return {
    ...house,
    order: (order) => invalidations.invalidate(order),
    purge: (type, selectors, mode = 'delete') =>
      invalidations.invalidate({ type, selectors, mode }).matched,
    async get(path, asked) {
      const outcome = await house.ask(path, asked);
      return `${outcome.kind}: ${wordsOf(outcome)}`;
    },
  };
}

const query = (text: string): Asked => ({ query: text });
const bearer = (token: string): Asked => ({ headers: ['Authorization', `Bearer ${token}`] });

describe('by path', () => {
  it('a delete takes every query, variant and slot of it, and counts them', async () => {
    const { get, purge } = open();
    const all = [{}, query('a=1'), bearer('one'), { host: 'there' }];
    for (const asked of all) await get('/r', asked);
    await get('/s/1');
    expect(purge('path', ['/r'])).toBe(4);
    expect(await get('/s/1')).toMatch(/^hit/);
    for (const asked of all) {
      expect(await get('/r', asked)).toMatch(/^miss/);
    }
  });

  it('with a query it takes that query alone, and with a host that host alone', async () => {
    const { get, purge } = open();
    const all = [{}, query('a=1'), { host: 'there' }];
    for (const asked of all) await get('/r', asked);
    expect(purge('path', ['/r?a=1'])).toBe(1);
    expect(await get('/r', query('a=1'))).toMatch(/^miss/);
    expect(purge('path', ['http://THERE:80/r'])).toBe(1);
    expect(await get('/r', { host: 'there' })).toMatch(/^miss/);
    expect(await get('/r')).toMatch(/^hit/);
    expect(purge('path', ['https://here/r', '/r?', '/r?a=2', '/R', '/r/'])).toBe(2);
  });

  it('a query is named as callers send it, and meant as the rule keys it', async () => {
    const { get, purge } = open();
    await get('/sorted', query('b=2&a=1'));
    expect(purge('path', ['/sorted?a=1&b=2'])).toBe(1);
    expect(await get('/sorted', query('a=1&b=2'))).toMatch(/^miss/);
  });

  it('under `cache: http` all variants go at once', async () => {
    const { get, purge, upstream } = open();
    upstream.always(({ headers }) => ({
      headers: ['Cache-Control', 'max-age=60', 'Vary', 'Accept-Language'],
      body: headers[headers.indexOf('Accept-Language') + 1] ?? '',
    }));
    const inTongue = (tongue: string): Asked => ({ headers: ['Accept-Language', tongue] });
    for (const tongue of ['de', 'fr']) await get('/h', inTongue(tongue));
    expect(await get('/h', inTongue('de'))).toBe('hit: de');
    expect(purge('path', ['/h'])).toBe(2);
    expect(await get('/h', inTongue('de'))).toMatch(/^miss/);
    expect(await get('/h', inTongue('fr'))).toMatch(/^miss/);
  });

  it('what a fence took away before is not counted again', async () => {
    const { get, purge } = open();
    await get('/r');
    purge('all', []);
    expect(purge('path', ['/r'])).toBe(0);
  });
});

describe('by key', () => {
  it("case 38: one user's answer goes and the other's stays", async () => {
    const { get, purge, rooms } = open();
    for (const token of ['one', 'two']) await get('/r', bearer(token));
    const ofOne = rooms.store
      .keysAt('here/r')
      .filter((key) => rooms.store.peek(key)?.partition === 'mac(Bearer one)');
    expect(purge('key', ofOne)).toBe(1);
    expect(await get('/r', bearer('one'))).toMatch(/^miss/);
    expect(await get('/r', bearer('two'))).toMatch(/^hit/);
    expect(purge('key', ['no-such-key', ...ofOne, ...ofOne])).toBe(1);
  });

  it('case 52: a computation of this key under way is not given to who asks later', async () => {
    const { get, purge, rooms, upstream } = open();
    await get('/r');
    const [key = ''] = rooms.store.keysAt('here/r');
    rooms.store.delete(key);
    upstream.byHand();
    const before = get('/r');
    await upstream.call(1);
    expect(purge('key', [key])).toBe(0);
    const after = get('/r');
    (await upstream.call(2)).answer({ body: 'new' });
    expect(await after).toBe('miss: new');
    upstream.calls[1]?.answer({ body: 'old' });
    expect(await before).toBe('miss: old');
    expect(await get('/r')).toBe('hit: new');
  });
});

describe('to stale', () => {
  const ways: readonly [SelectorType, string[]][] = [
    ['path', ['/r']],
    ['pattern', ['/**']],
    ['tag', ['t']],
    ['tag', ['named']],
    ['route', ['/r']],
    ['all', []],
  ];
  it.each(ways)(
    'by %s %j an old answer goes out as old, with a new one behind it',
    async (...way) => {
      const { get, purge, clock, ask } = open();
      await get('/r');
      clock.turn(1_000);
      purge(...way, 'stale');
      clock.turn(1_000);
      const outcome = await ask('/r');
      expect(outcome).toMatchObject({
        kind: 'stale',
        reason: 'revalidating',
        life: { ttlMs: -1_000 },
      });
      await settle();
      expect(await get('/r')).toBe('hit: answer 1');
    },
  );

  it.each(ways)('by %s %j its windows begin at the purge', async (...way) => {
    const { get, purge, clock } = open();
    await get('/r');
    purge(...way, 'stale');
    clock.turn(60_001);
    expect(await get('/r')).toBe('miss: answer 1');
  });

  it('without a window nothing old goes out, not even in place of a failure', async () => {
    const { get, purge, upstream } = open();
    await get('/s/1');
    purge('path', ['/s/1'], 'stale');
    upstream.always(() => 'connect');
    expect(await get('/s/1')).toBe('failed: failed');
  });

  it('an old answer still stands in for a failure', async () => {
    const { ask, purge, clock, upstream, get } = open();
    await get('/r');
    purge('path', ['/r'], 'stale');
    clock.turn(59_000);
    upstream.always(() => 'connect');
    expect(await ask('/r')).toMatchObject({ kind: 'stale' });
  });

  it('under `cache: http` the window is the origin’s own', async () => {
    const { ask, get, purge } = open();
    await get('/h');
    purge('path', ['/h'], 'stale');
    expect(await ask('/h')).toMatchObject({ kind: 'stale', reason: 'revalidating' });
    await settle();
    expect(await get('/h')).toBe('hit: answer 1');
  });

  it('who asks later does not get what was being computed as if it were new', async () => {
    const { get, purge, upstream } = open();
    upstream.byHand();
    const before = get('/s/1');
    await upstream.call(0);
    purge('path', ['/s/1'], 'stale');
    const after = get('/s/1');
    (await upstream.call(1)).answer({ body: 'new' });
    upstream.calls[0]?.answer({ body: 'old' });
    expect([await before, await after]).toEqual(['miss: old', 'miss: new']);
    expect(await get('/s/1')).toBe('hit: new');
  });
});

describe('by pattern, tag, route and all', () => {
  it.each<[SelectorType, string[], string[]]>([
    ['pattern', ['/s/*'], ['/s/1', '/s/2']],
    ['pattern', ['/s/**', '/r'], ['/r', '/s/1', '/s/2']],
    ['pattern', ['/*'], ['/r']],
    ['pattern', ['/s/1'], ['/s/1']],
    ['pattern', ['/s'], []],
    ['tag', ['t'], ['/r', '/s/1', '/s/2']],
    ['tag', ['status:200'], ['/r', '/s/1', '/s/2']],
    ['tag', ['upstream:some'], ['/r', '/s/1', '/s/2']],
    ['tag', ['T'], []],
    ['route', ['/s/*'], ['/s/1', '/s/2']],
    ['route', ['/s/**'], []],
    ['all', [], ['/r', '/s/1', '/s/2']],
  ])('%s %j deletes %j and nothing else', async (type, selectors, gone) => {
    const { get, purge } = open();
    const paths = ['/r', '/s/1', '/s/2'];
    for (const path of paths) await get(path);
    expect(purge(type, selectors)).toBeNull();
    const missed: string[] = [];
    for (const path of paths) if ((await get(path)).startsWith('miss')) missed.push(path);
    expect(missed).toEqual(gone);
  });

  it('an order has an id of its own, and the epoch grows with each', () => {
    const { order } = open();
    const one = order({ type: 'all', selectors: [], mode: 'stale' });
    const two = order({ type: 'path', selectors: ['/r'], mode: 'delete' });
    expect(one.id).not.toBe(two.id);
    expect(two.epoch).toBeGreaterThan(one.epoch);
  });
});
