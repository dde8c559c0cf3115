/** One reading of every number in the house, as the rooms keep them; all exposition starts here. */
import type { CodingReading } from './families-coding.js';
import type { FleetReading } from './families-fleet.js';
import type { TrackingReading } from './families-tracking.js';
import type { WorkersReading } from './families-workers.js';
import type { SnapshotReading } from './families-snapshot.js';
import type { Times } from './histogram.js';
import type { RedisReading } from './reading-redis.js';
import type { BudgetReading, UpstreamReading } from './reading-upstream.js';

/** Numbers of one kind by a name from a closed set. */
export type Counts = Readonly<Record<string, number>>;

export interface RouteReading {
  readonly route: string;
  readonly hits: number;
  readonly stale: number;
  readonly negative: number;
  readonly misses: number;
  readonly missed: ReadonlyMap<string, number>;
  readonly coalesced: number;
  readonly later: number;
  readonly errors: number;
  readonly stored: number;
  readonly refused: ReadonlyMap<string, number>;
  readonly bypassed: ReadonlyMap<string, number>;
  readonly latencySavedMs: number;
  readonly computeSavedMs: number;
  readonly computeSpentMs: number;
  readonly computeBehindMs: number;
  readonly refreshed: ReadonlyMap<string, number>;
  readonly refreshMs: ReadonlyMap<string, number>;
  readonly unusedMs: ReadonlyMap<string, number>;
  readonly refreshesFailed: number;
  readonly hitAgeMs: number;
  readonly hitMs: Readonly<Record<string, Times>>;
  readonly missMs: Times;
}

export interface MemoryReading {
  readonly entries: number;
  readonly bytes: number;
  readonly entriesMax: number;
  readonly bytesMax: number;
  readonly evictions: number;
  readonly evictedForEntries: number;
  readonly evictedNotAdmitted: number;
  readonly evictedEnded: number;
  readonly evictedEarly: number;
  readonly evictedAskedAgain: number;
  readonly replaced: number;
  readonly refusedTooLarge: number;
  readonly refusedNotAdmitted: number;
  readonly oldestMs: number;
}

/** A setting, and what to make of it. */
export interface Remedy {
  readonly setting: string;
  readonly value: string;
}

/** A pool: things that are lent to one caller at a time. */
export interface PoolReading {
  readonly max: number;
  readonly inUse: number;
  /** Those that exist now, in use or idle. */
  readonly open: number;
  readonly waiting: number;
  /** Connections that are never lent, as for subscriptions. */
  readonly dedicated: number;
  /** Most in use at the same time since the start. */
  readonly peak: number;
  /** Callers who got one, those of them who had to wait, and all their waits. */
  readonly served: number;
  readonly waited: number;
  readonly waitedMs: number;
  readonly errors: number;
  /** Callers who got none: too many waited already, or the wait was too long. */
  readonly exhaustions: number;
  /** The setting that bounds it. */
  readonly setting: string;
  /** What an operator may change when much goes wrong behind it. */
  readonly remedy: Remedy;
}

/** What the Redis pool says of itself beside the numbers that every pool has. */
export interface ListenerReading {
  readonly open: number;
  readonly openMax: number;
  readonly inFlight: number;
  readonly accepted: number;
  readonly dropped: number;
  readonly writeTimeouts: number;
  readonly refused: Readonly<Partial<Record<string, number>>>;
}

/** What was read from the second tier and written to it. */
export interface SecondReading {
  readonly reads: Counts;
  readonly rejected: ReadonlyMap<string, number>;
  readonly tooOld: number;
  readonly written: number;
  readonly notWritten: ReadonlyMap<string, number>;
  readonly leads: Counts;
  /** Undefined where nothing is tracked. */
  readonly tracking?: TrackingReading | undefined;
}

export interface Level {
  readonly now: number;
  readonly max: number;
}

/** What waits or is held at this moment, by these names and no others. */
export type LevelName =
  | 'flights'
  | 'waiters'
  | 'marks'
  | 'ahead'
  | 'warm_waiting'
  | 'answers'
  | 'answer_bytes'
  | 'coding_waiting'
  | 'opening_waiting'
  | 'plain_bytes'
  | 'second_tier_looks'
  | 'second_tier_writes'
  | 'second_tier_write_bytes'
  | 'second_tier_unlanded'
  | 'aliases'
  | 'identities'
  | 'purge_fences'
  | 'purge_bans'
  | 'energy_watchers'
  | 'dashboard_watchers'
  | 'resources'
  | 'window_series'
  | 'alert_notices'
  | 'trace_spans';

/** What happened since the start and belongs to no route, pool or listener. */
export type EventName =
  | 'waiters_refused'
  | 'answers_refused'
  | 'answers_not_held'
  | 'ahead_refused'
  | 'warm_computed'
  | 'warm_fresh'
  | 'warm_failed'
  | 'warm_refused'
  | 'purges'
  | 'energy_watchers_refused'
  | 'dashboard_refused'
  | 'dashboard_skipped'
  | 'log_lines_dropped'
  | 'settings_reloads'
  | 'settings_refused'
  | 'window_series_dropped'
  | 'alert_notices_sent'
  | 'alert_notices_retried'
  | 'alert_notices_failed'
  | 'alert_notices_dropped'
  | 'trace_spans_exported'
  | 'trace_spans_dropped'
  | 'trace_spans_lost';

/** What a cache counts, whoever it belongs to. */
export interface CacheReading {
  readonly routes: readonly RouteReading[];
  readonly cacheErrors: number;
  readonly memory: MemoryReading;
  readonly lastMinute: LastMinute;
}

export interface LastMinute {
  readonly hits: number;
  readonly misses: number;
  readonly errors: number;
}

/** What the rooms count, before anybody judges it. */
export interface Counted extends Omit<CacheReading, 'lastMinute'> {
  readonly version: string;
  readonly wallMs: number;
  /** The same moment on the clock that never jumps. */
  readonly clockMs: number;
  readonly uptimeMs: number;
  readonly workers: number;
  /** Undefined while one process does everything. */
  readonly processes?: WorkersReading | undefined;
  readonly runtimeEndOfLife: boolean;
  readonly evictedAge: Times;
  readonly snapshot: SnapshotReading;
  readonly coding: CodingReading;
  readonly pools: Readonly<Record<string, PoolReading>>;
  /** Undefined while Redis is off. */
  readonly redis?: RedisReading | undefined;
  /** Undefined while there is none. */
  readonly second?: SecondReading | undefined;
  /** Undefined while there is no fleet. */
  readonly fleet?: FleetReading | undefined;
  readonly budgets: Readonly<Record<string, BudgetReading>>;
  readonly upstreams: Readonly<Record<string, UpstreamReading>>;
  readonly listeners: Readonly<Record<string, ListenerReading>>;
  readonly levels: Readonly<Record<LevelName, Level>>;
  readonly events: Readonly<Record<EventName, number>>;
  /** Resources that are held for longer than they should be. */
  readonly leaks: number;
}

export interface PoolMinute {
  readonly commands: number;
  readonly errors: number;
  readonly exhaustions: number;
}

/** An alert as it stands; times are those of the wall clock. */
export interface AlertReading {
  readonly name: string;
  readonly severity: 'warning' | 'critical';
  readonly state: 'ok' | 'pending' | 'firing';
  /** When it came into this state; undefined when it has been fine since the start. */
  readonly sinceWallMs: number | undefined;
  /** Undefined when nothing is there to be judged. */
  readonly value: number | undefined;
  readonly threshold: number;
}

export interface Reading extends Counted {
  readonly status: 'healthy' | 'degraded';
  readonly lastMinute: LastMinute;
  readonly poolMinutes: Readonly<Record<string, PoolMinute>>;
  /** Scores from 0 to 100 of those that had enough to do to be judged. */
  readonly cacheScores: Counts;
  readonly poolScores: Counts;
  readonly alerts: readonly AlertReading[];
}
