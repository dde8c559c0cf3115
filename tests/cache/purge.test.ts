/** Purges: fences in time that nothing slips past, also when old ones are forgotten. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EVERYTHING, openPurges as open, type Purges } from '../../src/cache/purge.js';
import type { Entry } from '../../src/cache/entry.js';
import { entryOf } from '../fakes/entries.js';
import { handClock } from '../fakes/hand-clock.js';

const openPurges = (fencesMax: number): Purges => open(fencesMax, handClock());
const answer = (tags: readonly string[], epoch: number) => entryOf('k', { tags, epoch });

describe('a purge', () => {
  it('of nothing leaves every answer live', () => {
    const purges = openPurges(10);
    expect(purges.judge(answer(['a'], purges.epoch()))).toBe('live');
    expect(purges.newestOver(answer(['a'], 1))).toBe(0);
  });

  it('touches what began before it and carries its tag, and nothing else', () => {
    const purges = openPurges(10);
    const before = purges.epoch();
    purges.purge(['a'], 'delete');
    const after = purges.epoch();
    expect(purges.judge(answer(['a', 'b'], before))).toBe('deleted');
    expect(purges.judge(answer(['b'], before))).toBe('live');
    expect(purges.judge(answer(['a'], after))).toBe('live');
  });

  it('that makes answers old lets a later delete take them away', () => {
    const purges = openPurges(10);
    const entry = answer(['a'], purges.epoch());
    purges.purge(['a'], 'stale');
    expect(purges.judge(entry)).toBe('stale');
    purges.purge(['a'], 'delete');
    expect(purges.judge(entry)).toBe('deleted');
    purges.purge(['a'], 'stale');
    expect(purges.judge(entry)).toBe('deleted');
  });

  it('of everything touches answers without any tag', () => {
    const purges = openPurges(10);
    const entry = answer([], purges.epoch());
    purges.purge([EVERYTHING], 'delete');
    expect(purges.judge(entry)).toBe('deleted');
    expect(purges.newestOver(entry)).toBe(purges.epoch());
  });

  it.each(['delete', 'stale'] as const)(
    'is not undone when its fence is forgotten (%s)',
    (mode) => {
      const purges = openPurges(3);
      const entry = answer(['first'], purges.epoch());
      purges.purge(['first'], mode);
      for (let nth = 0; nth < 50; nth += 1) purges.purge([`other ${nth}`], 'delete');
      expect(purges.judge(entry)).not.toBe('live');
      expect(purges.stats()).toMatchObject({ purges: 51, fences: 3 });
    },
  );

  it('never lets an answer back to life, whatever is purged and forgotten around it', () => {
    const tag = fc.constantFrom('a', 'b', 'c', 'd', 'e', EVERYTHING);
    const mode = fc.constantFrom('delete' as const, 'stale' as const);
    const act = fc.record({ tags: fc.array(tag, { minLength: 1, maxLength: 3 }), mode });
    const rank = { live: 0, stale: 1, deleted: 2 };
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), (acts, max) => {
        const purges = openPurges(max);
        const entries: { entry: Entry; least: number }[] = [];
        for (const { tags, mode: how } of acts) {
          entries.push({ entry: answer(tags.slice(0, 1), purges.epoch()), least: 0 });
          purges.purge(tags, how);
          for (const one of entries) {
            const { entry } = one;
            const touched = tags.some((tag) => tag === EVERYTHING || entry.tags.includes(tag));
            if (touched) one.least = Math.max(one.least, how === 'delete' ? 2 : 1);
            if (rank[purges.judge(entry)] < one.least) return false;
          }
          if (purges.stats().fences > max) return false;
        }
        return true;
      }),
      { numRuns: 2_000, seed: 52 },
    );
  });
});
