/** What is read of the Redis pool: its state, its servers and what went wrong. */
import type { BreakerWord } from './reading-upstream.js';

export interface RedisReading {
  readonly status: 'healthy' | 'degraded' | 'readonly' | 'down';
  /** The worst of those below; open while there is no connection at all. */
  readonly breaker: BreakerWord;
  readonly breakers: Readonly<Record<string, BreakerWord>>;
  readonly writable: boolean;
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly initializedWallMs: number;
  readonly lastHealthCheckWallMs: number | undefined;
  readonly lanesOpen: number;
  readonly errorCounts: readonly {
    readonly op: string;
    readonly kind: string;
    readonly count: number;
  }[];
  /** Each node of a Cluster; undefined where there is none. */
  readonly nodes?: readonly RedisNodeReading[] | undefined;
  /** Sentinels by their state; undefined where none are set. */
  readonly sentinels?: Readonly<Record<SentinelWord, number>> | undefined;
}

export const sentinelWords = ['up', 'behind', 'unknown', 'down'] as const;
export type SentinelWord = (typeof sentinelWords)[number];

export interface RedisNodeReading {
  readonly server: string;
  readonly status: RedisReading['status'];
  readonly slots: number;
  readonly inUse: number;
  readonly max: number;
}
