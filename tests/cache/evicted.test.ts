/** What was evicted: why, how young, and whether somebody asked for it again. */
import { describe, expect, it } from '@jest/globals';
import { openMemoryStore } from '../../src/cache/memory-store.js';
import { handClock } from '../fakes/hand-clock.js';
import { entryOf } from '../fakes/entries.js';

function opened(limits: { entriesMax: number; bytesMax: number }) {
  const clock = handClock();
  const ages: number[] = [];
  const lifetime = { endsAtMs: Number.POSITIVE_INFINITY };
  const evictedAge = { record: (ms: number) => void ages.push(ms) };
  const store = openMemoryStore({ ...limits, evictedAge }, clock);
  const put = (key: string, chargedBytes = 100): void => {
    store.set(
      entryOf(key, { chargedBytes, storedAtMs: clock.nowMs(), freshUntilMs: lifetime.endsAtMs }),
    );
  };
  return { clock, store, put, ages, lifetime };
}

describe('an eviction', () => {
  it('is told apart by the ceiling that it made room below', () => {
    const few = opened({ entriesMax: 2, bytesMax: 100_000 });
    for (const key of ['a', 'b', 'c']) few.put(key);
    expect(few.store.stats()).toMatchObject({ evictions: 1, evictedForEntries: 1 });
    const small = opened({ entriesMax: 100, bytesMax: 1_000 });
    for (let nth = 0; nth < 12; nth += 1) small.put(`k${nth}`);
    expect(small.store.stats()).toMatchObject({ evictions: 2, evictedForEntries: 0 });
  });

  it('is early within a minute of being stored, and its age is put down', () => {
    const { clock, store, put, ages } = opened({ entriesMax: 1, bytesMax: 100_000 });
    put('a');
    clock.turn(59_999);
    put('b');
    store.get('a');
    clock.turn(60_000);
    put('c');
    store.get('b');
    expect(store.stats()).toMatchObject({ evictions: 2, evictedEarly: 1, evictedAskedAgain: 2 });
    expect(ages).toEqual([59_999, 60_000]);
  });

  it('of a newcomer that was not let in is early only when it is missed within a minute', () => {
    const { clock, store, put } = opened({ entriesMax: 200, bytesMax: 10_000 });
    for (let nth = 0; nth < 100; nth += 1) put(`kept${nth}`);
    for (let nth = 0; nth < 100; nth += 1) store.get(`kept${nth}`);
    // The first ones push out of the window what came last before them.
    for (let nth = 0; nth < 10; nth += 1) put(`first${nth}`);
    const before = store.stats();
    for (let nth = 0; nth < 50; nth += 1) put(`crawled${nth}`);
    const { evictedNotAdmitted } = store.stats();
    expect(evictedNotAdmitted).toBeGreaterThan(40);
    expect(store.stats().evictedEarly).toBe(before.evictedEarly);
    store.get('crawled10');
    store.get('crawled10');
    expect(store.stats().evictedEarly).toBe(before.evictedEarly + 1);
    clock.turn(60_000);
    store.get('crawled11');
    expect(store.stats().evictedEarly).toBe(before.evictedEarly + 1);
  });

  it('of what had ended anyway shows no want of room, whoever asks again', () => {
    const { clock, store, put, lifetime } = opened({ entriesMax: 1, bytesMax: 100_000 });
    lifetime.endsAtMs = clock.nowMs() + 1_000;
    put('a');
    clock.turn(1_000);
    put('b');
    store.get('a');
    expect(store.stats()).toMatchObject({
      ...{ evictions: 1, evictedEnded: 1, evictedNotAdmitted: 0 },
      ...{ evictedEarly: 0, evictedAskedAgain: 0 },
    });
  });

  it('was a mistake when the answer is asked for again within a minute, counted once', () => {
    const { clock, store, put } = opened({ entriesMax: 1, bytesMax: 100_000 });
    for (const key of ['a', 'b', 'c']) put(key);
    store.get('a');
    store.get('a');
    store.get('never stored');
    expect(store.stats().evictedAskedAgain).toBe(1);
    clock.turn(60_000);
    store.get('b');
    expect(store.stats().evictedAskedAgain).toBe(1);
  });

  it('of many thousands costs no more memory than of ten thousand', () => {
    const { store, put } = opened({ entriesMax: 1, bytesMax: 100_000 });
    for (let nth = 0; nth <= 10_001; nth += 1) put(`k${nth}`);
    store.get('k0');
    expect(store.stats().evictedAskedAgain).toBe(0);
    store.get('k1');
    store.get('k10000');
    expect(store.stats().evictedAskedAgain).toBe(2);
  });

  it('is not what a purge, a replacement or the end of everything does', () => {
    const { store, put } = opened({ entriesMax: 5, bytesMax: 100_000 });
    put('a');
    put('a');
    store.delete('a');
    store.get('a');
    put('b');
    store.clear();
    expect(store.stats()).toMatchObject({ evictions: 0, evictedAskedAgain: 0 });
  });
});
