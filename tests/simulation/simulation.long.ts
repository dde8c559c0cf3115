/** The same worlds as in every run, and very many more of them. */
import { describe, expect, it } from '@jest/globals';
import { simulate, storyOf } from './simulate.js';

const SEEDS = 50_000;
const SLICE = 5_000;

describe('callers, purges, faults, reloads and time in any order', () => {
  const slices = Array.from({ length: SEEDS / SLICE }, (_, nth) => 1 + nth * SLICE);
  it.each(slices)(
    'keep every law of the cache, in 5,000 worlds from seed %i on',
    async (from) => {
      const { bad } = await simulate(from, SLICE);
      const [first] = bad;
      expect(first === undefined ? '' : await storyOf(first)).toBe('');
    },
    600_000,
  );
});
