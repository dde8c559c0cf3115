/** The numbers of the pool, as they stand at this moment, and the word that sums them up. */
import type { BreakerState } from '../guards/breaker.js';
import { worstOf, type Breakers } from './breakers.js';
import type { Connection } from './connection.js';
import type { FailureKind } from './failure.js';
import type { Lanes } from './lanes.js';
import type { Lending } from './lending.js';
import type { RedisPoolOptions } from './options.js';
import type { Source } from './source.js';
import type { SentinelCounts } from './sentinel-watch.js';
import type { PoolStanding } from './standing.js';
import { operations, type ErrorCount, type Operation, type Tally } from './tally.js';
import type { Writable } from './writable.js';

export type PoolStatus = 'healthy' | 'degraded' | 'readonly' | 'down';

/** One node of a Cluster. */
export interface NodeStats {
  readonly server: string;
  readonly status: PoolStatus;
  readonly slots: number;
  readonly inUse: number;
  readonly max: number;
}

export interface RedisPoolStats {
  readonly status: PoolStatus;
  /** The last failure seen, by its kind; undefined when there was none. */
  readonly lastFailure: FailureKind | undefined;
  readonly writable: boolean;
  readonly breaker: BreakerState;
  readonly breakers: Readonly<Record<Operation, BreakerState>>;
  readonly host: string;
  readonly port: number;
  readonly db: number;
  /** How many of those that are set are in which state; undefined without Sentinel. */
  readonly sentinels?: SentinelCounts | undefined;
  /** Each with a pool of its own, all of which are counted here together; only of a Cluster. */
  readonly nodes?: readonly NodeStats[];
  readonly max: number;
  readonly initializedWallMs: number;
  /** When Redis answered one last; undefined before the first. */
  readonly lastHealthCheckWallMs: number | undefined;
  readonly lanesOpen: number;
  /** Lanes with a command in flight, and connections that one caller holds. */
  readonly inUse: number;
  readonly peak: number;
  /** Sockets for commands that exist now. */
  readonly open: number;
  /** Callers who wait for a connection of their own. */
  readonly waiting: number;
  /** Sockets apart from them, for subscriptions and blocking readers, that exist now. */
  readonly dedicated: number;
  readonly commands: number;
  readonly errors: number;
  readonly errorCounts: readonly ErrorCount[];
  readonly leases: number;
  readonly waited: number;
  readonly waitedMs: number;
  readonly exhaustions: number;
}

export interface StatsSources {
  readonly options: Pick<RedisPoolOptions, 'lanes' | 'max'>;
  readonly tally: Tally;
  readonly lanes: Lanes;
  readonly lending: Lending;
  readonly breakers: Breakers;
  readonly standing: PoolStanding;
  readonly writable: Writable;
  readonly source: Source;
  readonly dedicated: () => number;
  /** Dedicated ones that ought to be there. */
  readonly missing: () => number;
  readonly initializedWallMs: number;
  readonly marked?: (() => void) | undefined;
}

export interface StatsBook {
  /** Looks whether more are in use than ever before: after a lane, or a loan, was put to use. */
  readonly mark: (lane?: Connection) => void;
  readonly inUse: () => number;
  readonly read: () => RedisPoolStats;
}

export function openStatsBook(sources: StatsSources): StatsBook {
  const { options, tally, lanes, lending, breakers, standing, writable } = sources;
  let peak = 0;
  const inUse = (): number => lanes.inUse() + lending.stats().lent;

  const status = (): PoolStatus => {
    if (!standing.isUp()) return 'down';
    if (!writable.now()) return 'readonly';
    const isWhole = lanes.open() === options.lanes && sources.missing() === 0;
    return isWhole && worstOf(breakers) === 'closed' ? 'healthy' : 'degraded';
  };

  return {
    inUse,
    mark(lane) {
      // More than one in flight here: the lane was counted when the first came.
      if (lane !== undefined && lane.load !== 1) return;
      peak = Math.max(peak, inUse());
      sources.marked?.();
    },
    read() {
      const { served, open, waiting, waited, waitedMs, exhaustions } = lending.stats();
      const states = operations.map((op) => [op, breakers[op].state()] as const);
      const { host, port, db, sentinels } = sources.source.where();
      return {
        ...{ open, waiting, waited, waitedMs, exhaustions },
        ...{ host, port, db, sentinels, max: options.max, peak },
        lastHealthCheckWallMs: standing.checkedWallMs(),
        initializedWallMs: sources.initializedWallMs,
        status: status(),
        lastFailure: standing.lastKind(),
        writable: writable.now(),
        // Without a connection nothing passes, whether or not anybody has tried.
        breaker: standing.isUp() ? worstOf(breakers) : 'open',
        breakers: Object.fromEntries(states) as Record<Operation, BreakerState>,
        lanesOpen: lanes.open(),
        inUse: inUse(),
        dedicated: sources.dedicated(),
        commands: tally.commands,
        errors: tally.errors(),
        errorCounts: tally.errorCounts(),
        leases: served,
      };
    },
  };
}
