/** How long somebody waits for his turn, and who is told at once that it would be longer. */
import { describe, expect, it } from '@jest/globals';
import { openBudget } from '../../src/guards/budget.js';
import { handClock } from '../fakes/hand-clock.js';
import { settle } from '../fakes/waiting.js';
import { as, bookOf, OPTIONS } from './budget-kit.js';

describe('patience', () => {
  it('ends a wait before the budget’s own limit does', async () => {
    const clock = handClock();
    const budget = openBudget(OPTIONS, clock);
    const held = await budget.enter();
    const { book, come } = bookOf(budget);
    come('patient');
    come('hurried', { patienceMs: 5_000 });
    clock.turn(4_999);
    await settle();
    expect(book).toEqual([]);
    clock.turn(1);
    await settle();
    expect(book).toEqual(['hurried: busy']);
    clock.turn(55_000);
    await settle();
    expect(book).toEqual(['hurried: busy', 'patient: busy']);
    expect(budget.stats().classes.foreground).toMatchObject({ timedOut: 2, hopeless: 0 });
    held();
  });

  it('of a caller who joins a refresh begins when he does, and ends both waits', async () => {
    const clock = handClock();
    const budget = openBudget(OPTIONS, clock);
    const held = await budget.enter();
    const { book, come } = bookOf(budget);
    const joined = new AbortController();
    const terms = { priority: 'revalidate', patienceMs: 5_000 } as const;
    come('joined', { ...terms, urgent: joined.signal });
    come('alone', { ...terms, urgent: new AbortController().signal });
    clock.turn(20_000);
    joined.abort();
    clock.turn(4_999);
    await settle();
    expect(book).toEqual([]);
    clock.turn(1);
    await settle();
    expect(book).toEqual(['joined: busy']);
    clock.turn(35_000);
    await settle();
    expect(book).toEqual(['joined: busy', 'alone: busy']);
    held();
  });

  it('of a caller who joins a refresh makes no wait longer than the budget’s own', async () => {
    const clock = handClock();
    const budget = openBudget({ ...OPTIONS, waitMs: 6_000 }, clock);
    const held = await budget.enter();
    const { book, come } = bookOf(budget);
    const joined = new AbortController();
    come('joined', { priority: 'warm', patienceMs: 5_000, urgent: joined.signal });
    clock.turn(4_000);
    joined.abort();
    clock.turn(2_000);
    await settle();
    expect(book).toEqual(['joined: busy']);
    held();
  });

  it('is not tried where the wait is known to last longer: the answer says so', async () => {
    const clock = handClock();
    const budget = openBudget({ ...OPTIONS, concurrent: 2, queued: 10 }, clock);
    const early = await budget.enter();
    clock.turn(8_000);
    early();
    await Promise.all([budget.enter(), budget.enter()]);
    const { come } = bookOf(budget);
    come('caller');
    come('refresh', as('revalidate'));
    // Eight seconds each, two at once: one leaves every four seconds.
    expect(budget.estimateMs('foreground')).toBe(8_000);
    expect(budget.estimateMs('revalidate')).toBe(12_000);
    expect(budget.estimateMs('warm')).toBe(16_000);
    const terms = { priority: 'revalidate', patienceMs: 11_999 } as const;
    await expect(budget.enter(undefined, terms)).rejects.toMatchObject({
      ...{ code: 'busy', retryAfterS: 12 },
    });
    expect(budget.stats()).toMatchObject({ waiting: 2, refused: 1, hopeless: 1 });
    come('patient', { priority: 'revalidate', patienceMs: 12_000 });
    expect(budget.stats().waiting).toBe(3);
  });

  it('is judged by those who hold a place for long, before any has ended', async () => {
    const clock = handClock();
    const budget = openBudget(OPTIONS, clock);
    await budget.enter();
    expect(budget.estimateMs('foreground')).toBe(0);
    clock.turn(7_000);
    expect(budget.estimateMs('foreground')).toBe(7_000);
    await expect(budget.enter(undefined, { patienceMs: 5_000 })).rejects.toMatchObject({
      ...{ code: 'busy', retryAfterS: 7 },
    });
  });

  it('of nothing at all takes a free place and waits for none', async () => {
    const budget = openBudget(OPTIONS, handClock());
    await budget.enter(undefined, { patienceMs: 0 });
    await expect(budget.enter(undefined, { patienceMs: 0 })).rejects.toMatchObject({
      code: 'busy',
    });
  });
});
