/** What a purge costs: nothing for what it spares, and a bounded list of patterns. */
import { describe, expect, it } from '@jest/globals';
import { openInvalidations, type Order } from '../../src/cache/invalidate.js';
import { openMemoryStore } from '../../src/cache/memory-store.js';
import type { Store } from '../../src/cache/store.js';
import type { HandClock } from '../fakes/hand-clock.js';
import { entryOf } from '../fakes/entries.js';
import { cached, openHouse } from '../fakes/rooms.js';

const ENTRIES = 100_000;

/** Counts each way of touching what is stored. */
function countingStore(inner: Store): { readonly store: Store; readonly touched: () => number } {
  let touched = 0;
  const counted = <A extends readonly unknown[], R>(work: (...given: A) => R) => {
    return (...given: A): R => {
      touched += 1;
      return work(...given);
    };
  };
  const store: Store = {
    get bodyBytesMax() {
      return inner.bodyBytesMax;
    },
    get: counted((key) => inner.get(key)),
    peek: counted((key) => inner.peek(key)),
    set: counted((entry) => inner.set(entry)),
    recode: counted((entry, recoded) => inner.recode(entry, recoded)),
    delete: counted((key) => inner.delete(key)),
    keysAt: counted((address) => inner.keysAt(address)),
    hosts: () => inner.hosts(),
    entries: () => {
      const all = inner.entries();
      return { next: counted(() => all.next()) };
    },
    clear: () => {
      inner.clear();
    },
    resize: (entries, bytes) => {
      inner.resize(entries, bytes);
    },
    stats: () => inner.stats(),
  };
  return { store, touched: () => touched };
}

function fullHouse() {
  const body = Buffer.from('x');
  const made: { touched: () => number } = { touched: () => 0 };
  const house = openHouse({
    routes: [cached('/**')],
    store(clock: HandClock) {
      const inner = openMemoryStore({ entriesMax: ENTRIES + 10, bytesMax: 2 ** 30 }, clock);
      for (let nth = 0; nth < ENTRIES; nth += 1) {
        const tags = ['all', `tag ${nth % 10}`, 'route:/**'];
        const lives = { freshUntilMs: 1e12, staleUntilMs: 1e12, errorUntilMs: 1e12 };
        inner.set(entryOf(`k${nth}`, { body, tags, address: `here/${nth}`, ...lives }));
      }
      const { store, touched } = countingStore(inner);
      made.touched = touched;
      return store;
    },
  });
  return { ...house, touched: () => made.touched(), invalidations: openInvalidations(house.rooms) };
}

describe('case 108: with 100,000 answers stored', () => {
  const full = fullHouse();

  it.each<[string, Order, number]>([
    // The index of its path, the answer, and taking it away.
    ['a path', { type: 'path', selectors: ['/123'], mode: 'delete' }, 3],
    ['a path that is not there', { type: 'path', selectors: ['/none'], mode: 'delete' }, 1],
    ['a key', { type: 'key', selectors: ['k5'], mode: 'stale' }, 1],
    ['a tag', { type: 'tag', selectors: ['tag 7'], mode: 'delete' }, 0],
    ['a route', { type: 'route', selectors: ['/**'], mode: 'stale' }, 0],
    ['everything', { type: 'all', selectors: [], mode: 'delete' }, 0],
    ['a pattern', { type: 'pattern', selectors: ['/*', '/7/**'], mode: 'delete' }, 0],
    ['a tag to refresh', { type: 'tag', selectors: ['all'], mode: 'refresh' }, 0],
  ])('purging %s touches no more than it means', (_what, order, wanted) => {
    const { invalidations, touched } = full;
    const before = touched();
    invalidations.invalidate(order);
    expect(touched() - before).toBe(wanted);
  });

  it('what was deleted is cleared out behind it, a small slice at a time', () => {
    const { rooms, invalidations, touched, clock } = full;
    const before = touched();
    clock.turn(0);
    expect(touched() - before).toBeLessThanOrEqual(2 * 250);
    clock.turn(60_000);
    expect(invalidations.stats().reclaimed).toBeGreaterThanOrEqual(ENTRIES - 2);
    expect(rooms.store.stats().entries).toBe(0);
    expect(clock.pending()).toBe(0);
  });
});

describe('case 108: after a purge', () => {
  it('a hit is compared with fences once, and with no pattern twice', async () => {
    const { rooms, ask, upstream } = openHouse({ routes: [cached('/*')] });
    const { invalidate } = openInvalidations(rooms);
    upstream.always(() => ({}));
    await ask('/spared');
    const patterns = Array.from({ length: 500 }, (_, nth) => `/none/${nth}`);
    invalidate({ type: 'pattern', selectors: patterns, mode: 'delete' });
    for (let hit = 0; hit < 100; hit += 1) expect((await ask('/spared')).kind).toBe('hit');
    expect(rooms.purges.stats()).toMatchObject({ judged: 1, patternsTried: 500 });
    invalidate({ type: 'pattern', selectors: ['/other'], mode: 'delete' });
    for (let hit = 0; hit < 100; hit += 1) expect((await ask('/spared')).kind).toBe('hit');
    expect(rooms.purges.stats()).toMatchObject({ judged: 2, patternsTried: 501 });
  });
});

describe('the list of patterns', () => {
  it('takes 1,000 and refuses one more with 429, and then none of that order', () => {
    const { rooms } = openHouse({ routes: [cached('/r')] });
    const { invalidate } = openInvalidations(rooms);
    const some = (from: number, count: number): Order => ({
      type: 'pattern',
      selectors: Array.from({ length: count }, (_, nth) => `/p/${from + nth}/**`),
      mode: 'delete',
    });
    invalidate(some(0, 999));
    expect(() => invalidate(some(999, 2))).toThrow(expect.objectContaining({ status: 429 }));
    expect(rooms.purges.stats().bans).toBe(999);
    invalidate(some(999, 1));
    // What is there already takes no place of its own.
    invalidate(some(0, 1_000));
    expect(() => invalidate(some(1_000, 1))).toThrow(expect.objectContaining({ status: 429 }));
    expect(rooms.purges.stats()).toMatchObject({ bans: 1_000, bansMax: 1_000 });
  });

  it('forgets a pattern when nothing older is left, and the purge holds all the same', async () => {
    const { rooms, ask, clock, upstream } = openHouse({ routes: [cached('/*')] });
    const { invalidate } = openInvalidations(rooms);
    upstream.always(() => ({ body: 'old' }));
    await ask('/a');
    upstream.byHand();
    const slow = ask('/b');
    await upstream.call(1);
    invalidate({ type: 'pattern', selectors: ['/*'], mode: 'delete' });
    clock.turn(10_000);
    // What is still computed could land any time.
    expect(rooms.purges.stats().bans).toBe(1);
    upstream.calls[1]?.answer({ body: 'old' });
    expect(await slow).toMatchObject({ refused: 'fenced' });
    clock.turn(1_000);
    expect(rooms.purges.stats().bans).toBe(0);
    upstream.always(() => ({ body: 'new' }));
    for (const path of ['/a', '/b']) expect((await ask(path)).kind).toBe('miss');
    expect(clock.pending()).toBe(0);
  });

  it('does not forget a pattern that came while the walk had passed what it means', async () => {
    const { rooms, ask, clock, upstream } = openHouse({ routes: [cached('/**')] });
    const { invalidate } = openInvalidations(rooms);
    upstream.always(() => ({}));
    for (let nth = 0; nth < 300; nth += 1) await ask(`/a/${nth}`);
    invalidate({ type: 'pattern', selectors: ['/b/*'], mode: 'delete' });
    clock.turn(0);
    invalidate({ type: 'pattern', selectors: ['/a/*'], mode: 'delete' });
    clock.turn(5_000);
    expect(rooms.purges.stats().bans).toBe(0);
    expect((await ask('/a/0')).kind).toBe('miss');
    expect(upstream.calls).toHaveLength(301);
  });

  it('a computation begun after the purge is joined before and after it is forgotten', async () => {
    const { rooms, ask, clock, upstream } = openHouse({ routes: [cached('/*')] });
    const { invalidate } = openInvalidations(rooms);
    invalidate({ type: 'pattern', selectors: ['/*'], mode: 'delete' });
    const first = ask('/a');
    clock.turn(10_000);
    const second = ask('/a');
    (await upstream.call(0)).answer({ body: 'new' });
    expect([(await first).kind, (await second).kind]).toEqual(['miss', 'miss']);
    expect(upstream.calls).toHaveLength(1);
  });
});

describe('case 107: a selector is taken to the letter', () => {
  it.each<[Order['type'], string]>([
    ['tag', '*'],
    ['tag', '.*'],
    ['tag', ''],
    ['route', '*'],
    ['route', '/*'],
    ['path', '/*'],
    ['path', '/**'],
    ['path', '/[a-z]'],
    ['path', '/?'],
    ['path', '/%61'],
    ['path', '/A'],
    ['path', '/../a'],
    ['pattern', '/[a-z]'],
    ['pattern', '/a/**'],
    ['pattern', '/.'],
    ['key', '*'],
  ])('%s %j takes nothing away that is called otherwise', async (type, selector) => {
    const { rooms, ask, upstream } = openHouse({ routes: [cached('/**', { tags: ['t'] })] });
    const { invalidate } = openInvalidations(rooms);
    upstream.always(() => ({}));
    await ask('/a');
    invalidate({ type, selectors: [selector], mode: 'delete' });
    expect((await ask('/a')).kind).toBe('hit');
  });
});
