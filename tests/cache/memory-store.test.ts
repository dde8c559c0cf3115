/** The memory store signs the contract of stores. */
import { describe, expect, it } from '@jest/globals';
import { chargeOf, keptTexts } from '../../src/cache/entry.js';
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
  it('counts the body, every character of its text, and the same for each piece of it', () => {
    const bare = chargeOf([], Buffer.alloc(0), '', []);
    expect(chargeOf([], Buffer.alloc(1_000), '', []) - bare).toBe(1_000);
    const nothing = Buffer.alloc(0);
    const perText = chargeOf([''], nothing, '', []) - bare;
    expect(chargeOf(['ab', 'cd'], nothing, 'key', ['tag']) - bare).toBe(10 + 3 * perText);
    expect(bare).toBeGreaterThan(0);
  });

  it('case 86: leaves nothing out that a client can make long', () => {
    const long = 'x'.repeat(8_000);
    const kept = { address: 'here/', query: undefined, tags: [], recipe: [], http: undefined };
    const charge = (more: object): number =>
      chargeOf([], Buffer.alloc(0), 'k', keptTexts({ ...kept, ...more }));
    const http = { base: 'b', names: ['n'], values: ['v'], said: [] };
    for (const more of [
      { address: `here/${long}` },
      { query: long },
      { tags: [long] },
      { recipe: ['Accept', long] },
      { http: { ...http, values: [long] } },
      { http: { ...http, said: ['X', long] } },
    ]) {
      expect(charge(more)).toBeGreaterThanOrEqual(charge({}) + long.length);
    }
  });

  it('case 86: a flood of keys leaves the hot one in place and the bytes in bounds', () => {
    const bytesMax = 500_000;
    const store = openMemoryStore({ entriesMax: 100_000, bytesMax }, handClock());
    store.set(entryOf('hot', { freshUntilMs: 1e12 }));
    let hits = 0;
    for (let nth = 0; nth < 20_000; nth += 1) {
      store.set(entryOf(`flood ${nth}`, { freshUntilMs: 1e12 }));
      if (nth % 100 === 0 && store.get('hot') !== undefined) hits += 1;
    }
    expect(hits).toBe(200);
    expect(store.stats().bytes).toBeLessThanOrEqual(bytesMax);
  });
});
