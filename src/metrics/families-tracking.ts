/** The families of tracking: whether changes in Redis are heard at once, and what came of them. */
import { labeller, NO_LABELS, type Family } from './family.js';
import type { Reading, SecondReading } from './reading.js';

export interface TrackingReading {
  readonly state: string;
  readonly announced: number;
  readonly flushes: number;
  readonly armed: number;
  readonly gaps: number;
  readonly answers: number;
  readonly checks: Readonly<Record<string, number>>;
}

const byState = labeller('state');
const byOutcome = labeller('outcome');
const STATES = ['off', 'lost', 'on', 'refused'] as const;

const trackingIn = (second: SecondReading): TrackingReading | undefined => second.tracking;

/** Absent while there is no second tier; where it is not tracked, only its state is told. */
function family(
  kind: 'counter' | 'gauge',
  name: string,
  help: string,
  of: (tracking: TrackingReading) => number,
): Family {
  return {
    ...{ kind, name, help, labels: [] },
    samples({ second }: Reading) {
      const tracking = second && trackingIn(second);
      return tracking === undefined ? [] : [{ labels: NO_LABELS, value: of(tracking) }];
    },
  };
}

export const trackingFamilies: readonly Family[] = [
  {
    ...{ kind: 'gauge', name: 'leyden_redis_tracking', labels: byState.names },
    help: '1 for the state: whether Redis tells at once what anybody changes there.',
    samples({ second }) {
      if (second === undefined) return [];
      const state = trackingIn(second)?.state ?? 'off';
      return STATES.map((one) => ({ labels: byState.of(one), value: one === state ? 1 : 0 }));
    },
  },
  family(
    'counter',
    'leyden_redis_tracking_keys_total',
    'Keys that Redis announced as changed, leases and records among them.',
    ({ announced }) => announced,
  ),
  family(
    'counter',
    'leyden_redis_tracking_flushes_total',
    'Times that a database was emptied.',
    ({ flushes }) => flushes,
  ),
  family(
    'counter',
    'leyden_redis_tracking_armed_total',
    'Times that listening began.',
    ({ armed }) => armed,
  ),
  family(
    'counter',
    'leyden_redis_tracking_gaps_total',
    'Times that listening ended, so that changes may have been missed.',
    ({ gaps }) => gaps,
  ),
  family(
    'gauge',
    'leyden_tracked_answers',
    'Answers in memory of which a change in the second tier is noticed.',
    ({ answers }) => answers,
  ),
  {
    ...{ kind: 'counter', name: 'leyden_tracked_checks_total', labels: byOutcome.names },
    help: 'Answers in memory that were in doubt and asked for, by what came of it.',
    samples({ second }) {
      const checks = second && trackingIn(second)?.checks;
      return Object.entries(checks ?? {}).map(([outcome, value]) => ({
        labels: byOutcome.of(outcome),
        value,
      }));
    },
  },
];
