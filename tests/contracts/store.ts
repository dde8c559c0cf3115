/** What every store promises to the cache path; each store signs it in a test file of its own. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Clock } from '../../src/clock.js';
import type { Store } from '../../src/cache/store.js';
import { entryOf } from '../fakes/entries.js';
import { handClock } from '../fakes/hand-clock.js';

export interface StoreLimits {
  readonly entriesMax: number;
  readonly bytesMax: number;
}

export type OpenStore = (limits: StoreLimits, clock: Clock) => Store;

const ROOMY = { entriesMax: 1_000, bytesMax: 1_000_000 };
const ONE_CHARGE = 1_000;
const sized = (key: string, chargedBytes = ONE_CHARGE) =>
  entryOf(key, { chargedBytes, freshUntilMs: 1e12 });

type Step =
  | { readonly act: 'set'; readonly key: string; readonly chargedBytes: number }
  | { readonly act: 'get' | 'delete'; readonly key: string }
  | { readonly act: 'resize'; readonly entries: number; readonly bytes: number }
  | { readonly act: 'clear' };

const KEYS = Array.from('abcdefghijklmnop');
const key = fc.constantFrom(...KEYS);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      act: fc.constant('set' as const),
      key,
      chargedBytes: fc.integer({ min: 1, max: 3_000 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ act: fc.constant('get' as const), key }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('delete' as const), key }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('resize' as const),
      entries: fc.integer({ min: 1, max: 12 }),
      bytes: fc.integer({ min: 1_000, max: 16_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ act: 'clear' as const }) },
);

function take(store: Store, one: Step): void {
  if (one.act === 'set') store.set(sized(one.key, one.chargedBytes));
  else if (one.act === 'get') store.get(one.key);
  else if (one.act === 'delete') store.delete(one.key);
  else if (one.act === 'resize') store.resize(one.entries, one.bytes);
  else store.clear();
}

/** What is charged for everything that can still be read. */
function chargedIn(store: Store): { readonly entries: number; readonly bytes: number } {
  const held = KEYS.flatMap((name) => store.get(name) ?? []);
  return { entries: held.length, bytes: held.reduce((sum, one) => sum + one.chargedBytes, 0) };
}

export function storeContract(name: string, open: OpenStore): void {
  describe(`${name} keeps the store's promises`, () => {
    it('gives back the very answer that it was given, and nothing under other keys', () => {
      const store = open(ROOMY, handClock());
      const entry = entryOf('a');
      expect(store.set(entry)).toBe('stored');
      expect(store.get('a')).toBe(entry);
      expect(store.get('b')).toBeUndefined();
    });

    it('replaces an older answer and charges the new one alone', () => {
      const store = open(ROOMY, handClock());
      store.set(sized('a', 700));
      store.set(sized('a', 300));
      expect(store.stats()).toMatchObject({ entries: 1, bytes: 300, replaced: 1, evictions: 0 });
    });

    it('forgets what is deleted, once, and says whether it was there', () => {
      const store = open(ROOMY, handClock());
      store.set(sized('a'));
      expect(store.delete('a')).toBe(true);
      expect(store.delete('a')).toBe(false);
      expect(store.get('a')).toBeUndefined();
      expect(store.stats()).toMatchObject({ entries: 0, bytes: 0 });
    });

    it('case 86: holds no more answers than it may', () => {
      const store = open({ ...ROOMY, entriesMax: 3 }, handClock());
      for (const name of 'abcde') store.set(sized(name));
      expect(store.stats()).toMatchObject({ entries: 3, bytes: 3 * ONE_CHARGE, evictions: 2 });
      expect(Array.from('abcde').filter((name) => store.get(name) !== undefined)).toEqual([
        'c',
        'd',
        'e',
      ]);
    });

    it('case 86: holds no more bytes than it may', () => {
      const store = open({ ...ROOMY, bytesMax: 10 * ONE_CHARGE }, handClock());
      for (let nth = 0; nth < 25; nth += 1) store.set(sized(`k${nth}`));
      expect(store.stats()).toMatchObject({ entries: 10, bytes: 10 * ONE_CHARGE, evictions: 15 });
    });

    it('refuses what is too large, and the older answer it was to replace is gone too', () => {
      const store = open({ ...ROOMY, bytesMax: 8 * ONE_CHARGE }, handClock());
      store.set(sized('a'));
      store.set(sized('b'));
      expect(store.set(sized('a', ONE_CHARGE + 1))).toBe('too-large');
      expect(store.get('a')).toBeUndefined();
      expect(store.get('b')).toBeDefined();
      expect(store.stats()).toMatchObject({ entries: 1, bytes: ONE_CHARGE, refusedTooLarge: 1 });
    });

    it('promises no place to a body that no charge would leave room for', () => {
      const store = open({ ...ROOMY, bytesMax: 80_000 }, handClock());
      const body = Buffer.alloc(store.bodyBytesMax + 1);
      expect(store.set(entryOf('a', { body }))).toBe('too-large');
    });

    it('keeps what is read when it makes room for what is new', () => {
      const store = open({ ...ROOMY, entriesMax: 4 }, handClock());
      store.set(sized('hot'));
      for (let nth = 0; nth < 50; nth += 1) {
        expect(store.get('hot')).toBeDefined();
        store.set(sized(`k${nth}`));
      }
      expect(store.get('hot')).toBeDefined();
    });

    it('keeps a new answer even when everything else has just been read', () => {
      const store = open({ ...ROOMY, entriesMax: 3 }, handClock());
      for (const name of 'abc') store.set(sized(name));
      for (const name of 'abc') store.get(name);
      expect(store.set(sized('d'))).toBe('stored');
      expect(store.get('d')).toBeDefined();
      expect(store.stats().entries).toBe(3);
    });

    it('gives up what no longer fits when its ceilings sink', () => {
      const store = open(ROOMY, handClock());
      for (const name of 'abcdef') store.set(sized(name));
      store.resize(2, ROOMY.bytesMax);
      expect(store.stats()).toMatchObject({ entries: 2, entriesMax: 2 });
      store.resize(10, ONE_CHARGE);
      expect(store.stats()).toMatchObject({ entries: 1, bytesMax: ONE_CHARGE });
    });

    it('knows how old its oldest answer is', () => {
      const clock = handClock(0);
      const store = open(ROOMY, clock);
      expect(store.stats().oldestMs).toBe(0);
      store.set(entryOf('a', { storedAtMs: clock.nowMs() }));
      clock.turn(5_000);
      store.set(entryOf('b', { storedAtMs: clock.nowMs() }));
      expect(store.stats().oldestMs).toBe(5_000);
    });

    it('charges each answer once and releases it once, whatever happens in whatever order', () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
          const store = open({ entriesMax: 8, bytesMax: 16_000 }, handClock());
          for (const one of steps) {
            take(store, one);
            const { entries, bytes, entriesMax, bytesMax } = store.stats();
            if (entries > entriesMax || bytes > bytesMax || bytes < 0) return false;
          }
          const { entries, bytes } = store.stats();
          const charged = chargedIn(store);
          return entries === charged.entries && bytes === charged.bytes;
        }),
        { numRuns: 500, seed: 86 },
      );
    });
  });
}
