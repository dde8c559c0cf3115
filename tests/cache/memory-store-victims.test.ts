/** Who goes when memory is full: what is cheap, seldom asked for, large, or can serve nobody. */
import { describe, expect, it } from '@jest/globals';
import type { Entry } from '../../src/cache/entry.js';
import { openMemoryStore } from '../../src/cache/memory-store.js';
import type { Store } from '../../src/cache/store.js';
import { entryOf } from '../fakes/entries.js';
import { handClock } from '../fakes/hand-clock.js';

const ROOM = 1_000;

// Made once and copied: a flood of answers built from nothing takes long.
const LASTING = entryOf('', { chargedBytes: 1_000, freshUntilMs: 1e12, costMs: 100 });
const lasting = (key: string, more: Partial<Entry> = {}): Entry => ({ ...LASTING, key, ...more });

const full = (entriesMax = ROOM): Store =>
  openMemoryStore({ entriesMax, bytesMax: entriesMax * 1_000 }, handClock());

const keys = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, nth) => `${name} ${nth}`);

/** Asks as the cache path does: what is not there is computed and stored. */
function ask(store: Store, key: string, more: Partial<Entry> = {}): boolean {
  if (store.get(key) !== undefined) return true;
  store.set(lasting(key, more));
  return false;
}

const share = (store: Store, wanted: readonly string[]): number =>
  wanted.filter((key) => store.peek(key) !== undefined).length / wanted.length;

describe('when memory is full', () => {
  it('case 86: a flood of 100,000 unique keys leaves the hot ones and the bytes in bounds', () => {
    const store = full();
    const hot = keys('hot', 800);
    for (let round = 0; round < 3; round += 1) for (const key of hot) ask(store, key);
    let hits = 0;
    for (let nth = 0; nth < 100_000; nth += 1) {
      ask(store, `flood ${nth}`);
      if (nth % 20 === 0 && ask(store, hot[(nth / 20) % hot.length] ?? '')) hits += 1;
      if (store.stats().bytes > ROOM * 1_000) throw new Error('above its ceiling');
    }
    // Without the flood each of them would be a hit.
    expect(hits / 5_000).toBeGreaterThanOrEqual(0.95);
    expect(store.stats().evictedNotAdmitted).toBeGreaterThan(0);
  });

  it('case 87: a scan of keys that come once does not drive out what was asked for twice', () => {
    const store = full();
    const hot = keys('hot', 900);
    for (let round = 0; round < 2; round += 1) for (const key of hot) ask(store, key);
    for (const key of keys('scan', 100_000)) ask(store, key);
    expect(share(store, hot)).toBeGreaterThanOrEqual(0.95);
  });

  it('expensive answers outlive cheap ones that are asked for as often', () => {
    const store = full(200);
    const dear = keys('dear', 100);
    const cheap = keys('cheap', 500);
    for (let round = 0; round < 4; round += 1) {
      for (const key of dear) ask(store, key, { costMs: 15_000 });
      for (const key of cheap) ask(store, key, { costMs: 20 });
    }
    expect(share(store, dear)).toBeGreaterThanOrEqual(0.95);
    expect(share(store, cheap)).toBeLessThan(0.3);
  });

  it('small answers outlive large ones of the same cost', () => {
    const store = full(400);
    const large = keys('large', 80);
    const small = keys('small', 200);
    for (let round = 0; round < 4; round += 1) {
      for (const key of large) ask(store, key, { chargedBytes: 15_000 });
      for (const key of small) ask(store, key);
    }
    expect(share(store, small)).toBeGreaterThanOrEqual(0.95);
    expect(share(store, large)).toBeLessThan(0.5);
  });

  it.each([
    ['errors, however long they took', { negative: true, status: 500, costMs: 15_000 }],
    ['what costs next to nothing', { costMs: 0 }],
  ])('%s never push out an expensive answer', (_what, more) => {
    const store = full(100);
    const dear = keys('dear', 90);
    for (const key of dear) ask(store, key, { costMs: 15_000 });
    for (const key of keys('flood', 10_000)) ask(store, key, more);
    expect(share(store, dear)).toBe(1);
  });

  it('a wide answer must be worth more than what it would take away, and is told so', () => {
    const store = full(100);
    for (const key of keys('small', 100)) ask(store, key);
    const wide = { chargedBytes: 10_000 };
    expect(store.set(lasting('cheap', { ...wide, costMs: 100 }))).toBe('not-admitted');
    expect(store.get('cheap')).toBeUndefined();
    const { entries, refusedNotAdmitted, evictions } = store.stats();
    expect({ entries, refusedNotAdmitted, evictions }).toEqual({
      ...{ entries: 100, refusedNotAdmitted: 1, evictions: 0 },
    });
    expect(store.set(lasting('dear', { ...wide, costMs: 15_000 }))).toBe('stored');
    expect(store.stats().entries).toBe(91);
  });

  it('what has ended goes before anything that can still be used', () => {
    const clock = handClock(0);
    const store = openMemoryStore({ entriesMax: 100, bytesMax: 1e6 }, clock);
    const ended = keys('ended', 50);
    const old = { freshUntilMs: 1_000, staleUntilMs: 1_000, errorUntilMs: 1_000 };
    for (const key of ended) store.set(lasting(key, { ...old, costMs: 15_000 }));
    for (const key of keys('cheap', 50)) ask(store, key, { costMs: 20 });
    clock.turn(1_000);
    for (const key of keys('new', 500)) ask(store, key, { costMs: 20 });
    expect(share(store, ended)).toBeLessThan(0.1);
  });

  it('what was asked for much yesterday leaves when others are asked for today', () => {
    const store = full(100);
    const yesterday = keys('yesterday', 80);
    for (let round = 0; round < 200; round += 1) for (const key of yesterday) ask(store, key);
    const today = keys('today', 80);
    for (let round = 0; round < 200; round += 1) for (const key of today) ask(store, key);
    expect(share(store, today)).toBeGreaterThanOrEqual(0.95);
    expect(share(store, yesterday)).toBeLessThan(0.3);
  });

  it('an answer that replaces another keeps what is known of its use', () => {
    const store = full(100);
    for (let round = 0; round < 5; round += 1) ask(store, 'renewed');
    for (const key of keys('twice', 99)) for (let round = 0; round < 2; round += 1) ask(store, key);
    expect(store.set(lasting('renewed'))).toBe('stored');
    for (const key of keys('flood', 2_000)) ask(store, key);
    expect(store.get('renewed')).toBeDefined();
  });
});
