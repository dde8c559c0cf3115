/** What the pool can be told: where Redis is, and every number that bounds it. */
import { OperatorError } from '../errors.js';
import type { BreakerNumbers } from './breakers.js';
import type { ClusterTarget, RedisTarget, ServerTarget } from './target.js';

export interface RedisPoolOptions {
  readonly target: RedisTarget;
  /** One node of a Cluster: redirections are a sign of life. */
  readonly isMember?: boolean;
  /** Read, and never write. */
  readonly readonly: boolean;
  /** Connections kept open, and at most; lanes are among them. */
  readonly min: number;
  readonly max: number;
  readonly lanes: number;
  /** Callers of a connection of their own: how long one waits, how many may. */
  readonly waitMs: number;
  readonly waitersMax: number;
  /** Longest that one caller may hold a connection. */
  readonly leaseMs: number;
  /** Subscriptions and blocking reads, which stand apart from `max`. */
  readonly dedicatedMax: number;
  readonly idleMs: number;
  readonly lifetimeMs: number;
  readonly healthMs: number;
  /** For name, socket and TLS; and from there to the first command. */
  readonly connectMs: number;
  readonly handshakeMs: number;
  /** Longest wait for a reply. */
  readonly readMs: number;
  readonly writeMs: number;
  readonly breaker: BreakerNumbers;
  /** Commands in flight on one connection, and bytes that its socket has not taken. */
  readonly inFlightMax: number;
  readonly unsentBytesMax: number;
  /** While Redis cannot be reached: the second try, and the longest rest. */
  readonly retryFirstMs: number;
  readonly retryMaxMs: number;
  /** How often a replica is asked whether it leads by now. */
  readonly roleMs: number;
  readonly dedicatedPingMs: number;
}

export interface ServerPoolOptions extends RedisPoolOptions {
  readonly target: ServerTarget;
}

/** The numbers are those of each node; only `dedicatedMax` is for all together. */
export interface ClusterPoolOptions extends RedisPoolOptions {
  readonly target: ClusterTarget;
}

export const usualPool: Omit<RedisPoolOptions, 'target'> = {
  readonly: false,
  ...{ min: 5, max: 100, lanes: 4, waitMs: 1000, waitersMax: 1000, leaseMs: 30_000 },
  ...{ dedicatedMax: 16, idleMs: 300_000, lifetimeMs: 1_800_000, healthMs: 30_000 },
  ...{ connectMs: 5000, handshakeMs: 1000, readMs: 50, writeMs: 100 },
  breaker: { failures: 5, share: 0.5, callsMin: 20, windowMs: 10_000, openMs: 1000 },
  ...{ inFlightMax: 4096, unsentBytesMax: 8 * 2 ** 20 },
  ...{ retryFirstMs: 100, retryMaxMs: 1000, roleMs: 1000, dedicatedPingMs: 2000 },
};

/** Two of these numbers can contradict each other. */
export function checkPool({ max, lanes }: Pick<RedisPoolOptions, 'max' | 'lanes'>): void {
  if (max >= lanes + 1) return;
  throw new OperatorError('The Redis pool needs at least one connection more than it has lanes.');
}
