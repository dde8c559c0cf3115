/** The memory store signs the contract of stores. */
import { describe, expect, it } from '@jest/globals';
import { chargeOf } from '../../src/cache/entry.js';
import { openMemoryStore } from '../../src/cache/memory-store.js';
import { storeContract } from '../contracts/store.js';
import { breakableStore } from '../fakes/broken-store.js';
import { entryOf } from '../fakes/entries.js';
import { handClock } from '../fakes/hand-clock.js';

storeContract('the memory store', openMemoryStore);
storeContract('the store that breaks on command', (limits, clock) =>
  breakableStore(openMemoryStore(limits, clock)),
);

describe('what an answer is charged', () => {
  it('counts the body once and every character of fields, key and tags twice', () => {
    const bare = chargeOf([], Buffer.alloc(0), '', []);
    expect(chargeOf([], Buffer.alloc(1_000), '', []) - bare).toBe(1_000);
    expect(chargeOf(['ab', 'cd'], Buffer.alloc(0), 'key', ['tag']) - bare).toBe(2 * 10);
    expect(bare).toBeGreaterThan(0);
  });

  it('case 86: a flood of keys leaves the hot one in place and the bytes in bounds', () => {
    const bytesMax = 500_000;
    const store = openMemoryStore({ entriesMax: 100_000, bytesMax }, handClock());
    store.set(entryOf('hot'));
    let hits = 0;
    for (let nth = 0; nth < 20_000; nth += 1) {
      store.set(entryOf(`flood ${nth}`));
      if (nth % 100 === 0 && store.get('hot') !== undefined) hits += 1;
    }
    expect(hits).toBe(200);
    expect(store.stats().bytes).toBeLessThanOrEqual(bytesMax);
  });
});
