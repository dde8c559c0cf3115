/** Ways to choose a victim, behind one face: ours, the least recently used, a second chance. */
import { LRUCache } from 'lru-cache';
import { nothingLearnt, type Entry } from '../src/cache/entry.js';
import { openMemoryStore } from '../src/cache/memory-store.js';
import { systemClock } from '../src/clock.js';
import type { Asked } from './store-traces.js';

export interface Policy {
  /** True when it was there; otherwise it is computed and stored. */
  ask(asked: Asked): boolean;
}

const LARGEST_SHARE = 1 / 8;
const NOTHING = Buffer.alloc(0);

const TEMPLATE: Entry = {
  ...nothingLearnt(1),
  ...{ key: '', partition: 'anon', address: 'a/b', query: undefined, route: '/**', status: 200 },
  ...{ headers: [], etag: undefined, body: NOTHING, storedAtMs: 0, arrivedWallMs: 0 },
  ...{ freshUntilMs: 1e12, staleUntilMs: 0, errorUntilMs: 0, initialAgeMs: 0, costMs: 0.5 },
  ...{ negative: false, tags: [], epoch: 1, http: undefined, recipe: undefined },
  chargedBytes: 0,
};

const entryOf = ({ key, bytes, costMs }: Asked): Entry => ({
  ...TEMPLATE,
  ...{ key, costMs, chargedBytes: bytes },
});

function ours(bytesMax: number): Policy {
  const store = openMemoryStore({ entriesMax: 1_000_000, bytesMax }, systemClock);
  return {
    ask(asked) {
      if (store.get(asked.key) !== undefined) return true;
      store.set(entryOf(asked));
      return false;
    },
  };
}

function leastRecentlyUsed(bytesMax: number): Policy {
  const maxEntrySize = Math.floor(bytesMax * LARGEST_SHARE);
  const cache = new LRUCache<string, Asked>({
    ...{ maxSize: bytesMax, maxEntrySize },
    sizeCalculation: ({ bytes }) => bytes,
  });
  return {
    ask(asked) {
      if (cache.get(asked.key) !== undefined) return true;
      cache.set(asked.key, asked);
      return false;
    },
  };
}

/** First in, first out, but whoever was read goes round once more. */
function secondChance(bytesMax: number): Policy {
  const slots = new Map<string, { readonly key: string; readonly bytes: number; used: boolean }>();
  let hand = slots.values();
  let held = 0;
  const evictOne = (): void => {
    let next = hand.next();
    if (next.done === true) {
      hand = slots.values();
      next = hand.next();
    }
    if (next.done === true) return;
    const slot = next.value;
    slots.delete(slot.key);
    if (slot.used) slots.set(slot.key, { ...slot, used: false });
    else held -= slot.bytes;
  };
  return {
    ask({ key, bytes }) {
      const slot = slots.get(key);
      if (slot !== undefined) {
        slot.used = true;
        return true;
      }
      if (bytes > bytesMax * LARGEST_SHARE) return false;
      while (held + bytes > bytesMax) evictOne();
      slots.set(key, { key, bytes, used: false });
      held += bytes;
      return false;
    },
  };
}

export const policies: Readonly<Record<string, (bytesMax: number) => Policy>> = {
  'least recently used (lru-cache)': leastRecentlyUsed,
  'second chance': secondChance,
  'frequency × cost ÷ size (Leyden)': ours,
};
