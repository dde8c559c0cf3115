/** Refreshing: old at once, and computed again behind it for what is most asked. */
import { describe, expect, it } from '@jest/globals';
import { openInvalidations, type Order } from '../../src/cache/invalidate.js';
import { MOST_ASKED_MAX } from '../../src/cache/refresh.js';
import { cached, openHouse, routeOf, wordsOf, type Asked } from '../fakes/rooms.js';
import { settle } from '../fakes/waiting.js';

const ROUTES = [
  cached('/p/*', { tags: ['t'], staleWhileRevalidate: 60_000 }),
  cached('/keyed', { headers: ['accept-language', 'x-tenant'], cookies: ['session'] }),
  routeOf('/h', { cache: 'http' }),
];

function open() {
  const house = openHouse({ routes: ROUTES });
  const invalidations = openInvalidations(house.rooms);
  const http = ['Cache-Control', 'max-age=60', 'Vary', 'Accept-Language', 'ETag', '"e"'];
  house.upstream.always(({ target }, nth) => ({
    body: `answer ${nth}`,
    headers: target === '/h' ? http : [],
  }));
  return {
    ...house,
    refresh: async (type: Order['type'], ...selectors: string[]): Promise<void> => {
      invalidations.invalidate({ type, selectors, mode: 'refresh' });
      house.clock.turn(10_000);
      await settle(20);
    },
    asks: async (path: string, times: number, asked?: Asked): Promise<void> => {
      for (let time = 0; time < times; time += 1) await house.ask(path, asked);
    },
    targets: () => house.upstream.calls.map(({ request }) => request.target),
  };
}

describe('a refresh', () => {
  it.each<[Order['type'], string[]]>([
    ['path', ['/p/1']],
    ['tag', ['t']],
    ['route', ['/p/*']],
    ['pattern', ['/p/**']],
    ['all', []],
  ])('by %s %j computes at once what is asked for, and hits go on', async (type, selectors) => {
    const { asks, ask, refresh, targets } = open();
    await asks('/p/1', 3);
    await refresh(type, ...selectors);
    expect(targets()).toEqual(['/p/1', '/p/1']);
    const next = await ask('/p/1');
    expect([next.kind, wordsOf(next)]).toEqual(['hit', 'answer 1']);
  });

  it('leaves to its next caller what nobody asked for twice', async () => {
    const { asks, ask, refresh, targets } = open();
    await asks('/p/1', 1);
    await refresh('all');
    expect(targets()).toEqual(['/p/1']);
    expect((await ask('/p/1')).kind).toBe('stale');
  });

  it(`computes the ${MOST_ASKED_MAX} most asked and no more`, async () => {
    const { asks, refresh, targets } = open();
    for (let nth = 0; nth < MOST_ASKED_MAX + 20; nth += 1) await asks(`/p/${nth}`, 2 + (nth % 7));
    const before = targets().length;
    await refresh('tag', 't');
    const again = targets().slice(before);
    expect(again).toHaveLength(MOST_ASKED_MAX);
    const hits = again.map((target) => Number(target.slice(3)) % 7);
    expect(hits[0]).toBe(6);
    expect(Math.min(...hits)).toBe(1);
  });

  it('what is asked for often is remembered when its answer is replaced', async () => {
    const { asks, refresh, rooms, targets } = open();
    await asks('/p/1', 9);
    await refresh('tag', 't');
    const [key = ''] = rooms.store.keysAt('here/p/1');
    expect(rooms.store.peek(key)?.hits).toBe(4);
    await refresh('tag', 't');
    expect(targets()).toHaveLength(3);
  });

  it.each<[string, Asked]>([
    ['a credential', { headers: ['Authorization', 'Bearer one'] }],
    ['a keyed cookie', { headers: ['Cookie', 'session=1'] }],
    ['a keyed field of his own', { headers: ['X-Tenant', 'one'] }],
  ])('never asks in the name of a caller who showed %s', async (_what, asked) => {
    const { asks, ask, refresh, targets } = open();
    await asks('/keyed', 5, asked);
    expect(targets()).toHaveLength(1);
    await refresh('all');
    expect(targets()).toHaveLength(1);
    // It is old all the same.
    expect((await ask('/keyed', asked)).kind).toBe('miss');
  });

  it('asks with what was keyed, where that says nothing of the caller', async () => {
    const { asks, refresh, upstream, ask } = open();
    const asked = { headers: ['Accept-Language', 'de', 'User-Agent', 'mine'] };
    await asks('/keyed', 3, asked);
    await refresh('all');
    const { headers = [] } = upstream.calls[1]?.request ?? {};
    expect(headers.join(' ').toLowerCase()).toContain('accept-language de');
    expect(headers.join(' ')).not.toContain('mine');
    expect(wordsOf(await ask('/keyed', asked))).toBe('answer 1');
  });

  it('under `cache: http` asks whether the variant still holds', async () => {
    const { asks, refresh, upstream, ask } = open();
    const asked = { headers: ['Accept-Language', 'de'] };
    await asks('/h', 3, asked);
    await refresh('path', '/h');
    const { headers = [] } = upstream.calls[1]?.request ?? {};
    expect(headers).toContain('"e"');
    expect((await ask('/h', asked)).kind).toBe('hit');
  });

  it('that fails leaves the old answer where it is, and is logged', async () => {
    const { asks, refresh, upstream, ask, logged } = open();
    await asks('/p/1', 3);
    upstream.always(() => 'connect');
    await refresh('path', '/p/1');
    expect(logged.map(({ event }) => event)).toEqual(['refresh_failed']);
    expect(wordsOf(await ask('/p/1'))).toBe('answer 0');
  });
});
