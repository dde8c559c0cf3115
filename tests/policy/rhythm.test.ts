/** How regularly something is asked for, and how likely it is to be asked for again. */
import { describe, expect, it } from '@jest/globals';
import { chanceOfAsk, heard, lived, newRhythm } from '../../src/policy/rhythm.js';
import { seededRandom } from '../servers/faults.js';

const LIFETIME_MS = 30_000;

/** Lifetimes one after the other, with so many asks in each. */
function after(asks: readonly number[]) {
  const rhythm = newRhythm(0, 0);
  asks.forEach((count, nth) => {
    heard(rhythm, count, (nth + 1) * LIFETIME_MS);
    lived(rhythm, count > 0);
  });
  return chanceOfAsk(rhythm, LIFETIME_MS, asks.length * LIFETIME_MS);
}

describe('the chance that somebody asks within the next lifetime', () => {
  it('is even before anything is known', () => {
    expect(after([])).toBe(0.5);
  });

  it('is nearly sure after one lifetime in which many asked', () => {
    expect(after([20])).toBeGreaterThan(0.99);
    expect(after([1])).toBeLessThan(0.8);
  });

  it('grows with each lifetime in which one asked, and falls with each in which nobody did', () => {
    const chances = [5, 10, 20].map((count) => after(Array<number>(count).fill(1)));
    expect(chances).toEqual([...chances].sort((one, other) => one - other));
    expect(chances.at(-1)).toBeGreaterThan(0.9);
    expect(after([1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0])).toBeLessThan(0.4);
  });

  it('falls with the silence that follows a crowd', () => {
    const rhythm = newRhythm(0, 0);
    heard(rhythm, 30, LIFETIME_MS);
    const soon = chanceOfAsk(rhythm, LIFETIME_MS, LIFETIME_MS);
    const later = chanceOfAsk(rhythm, LIFETIME_MS, 20 * LIFETIME_MS);
    expect([soon > 0.99, later]).toEqual([true, 0.5]);
  });

  it('is about right for asks that come at random', () => {
    for (const [perLifetime, truth] of [
      [0.1, 0.095],
      [1, 0.632],
      [3, 0.95],
    ] as const) {
      const random = seededRandom(7);
      let [sum, times] = [0, 0];
      const asks: number[] = [];
      for (let nth = 0; nth < 400; nth += 1) {
        let [count, left] = [0, 1];
        for (;;) {
          left += Math.log(1 - random()) / perLifetime;
          if (left < 0) break;
          count += 1;
        }
        asks.push(count);
        if (nth < 50) continue;
        sum += after(asks.slice(-50));
        times += 1;
      }
      // The larger of two guesses errs upwards, but not by much.
      expect(sum / times).toBeGreaterThan(truth - 0.1);
      expect(sum / times).toBeLessThan(truth + 0.2);
    }
  });
});
