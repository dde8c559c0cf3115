/** Whose turn it is: callers first, then refreshes, warming last. */
import { describe, expect, it } from '@jest/globals';
import { Failure } from '../../src/errors.js';
import { openBudget, type Release } from '../../src/guards/budget.js';
import { handClock } from '../fakes/hand-clock.js';
import { settle } from '../fakes/waiting.js';
import { as, bookOf, OPTIONS } from './budget-kit.js';

describe('the line', () => {
  it('serves callers first, then refreshes, audits and warming, each in their order', async () => {
    const budget = openBudget({ ...OPTIONS, queued: 10 }, handClock());
    const held = await budget.enter();
    const { book, come } = bookOf(budget);
    for (const nth of [1, 2]) {
      for (const priority of ['warm', 'audit', 'revalidate', 'foreground'] as const) {
        come(`${priority} ${nth}`, as(priority));
      }
    }
    held();
    await settle();
    expect(book).toEqual([
      ...['foreground 1', 'foreground 2', 'revalidate 1', 'revalidate 2'],
      ...['audit 1', 'audit 2', 'warm 1', 'warm 2'],
    ]);
    expect(budget.stats()).toMatchObject({ running: 0, waiting: 0, entered: 9, waited: 8 });
    expect(budget.stats().classes.warm).toMatchObject({ entered: 2, waited: 2 });
  });

  it('when full, gives the place of the newest of the lowest class to a higher one', async () => {
    const budget = openBudget(OPTIONS, handClock());
    const held = await budget.enter();
    const { book, come } = bookOf(budget);
    come('audit', as('audit'));
    come('old warm', as('warm'));
    come('new warm', as('warm'));
    come('caller 1');
    come('caller 2');
    await settle();
    expect(book).toEqual(['new warm: busy']);
    come('caller 3');
    come('refresh', as('revalidate'));
    come('a warm too many', as('warm'));
    await settle();
    expect(book.slice(1)).toEqual(['old warm: busy', 'audit: busy', 'a warm too many: busy']);
    come('caller 4');
    come('caller 5');
    await settle();
    expect(book.slice(4)).toEqual(['refresh: busy', 'caller 5: busy']);
    held();
    await settle();
    expect(book.slice(6)).toEqual(['caller 1', 'caller 2', 'caller 3', 'caller 4']);
    const { classes, refused } = budget.stats();
    expect(refused).toBe(6);
    expect(classes.warm).toMatchObject({ refused: 3, displaced: 2 });
    expect(classes.foreground).toMatchObject({ refused: 1, displaced: 0 });
  });

  it('a refresh that somebody begins to wait for goes on as his', async () => {
    const budget = openBudget(OPTIONS, handClock());
    const held = await budget.enter();
    const { book, come } = bookOf(budget);
    const urgent = new AbortController();
    come('refresh', as('revalidate'));
    come('wanted', { priority: 'warm', urgent: urgent.signal });
    come('caller');
    urgent.abort();
    expect(budget.stats().classes).toMatchObject({
      foreground: { waiting: 2 },
      warm: { waiting: 0 },
    });
    come('wanted from the start', { priority: 'warm', urgent: urgent.signal });
    held();
    await settle();
    expect(book).toEqual(['caller', 'wanted', 'wanted from the start', 'refresh']);
  });

  it('sends everybody away when what they wait for will not come', async () => {
    const clock = handClock();
    const budget = openBudget(OPTIONS, clock);
    const held = await budget.enter();
    const { book, come } = bookOf(budget);
    come('caller');
    come('warm', as('warm'));
    budget.turnAway(new Failure('upstream_sick', { retryAfterS: 5 }));
    await settle();
    expect(book).toEqual(['caller: upstream_sick', 'warm: upstream_sick']);
    expect(clock.pending()).toBe(0);
    held();
    await budget.whenIdle();
  });
});

describe('warming', () => {
  it('leaves a quarter of the places to callers, who never wait for it', async () => {
    const budget = openBudget({ ...OPTIONS, concurrent: 8, queued: 10 }, handClock());
    const warm: Release[] = [];
    for (let nth = 0; nth < 7; nth += 1) {
      void budget.enter(undefined, as('warm')).then((release) => warm.push(release));
    }
    await settle();
    expect(budget.stats().classes.warm).toMatchObject({ running: 6, waiting: 1 });
    const callers = [await budget.enter(), await budget.enter()];
    expect(budget.tryEnter()).toBeUndefined();
    // As many leave as callers came: only the next one brings the warming its quarter back.
    warm[0]?.();
    warm[1]?.();
    await settle();
    expect(budget.stats().classes.warm).toMatchObject({ running: 4, waiting: 1 });
    callers[0]?.();
    await settle();
    expect(budget.stats().classes.warm).toMatchObject({ running: 5, waiting: 0 });
  });

  it('that becomes urgent takes a place that was kept from it', async () => {
    const budget = openBudget({ ...OPTIONS, concurrent: 4 }, handClock());
    for (let nth = 0; nth < 3; nth += 1) await budget.enter(undefined, as('warm'));
    const urgent = new AbortController();
    const { book, come } = bookOf(budget);
    come('warm', { priority: 'warm', urgent: urgent.signal });
    await settle();
    expect(book).toEqual([]);
    urgent.abort();
    await settle();
    expect(book).toEqual(['warm']);
  });

  it('has fewer places while there are fewer in all', async () => {
    const options = { ...OPTIONS, concurrent: 8, queued: 10 };
    const budget = openBudget(options, handClock());
    options.concurrent = 4;
    const { book, come } = bookOf(budget);
    await Promise.all([1, 2, 3].map(() => budget.enter(undefined, as('warm'))));
    come('warm', as('warm'));
    await settle();
    expect(book).toEqual([]);
    expect(budget.stats().classes.warm).toMatchObject({ running: 3, waiting: 1 });
  });

  it('has the only place where there is but one and nobody wants it', async () => {
    const budget = openBudget(OPTIONS, handClock());
    await budget.enter(undefined, as('warm'));
    expect(budget.stats().running).toBe(1);
  });
});
