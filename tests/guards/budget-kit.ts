/** A book of who got his turn when, for the tests of the budget. */
import { Failure } from '../../src/errors.js';
import type { Budget, Terms } from '../../src/guards/budget.js';
import type { Priority } from '../../src/message.js';

export const OPTIONS = { concurrent: 1, queued: 4, waitMs: 60_000 };

/** Everybody writes into one book what became of him, and releases as soon as he got a place. */
export function bookOf(budget: Budget) {
  const book: string[] = [];
  const come = (name: string, terms: Terms = {}, signal?: AbortSignal): void => {
    budget.enter(signal, terms).then(
      (release) => {
        book.push(name);
        release();
      },
      (thrown: unknown) => {
        book.push(`${name}: ${thrown instanceof Failure ? thrown.code : 'not a Failure'}`);
      },
    );
  };
  return { book, come };
}

export const as = (priority: Priority): Terms => ({ priority });
