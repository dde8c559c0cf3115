/** A store that fails to take something away: what is to be gone is given to nobody. */
import { describe, expect, it } from '@jest/globals';
import { forgetChanged } from '../../src/cache/effects.js';
import { guardStore } from '../../src/cache/guarded-store.js';
import { openInvalidations, type Order } from '../../src/cache/invalidate.js';
import { openMemoryStore } from '../../src/cache/memory-store.js';
import type { Store } from '../../src/cache/store.js';
import { entryOf } from '../fakes/entries.js';
import { handClock } from '../fakes/hand-clock.js';
import { cached, openHouse, wordsOf, type House } from '../fakes/rooms.js';

/** Its taking away fails while it is stuck. */
function sticky(): { readonly store: Store; stuck: boolean } {
  const inner = openMemoryStore({ entriesMax: 20_000, bytesMax: 100_000_000 }, handClock());
  const fail = (): never => {
    throw new Error('stuck');
  };
  const one = {
    stuck: true,
    store: {
      ...inner,
      delete: (key: string) => (one.stuck ? fail() : inner.delete(key)),
      clear: () => {
        if (one.stuck) fail();
        inner.clear();
      },
    },
  };
  return one;
}

function houseAround(store: Store): House {
  const house = openHouse({ routes: [cached('/**')], store: () => store });
  house.upstream.always((_request, nth) => ({ body: `answer ${nth}` }));
  return house;
}

describe('an answer that a broken store does not let go', () => {
  it.each<[string, Order]>([
    ['path', { type: 'path', selectors: ['/a'], mode: 'delete' }],
    ['tag', { type: 'tag', selectors: ['route:/**'], mode: 'delete' }],
  ])('is given to nobody after a purge by %s, nor listed', async (_type, order) => {
    const house = houseAround(sticky().store);
    expect(wordsOf(await house.ask('/a'))).toBe('answer 0');
    expect((await house.ask('/a')).kind).toBe('hit');
    const invalidations = openInvalidations(house.rooms);
    invalidations.invalidate(order);
    house.upstream.always(() => 'connect');
    // Even while nobody can compute another one, and however often it is asked for.
    for (let nth = 0; nth < 3; nth += 1) expect((await house.ask('/a')).kind).toBe('failed');
    expect(house.rooms.store.entries().next().done).toBe(true);
    invalidations.close();
  });

  it('is given to nobody after a state-changing request', async () => {
    const house = houseAround(sticky().store);
    await house.ask('/a');
    const addresses = [{ host: 'here', path: '/a', query: undefined }];
    forgetChanged(house.rooms, { kind: 'change', addresses, partition: 'anon', tags: [] });
    expect(wordsOf(await house.ask('/a'))).toBe('answer 1');
    // What was computed after it is stored in its place, and given.
    const third = await house.ask('/a');
    expect([third.kind, wordsOf(third)]).toEqual(['hit', 'answer 1']);
  });

  it('hides everything when too many are stuck, until the store can be cleared', () => {
    const broken = sticky();
    const store = guardStore(broken.store, () => undefined);
    for (let nth = 0; nth <= 10_001; nth += 1) store.set(entryOf(`k${nth}`));
    for (let nth = 0; nth <= 10_000; nth += 1) expect(store.delete(`k${nth}`)).toBe(false);
    expect(store.get('k10001')).toBeUndefined();
    expect(store.set(entryOf('new'))).toBe('store-failed');
    broken.stuck = false;
    expect(store.set(entryOf('new'))).toBe('stored');
    expect(store.get('new')).toBeDefined();
    expect([store.get('k0'), store.get('k10001')]).toEqual([undefined, undefined]);
  });

  it('is hidden after a clearing that failed, too', () => {
    const broken = sticky();
    const store = guardStore(broken.store, () => undefined);
    store.set(entryOf('k'));
    store.clear();
    expect(store.get('k')).toBeUndefined();
    broken.stuck = false;
    expect(store.delete('k')).toBe(true);
  });
});
