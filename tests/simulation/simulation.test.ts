/** Thousands of seeded worlds, in which all that may happen does happen, keep the laws. */
import { describe, expect, it } from '@jest/globals';
import { simulate, storyOf } from './simulate.js';

const SEEDS = 2_000;
const STORIES_MAX = 2;

describe('callers, purges, faults, reloads and time in any order', () => {
  it('keep every law of the cache, in 2,000 seeded worlds', async () => {
    const { bad, ...totals } = await simulate(1, SEEDS);
    const stories: string[] = [];
    for (const seed of bad.slice(0, STORIES_MAX)) stories.push((await storyOf(seed)) ?? '');
    expect(stories.join('\n\n')).toBe('');
    // They did meet something, or nothing would have been shown.
    expect(totals.answers).toBeGreaterThan(10 * SEEDS);
    expect(totals.asked).toBeGreaterThan(5 * SEEDS);
  }, 480_000);
});
