/** The budget: who gets a place, who waits, who is told to come again and when. */
import { describe, expect, it } from '@jest/globals';
import { openBudget } from '../../src/guards/budget.js';
import { codeOf, openHandClock, settle } from '../upstream/kit.js';

const OPTIONS = { concurrent: 2, queued: 3, waitMs: 1_000 };

describe('the budget', () => {
  it('gives places in the order of arrival', async () => {
    const budget = openBudget(OPTIONS, openHandClock());
    const held = [await budget.enter(), await budget.enter()];
    const order: number[] = [];
    const waits = [1, 2, 3].map(async (nth) => {
      const release = await budget.enter();
      order.push(nth);
      release();
    });
    expect(budget.stats()).toMatchObject({ running: 2, max: 2, waiting: 3, queueMax: 3 });
    held[0]!();
    await Promise.all(waits);
    expect(order).toEqual([1, 2, 3]);
    held[1]!();
    expect(budget.stats()).toMatchObject({ running: 0, waiting: 0, entered: 5 });
  });

  it('a place is given back once, however often it is released', async () => {
    const budget = openBudget({ ...OPTIONS, concurrent: 1 }, openHandClock());
    const release = await budget.enter();
    release();
    const second = await budget.enter();
    release();
    release();
    expect(budget.stats().running).toBe(1);
    expect(budget.tryEnter()).toBeUndefined();
    second();
    expect(budget.stats().running).toBe(0);
    expect(budget.tryEnter()).toBeDefined();
  });

  it('one too many is told how long the line takes, judged by recent holders', async () => {
    const clock = openHandClock();
    const budget = openBudget({ ...OPTIONS, waitMs: 60_000 }, clock);
    const early = await budget.enter();
    clock.turn(8_000);
    early();
    const held = [await budget.enter(), await budget.enter()];
    const gone = new AbortController();
    const waits = [1, 2, 3].map(() => codeOf(budget.enter(gone.signal)));
    // Three wait, two at once, eight seconds each: whoever comes now is served in two rounds.
    await expect(budget.enter()).rejects.toMatchObject({ code: 'busy', retryAfterS: 16 });
    expect(budget.stats()).toMatchObject({ refused: 1, waiting: 3, heldMeanMs: 8_000 });
    gone.abort();
    expect(await Promise.all(waits)).toEqual(['abandoned', 'abandoned', 'abandoned']);
    for (const release of held) release();
  });

  it('a caller who leaves gives up its place in the line', async () => {
    const clock = openHandClock();
    const budget = openBudget({ ...OPTIONS, concurrent: 1 }, clock);
    const release = await budget.enter();
    const gone = new AbortController();
    const first = codeOf(budget.enter(gone.signal));
    const second = budget.enter();
    gone.abort();
    expect(await first).toBe('abandoned');
    expect(budget.stats()).toMatchObject({ waiting: 1, left: 1 });
    release();
    (await second)();
    expect(budget.stats()).toMatchObject({ running: 0, waiting: 0 });
    expect(await codeOf(budget.enter(gone.signal))).toBe('abandoned');
    expect(clock.pending()).toBe(0);
  });

  it('nobody waits longer than the limit', async () => {
    const clock = openHandClock();
    const budget = openBudget({ ...OPTIONS, concurrent: 1 }, clock);
    const release = await budget.enter();
    const late = codeOf(budget.enter());
    clock.turn(1_000);
    expect(await late).toBe('busy');
    expect(budget.stats()).toMatchObject({ waiting: 0, timedOut: 1 });
    release();
  });

  it('says when nobody holds or wants a place any more', async () => {
    const budget = openBudget({ ...OPTIONS, concurrent: 1 }, openHandClock());
    await budget.whenIdle();
    const release = await budget.enter();
    const next = budget.enter();
    let idle = false;
    const wait = budget.whenIdle().then(() => {
      idle = true;
    });
    release();
    await settle();
    expect(idle).toBe(false);
    (await next)();
    await wait;
    expect(idle).toBe(true);
  });
});
