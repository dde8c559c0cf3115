/** A memory that is emptied at once: whoever follows its answers hears of each that goes. */
import { describe, expect, it } from '@jest/globals';
import { openMemoryStore } from '../../src/cache/memory-store.js';
import { entryOf } from '../fakes/entries.js';
import { handClock } from '../fakes/hand-clock.js';

describe('a memory that is emptied', () => {
  it('says of each answer that it has left, so that nothing is noted for it any longer', () => {
    const left: string[] = [];
    const options = { entriesMax: 10, bytesMax: 1_000_000 };
    const store = openMemoryStore(
      { ...options, left: ({ key }) => void left.push(key) },
      handClock(),
    );
    for (const key of ['one', 'two', 'three']) store.set(entryOf(key));
    store.clear();
    expect(left).toEqual(['one', 'two', 'three']);
    expect(store.stats().entries).toBe(0);
  });
});
