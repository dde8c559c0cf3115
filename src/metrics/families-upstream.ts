/** The families of the upstreams: their budgets by class, their breakers, retries and errors. */
import { each, labeller, type Family } from './family.js';
import type { BreakerWord, BudgetReading, ClassReading } from './reading-upstream.js';
import type { UpstreamReading } from './reading-upstream.js';

const SECOND_MS = 1000;
const byPriority = labeller('upstream', 'priority');
const byOrigin = labeller('upstream', 'origin');
const byCode = labeller('upstream', 'code');

type Kind = 'counter' | 'gauge';

const budget = (name: string, help: string, part: (one: BudgetReading) => number): Family =>
  each('gauge', `leyden_budget_${name}`, help, 'upstream', (r) => r.budgets, part);

/** A series for each class of each budget: the classes are words of this program. */
const perClass = (
  kind: Kind,
  name: string,
  help: string,
  part: (one: ClassReading) => number,
): Family => ({
  ...{ kind, name: `leyden_budget_${name}`, help, labels: byPriority.names },
  samples: ({ budgets }) =>
    Object.entries(budgets).flatMap(([upstream, { classes }]) =>
      Object.entries(classes).map(([priority, one]) => ({
        labels: byPriority.of(upstream, priority),
        value: part(one),
      })),
    ),
});

const upstream = (name: string, help: string, part: (one: UpstreamReading) => number): Family =>
  each('counter', `leyden_upstream_${name}`, help, 'upstream', (r) => r.upstreams, part);

const budgets: readonly Family[] = [
  perClass('gauge', 'running', 'Computations that an upstream does now.', (one) => one.running),
  budget('running_max', 'Most at once.', (one) => one.max),
  perClass('gauge', 'waiting', 'Computations that wait for their turn.', (one) => one.waiting),
  budget('waiting_max', 'Most that may wait.', (one) => one.queueMax),
  perClass('counter', 'entered_total', 'Computations that got their turn.', (one) => one.entered),
  perClass('counter', 'refused_total', 'Refused before their time was over.', (one) => one.refused),
  perClass('counter', 'hopeless_total', 'Refused at once, for the wait was too long.', (one) => {
    return one.hopeless;
  }),
  perClass(
    'counter',
    'displaced_total',
    'Pushed out of a full line by a higher priority.',
    (one) => {
      return one.displaced;
    },
  ),
  perClass('counter', 'timed_out_total', 'Refused after too long a wait.', (one) => one.timedOut),
  perClass('counter', 'left_total', 'Left while they waited.', (one) => one.left),
  perClass('counter', 'wait_seconds_total', 'All waits of those who got their turn.', (one) => {
    return one.waitedMs / SECOND_MS;
  }),
];

const STATES: Readonly<Record<BreakerWord, number>> = { closed: 0, 'half-open': 1, open: 2 };

export const upstreamFamilies: readonly Family[] = [
  ...budgets,
  {
    ...{ kind: 'gauge', name: 'leyden_upstream_breaker_state', labels: byOrigin.names },
    help: '0 closed, 1 half-open (one question is let through), 2 open (left out).',
    samples: ({ upstreams }) =>
      Object.entries(upstreams).flatMap(([name, { origins }]) =>
        origins.map(({ url, breaker }) => ({
          labels: byOrigin.of(name, url),
          value: STATES[breaker],
        })),
      ),
  },
  upstream('sick_total', 'Times that an origin fell sick.', (one) => one.fell),
  upstream('sick_refused_total', 'Questions while every origin was sick.', (one) => one.refused),
  upstream('retries_total', 'Questions that were asked a second time.', (one) => one.retries),
  upstream('retries_refused_total', 'Questions not asked again, for too many were.', (one) => {
    return one.retriesRefused;
  }),
  {
    ...{ kind: 'counter', name: 'leyden_upstream_errors_total', labels: byCode.names },
    help: 'Questions that an upstream did not answer as it should.',
    samples: ({ upstreams }) =>
      Object.entries(upstreams).flatMap(([name, { errors }]) =>
        Object.entries(errors).map(([code, count]) => ({
          labels: byCode.of(name, code),
          value: count ?? 0,
        })),
      ),
  },
];
