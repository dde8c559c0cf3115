/** The alert rules: which numbers are bad, how bad, and for how long; judged over windows. */
import { meanWaitMs, REQUESTS_MIN, share } from './scores.js';

export type Severity = 'warning' | 'critical';

export interface AlertEvidence {
  /** Of the last five minutes. */
  readonly hits: number;
  readonly misses: number;
  readonly stale: number;
  readonly evictedEarly: number;
  /** Undefined when too little was asked. */
  readonly efficiency: number | undefined;
  readonly leaks: number;
  /** Undefined while Redis is off. */
  readonly redis:
    | {
        readonly max: number;
        readonly available: number;
        /** Callers who got no connection within the last minute. */
        readonly exhaustions: number;
        /** Within the last five minutes. */
        readonly errors: number;
      }
    | undefined;
  /** What each pool does now, and its waits within the last minute. */
  readonly pools: readonly {
    readonly inUse: number;
    readonly max: number;
    readonly commands: number;
    readonly waitedMs: number;
  }[];
}

export interface AlertRule {
  readonly name: string;
  readonly severity: Severity;
  /** What it says when it fires. */
  readonly sentence: string;
  readonly threshold: number;
  /** How long it must have been bad before it fires. */
  readonly forMs: number;
  /** Undefined when there is nothing to judge. */
  readonly value: (evidence: AlertEvidence) => number | undefined;
  readonly isBad: (value: number, evidence: AlertEvidence) => boolean;
}

const MINUTE_MS = 60_000;
/** A small pool lives near its end; "nearly exhausted" says something of larger ones only. */
const REDIS_POOL_MIN = 10;

function hitRate({ hits, misses }: AlertEvidence): number | undefined {
  return hits + misses < REQUESTS_MIN ? undefined : share(hits, hits + misses);
}

function highest(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.max(...values);
}

const above =
  (threshold: number) =>
  (value: number): boolean =>
    value > threshold;
const below =
  (threshold: number) =>
  (value: number): boolean =>
    value < threshold;

export const alertRules: readonly AlertRule[] = [
  {
    name: 'cache_hit_rate_low',
    severity: 'warning',
    sentence: 'Less than 70 % of the requests of five minutes were hits.',
    threshold: 0.7,
    forMs: 0,
    value: hitRate,
    isBad: below(0.7),
  },
  {
    name: 'low_cache_hit_rate',
    severity: 'warning',
    sentence: 'Less than half of the requests of five minutes were hits.',
    threshold: 0.5,
    forMs: 0,
    value: hitRate,
    isBad: below(0.5),
  },
  {
    name: 'redis_pool_exhausted',
    severity: 'critical',
    sentence: 'The Redis pool has fewer than 5 connections left, or a caller got none.',
    threshold: 5,
    forMs: 0,
    value: ({ redis }) => redis?.available,
    isBad: (available, { redis }) =>
      redis !== undefined &&
      ((redis.max >= REDIS_POOL_MIN && available < 5) || redis.exhaustions > 0),
  },
  {
    name: 'high_error_rate',
    severity: 'critical',
    sentence: 'Redis gave more than 100 errors in five minutes.',
    threshold: 100,
    forMs: 0,
    value: ({ redis }) => redis?.errors,
    isBad: above(100),
  },
  {
    name: 'high_pool_utilization',
    severity: 'critical',
    sentence: 'More than 90 % of a pool has been in use for a minute.',
    threshold: 0.9,
    forMs: MINUTE_MS,
    value: ({ pools }) => highest(pools.map(({ inUse, max }) => share(inUse, max))),
    isBad: above(0.9),
  },
  {
    name: 'high_connection_wait_time',
    severity: 'warning',
    sentence: 'Callers of a pool waited for more than 100 ms on average over a minute.',
    threshold: 100,
    forMs: 0,
    value: ({ pools }) => highest(pools.filter(({ commands }) => commands > 0).map(meanWaitMs)),
    isBad: above(100),
  },
  {
    name: 'resource_leaks_detected',
    severity: 'critical',
    sentence: 'Resources are held for longer than they should be.',
    threshold: 0,
    forMs: 0,
    value: ({ leaks }) => leaks,
    isBad: above(0),
  },
  {
    name: 'cache_memory_high',
    severity: 'warning',
    sentence: 'Answers were evicted within a minute of being stored.',
    threshold: 0,
    forMs: 0,
    value: ({ evictedEarly }) => evictedEarly,
    isBad: above(0),
  },
  {
    name: 'low_cache_efficiency',
    severity: 'warning',
    sentence: 'The efficiency score of the cache is below 40.',
    threshold: 40,
    forMs: 0,
    value: ({ efficiency }) => efficiency,
    isBad: below(40),
  },
  {
    name: 'stale_serving',
    severity: 'warning',
    sentence: 'More than 5 % of the answers of five minutes were past their lifetime.',
    threshold: 0.05,
    forMs: 0,
    value: ({ hits, misses, stale }) =>
      hits + misses === 0 ? undefined : share(stale, hits + misses),
    isBad: above(0.05),
  },
];
