/** The families of Redis: its state, its breakers, and what went wrong with it, by closed words. */
import { labeller, type Family } from './family.js';
import type { Reading } from './reading.js';
import { sentinelWords, type RedisReading } from './reading-redis.js';

const byClass = labeller('class');
const byKind = labeller('op', 'kind');
const byState = labeller('state');
const byStatus = labeller('status');
const STATUSES = ['healthy', 'degraded', 'readonly', 'down'] as const;
const OPEN: Readonly<Record<string, number>> = { closed: 0, 'half-open': 1, open: 2 };

/** Absent while Redis is off. */
function family(
  head: Pick<Family, 'name' | 'help' | 'labels'> & { readonly kind: 'counter' | 'gauge' },
  of: (
    redis: RedisReading,
  ) => readonly { labels: Readonly<Record<string, string>>; value: number }[],
): Family {
  return { ...head, samples: ({ redis }: Reading) => (redis === undefined ? [] : of(redis)) };
}

export const redisFamilies: readonly Family[] = [
  family(
    {
      ...{ kind: 'gauge', name: 'leyden_redis_status', labels: byStatus.names },
      help: '1 for the state that the pool is in.',
    },
    ({ status }) =>
      STATUSES.map((one) => ({ labels: byStatus.of(one), value: one === status ? 1 : 0 })),
  ),
  family(
    {
      ...{ kind: 'gauge', name: 'leyden_redis_breaker_state', labels: byClass.names },
      help: '0 closed, 1 half-open (one command is let through), 2 open (left alone).',
    },
    ({ breakers }) =>
      Object.entries(breakers).map(([name, state]) => ({
        labels: byClass.of(name),
        value: OPEN[state] ?? 0,
      })),
  ),
  family(
    {
      ...{ kind: 'gauge', name: 'leyden_redis_sentinels', labels: byState.names },
      help: 'Sentinels that are set, by what they know.',
    },
    ({ sentinels }) =>
      sentinels === undefined
        ? []
        : sentinelWords.map((one) => ({ labels: byState.of(one), value: sentinels[one] })),
  ),
  family(
    {
      ...{ kind: 'counter', name: 'leyden_redis_errors_total', labels: byKind.names },
      help: 'What went wrong with Redis, by what was done and why.',
    },
    ({ errorCounts }) =>
      errorCounts.map(({ op, kind, count }) => ({ labels: byKind.of(op, kind), value: count })),
  ),
];
