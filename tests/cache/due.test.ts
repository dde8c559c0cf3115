/** The list of what is due: always the earliest first, one moment for each key, bounded. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openDueList } from '../../src/cache/due.js';

const step = fc.record({
  act: fc.constantFrom('put', 'put', 'delete', 'take'),
  key: fc.integer({ min: 0, max: 12 }),
  atMs: fc.integer({ min: 0, max: 50 }),
});

describe('the list of what is due', () => {
  it('is that of a map that is searched each time, after any steps in any order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const max = 8;
        const list = openDueList(max);
        const map = new Map<string, number>();
        const first = (): number | undefined =>
          map.size === 0 ? undefined : Math.min(...map.values());
        for (const { act, key, atMs } of steps) {
          const name = `k${key}`;
          if (act === 'put') {
            const fits = map.has(name) || map.size < max;
            expect(list.put(name, atMs)).toBe(fits);
            if (fits) map.set(name, atMs);
          } else if (act === 'delete') {
            list.delete(name);
            map.delete(name);
          } else {
            const taken = list.take(atMs);
            const isDue = (first() ?? Infinity) <= atMs;
            expect(taken !== undefined).toBe(isDue);
            if (taken === undefined) continue;
            expect(map.get(taken)).toBe(first());
            map.delete(taken);
          }
          expect([list.firstMs(), list.size()]).toEqual([first(), map.size]);
        }
      }),
      { numRuns: 300, seed: 5 },
    );
  });
});
