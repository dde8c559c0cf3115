/** Every question to an upstream passes its budget: so many at once, so many waiting in turn. */
import type { Clock } from './clock.js';
import type { Failure } from './errors.js';
import { openBudget, type Budget, type BudgetOptions, type BudgetStats } from './guards/budget.js';
import type { Fetch, Priority } from './message.js';

export interface Budgeted {
  readonly fetch: Fetch;
  /** How long a question of this priority would wait for its turn. */
  estimateMs(upstream: string, priority: Priority): number;
  stats(): Readonly<Record<string, BudgetStats>>;
}

/** What is known of an upstream before anybody gets in line for it. */
export interface Door {
  refusal(upstream: string): Failure | undefined;
  whenSick(listener: (upstream: string, failure: Failure) => void): void;
}

export function budgeted(
  fetch: Fetch,
  options: BudgetOptions,
  clock: Clock,
  door?: Door,
): Budgeted {
  // One for each name in the settings, and no request can add a name.
  const budgets = new Map<string, Budget>();
  const budgetOf = (upstream: string): Budget => {
    let budget = budgets.get(upstream);
    if (budget === undefined) budgets.set(upstream, (budget = openBudget(options, clock)));
    return budget;
  };
  // Whoever stands in line for an upstream that has fallen sick would wait for a refusal.
  door?.whenSick((upstream, failure) => {
    budgets.get(upstream)?.turnAway(failure);
  });
  return {
    async fetch(request) {
      const { upstream, signal, patienceMs } = request;
      const failure = door?.refusal(upstream);
      if (failure !== undefined) throw failure;
      const sinceMs = clock.nowMs();
      const release = await budgetOf(upstream).enter(signal, request);
      try {
        const reply = await fetch(
          patienceMs === undefined
            ? request
            : { ...request, patienceMs: Math.max(0, patienceMs - (clock.nowMs() - sinceMs)) },
        );
        if (reply.body === undefined || Buffer.isBuffer(reply.body)) release();
        // The work is not done before its last byte is out, or its reader has gone.
        else reply.body.once('close', release);
        return reply;
      } catch (thrown) {
        release();
        throw thrown;
      }
    },
    estimateMs: (upstream, priority) => budgets.get(upstream)?.estimateMs(priority) ?? 0,
    stats: () => Object.fromEntries([...budgets].map(([name, budget]) => [name, budget.stats()])),
  };
}
