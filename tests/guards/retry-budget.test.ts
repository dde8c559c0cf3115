/** The retry budget: a tenth of the traffic may be asked again, and a little without any. */
import { describe, expect, it } from '@jest/globals';
import { openRetryBudget } from '../../src/guards/retry-budget.js';
import { handClock } from '../fakes/hand-clock.js';

const OPTIONS = { share: 0.1, reserve: 10, perSecond: 1 };

describe('the retry budget', () => {
  it('U21: allows a tenth of the traffic once its reserve is used up', () => {
    const budget = openRetryBudget(OPTIONS, handClock());
    let allowed = 0;
    for (let nth = 0; nth < 1_000; nth += 1) {
      budget.earn();
      if (budget.spend()) allowed += 1;
    }
    expect(allowed).toBeGreaterThanOrEqual(100);
    expect(allowed).toBeLessThanOrEqual(111);
    expect(budget.refused()).toBe(1_000 - allowed);
  });

  it('those who come rarely may always be asked again, but nothing is saved up for ever', () => {
    const clock = handClock();
    const budget = openRetryBudget(OPTIONS, clock);
    for (let nth = 0; nth < 10; nth += 1) expect(budget.spend()).toBe(true);
    expect(budget.spend()).toBe(false);
    clock.turn(1_000);
    expect([budget.spend(), budget.spend()]).toEqual([true, false]);
    clock.turn(3_600_000);
    for (let nth = 0; nth < 10; nth += 1) expect(budget.spend()).toBe(true);
    expect(budget.spend()).toBe(false);
  });
});
