/** The plans of all routes that have a `cache`, made when the rules are. */
import type { Route } from '../policy/rules.js';
import type { Plan } from './plan.js';
import { planOfHttp } from './plan-http.js';
import { planOfRule } from './plan-rule.js';
import type { Searches } from './searches.js';

export interface PlanTools {
  readonly bodyBytesMax: () => number;
  readonly searches: Searches;
  readonly trusts: () => (peer: string) => boolean;
}

export function plansOf(routes: readonly Route[], tools: PlanTools): ReadonlyMap<Route, Plan> {
  const plans = new Map<Route, Plan>();
  for (const route of routes) {
    if (route.cache === 'none') continue;
    const plan =
      route.cache === 'http'
        ? planOfHttp(tools.bodyBytesMax, tools.trusts, tools.searches)
        : planOfRule(route.cache);
    plans.set(route, plan);
  }
  return plans;
}
