/** A retry budget: so few of all requests may be asked twice that no outage is made worse by it. */
import type { Clock } from '../clock.js';

export interface RetryBudgetOptions {
  /** Retries for each request, such as a tenth. */
  readonly share: number;
  /** What is there at the start, and the most that can be saved up. */
  readonly reserve: number;
  /** So many a second are allowed without any traffic, or those who come rarely get none. */
  readonly perSecond: number;
}

export interface RetryBudget {
  /** Each request brings its share. */
  earn(): void;
  /** True when one retry may go out; it is taken from what is there. */
  spend(): boolean;
  /** Retries that were not allowed. */
  refused(): number;
}

const SECOND_MS = 1000;

export function openRetryBudget(options: RetryBudgetOptions, clock: Clock): RetryBudget {
  const { share, reserve, perSecond } = options;
  let balance = reserve;
  let sinceMs = clock.nowMs();
  let refused = 0;
  const save = (more: number): void => {
    const nowMs = clock.nowMs();
    balance = Math.min(reserve, balance + more + ((nowMs - sinceMs) / SECOND_MS) * perSecond);
    sinceMs = nowMs;
  };
  return {
    earn() {
      save(share);
    },
    spend() {
      save(0);
      if (balance < 1) {
        refused += 1;
        return false;
      }
      balance -= 1;
      return true;
    },
    refused: () => refused,
  };
}
