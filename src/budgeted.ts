/** Every question to an upstream passes its budget: so many at once, so many waiting in turn. */
import type { Clock } from './clock.js';
import { openBudget, type Budget, type BudgetOptions, type BudgetStats } from './guards/budget.js';
import type { Fetch } from './message.js';

export interface Budgeted {
  readonly fetch: Fetch;
  stats(): Readonly<Record<string, BudgetStats>>;
}

export function budgeted(fetch: Fetch, options: BudgetOptions, clock: Clock): Budgeted {
  // One for each name in the settings, and no request can add a name.
  const budgets = new Map<string, Budget>();
  const budgetOf = (upstream: string): Budget => {
    let budget = budgets.get(upstream);
    if (budget === undefined) budgets.set(upstream, (budget = openBudget(options, clock)));
    return budget;
  };
  return {
    async fetch(request) {
      const release = await budgetOf(request.upstream).enter(request.signal);
      try {
        const reply = await fetch(request);
        if (reply.body === undefined || Buffer.isBuffer(reply.body)) release();
        // The work is not done before its last byte is out, or its reader has gone.
        else reply.body.once('close', release);
        return reply;
      } catch (thrown) {
        release();
        throw thrown;
      }
    },
    stats: () => Object.fromEntries([...budgets].map(([name, budget]) => [name, budget.stats()])),
  };
}
