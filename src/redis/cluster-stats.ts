/** The numbers of a Cluster: those of its nodes together, and of nodes that have left. */
import type { BreakerState } from '../guards/breaker.js';
import { worstState } from './breakers.js';
import type { ClusterNode, ClusterNodes } from './cluster-nodes.js';
import type { ClusterWatch } from './cluster-watch.js';
import { SLOTS } from './key-slot.js';
import type { ClusterPoolOptions } from './options.js';
import type { NodeStats, PoolStatus, RedisPoolStats } from './stats.js';
import { operations, type ErrorCount, type Operation, type Tally } from './tally.js';
import type { Address } from './target.js';

export interface ClusterStatsSources {
  readonly options: ClusterPoolOptions;
  readonly nodes: ClusterNodes;
  readonly watch: ClusterWatch;
  /** What concerned no node in particular. */
  readonly tally: Tally;
  readonly dedicated: () => number;
  /** Dedicated ones that ought to be there. */
  readonly missing: () => number;
  readonly writable: () => boolean;
  readonly initializedWallMs: number;
}

export interface ClusterStatsBook {
  /** Looks whether more are in use than ever before. */
  readonly mark: () => void;
  /** Keeps what a node counted, for it closes. */
  readonly keep: (node: ClusterNode) => void;
  readonly read: () => RedisPoolStats;
}

const counters = ['commands', 'errors', 'leases', 'waited', 'waitedMs', 'exhaustions'] as const;
type Counters = Record<(typeof counters)[number], number>;
const gauges = ['inUse', 'open', 'waiting', 'lanesOpen', 'dedicated'] as const;

function together(all: readonly RedisPoolStats[], names: readonly (keyof Counters)[]): Counters;
function together<K extends (typeof gauges)[number]>(
  all: readonly RedisPoolStats[],
  names: readonly K[],
): Record<K, number>;
function together(
  all: readonly RedisPoolStats[],
  names: readonly (keyof Counters | (typeof gauges)[number])[],
): Record<string, number> {
  return Object.fromEntries(
    names.map((name) => [name, all.reduce((sum, one) => sum + one[name], 0)]),
  );
}

function errorsTogether(all: readonly (readonly ErrorCount[])[]): ErrorCount[] {
  const sums = new Map<string, ErrorCount>();
  for (const { op, kind, count } of all.flat()) {
    const name = `${op} ${kind}`;
    sums.set(name, { op, kind, count: count + (sums.get(name)?.count ?? 0) });
  }
  return [...sums.values()];
}

interface OwnNode {
  readonly node: ClusterNode;
  readonly stats: RedisPoolStats;
}

/** The first that was set, as long as it lives; else another that does. */
function placeOf([first]: readonly Address[], own: readonly OwnNode[]): Address {
  const live = own.filter(({ stats }) => stats.status !== 'down').map(({ node }) => node.address);
  const isFirst = ({ host, port }: Address): boolean => host === first?.host && port === first.port;
  return live.find(isFirst) ?? live[0] ?? first ?? { host: '', port: 0 };
}

/** One that holds no slots is none that anybody misses. */
function statusOf(all: readonly OwnNode[], isComplete: boolean): PoolStatus {
  const masters = all.filter(({ node }) => node.slots > 0).map(({ stats }) => stats.status);
  if (masters.every((status) => status === 'down')) return 'down';
  if (masters.every((status) => status === 'readonly')) return 'readonly';
  const isWhole = isComplete && masters.every((status) => status === 'healthy');
  return isWhole ? 'healthy' : 'degraded';
}

export function openClusterStats(sources: ClusterStatsSources): ClusterStatsBook {
  const { options, nodes, watch, tally } = sources;
  const { max, target } = options;
  const gone = Object.fromEntries(counters.map((name) => [name, 0])) as Counters;
  let goneErrors: readonly ErrorCount[] = [];
  let peak = 0;

  const breakersOf = (all: readonly RedisPoolStats[]): Record<Operation, BreakerState> => {
    const states = operations.map((op) => [op, worstState(all.map((one) => one.breakers[op]))]);
    return Object.fromEntries(states) as Record<Operation, BreakerState>;
  };
  /** The one that was checked longest ago; undefined until all were. */
  const checkedOf = (all: readonly RedisPoolStats[]): number | undefined => {
    const times = all.map((one) => one.lastHealthCheckWallMs);
    const known = times.filter((time) => time !== undefined);
    return known.length === 0 || known.length < times.length ? undefined : Math.min(...known);
  };

  return {
    mark() {
      const inUse = nodes.all().reduce((sum, { pool }) => sum + pool.inUse(), 0);
      peak = Math.max(peak, inUse);
    },
    keep({ pool }) {
      const stats = pool.stats();
      for (const name of counters) gone[name] += stats[name];
      goneErrors = errorsTogether([goneErrors, stats.errorCounts]);
    },
    read() {
      const own = nodes.all().map((node) => ({ node, stats: node.pool.stats() }));
      const all = own.map(({ stats }) => stats);
      const retiring = nodes.retiring().map(({ pool }) => pool.stats());
      const counted = together([...all, ...retiring], counters);
      for (const name of counters) counted[name] += gone[name];
      const gauged = together(all, gauges);
      const isComplete = nodes.covered() === SLOTS && sources.missing() === 0;
      const status = statusOf(own, isComplete);
      const breakers = breakersOf(all);
      const { host, port } = placeOf(target.nodes, own);
      return {
        ...counted,
        ...gauged,
        errors: counted.errors + tally.errors(),
        errorCounts: errorsTogether([
          goneErrors,
          tally.errorCounts(),
          ...[...all, ...retiring].map(({ errorCounts }) => errorCounts),
        ]),
        ...{ status, peak, breakers, db: 0, writable: sources.writable() },
        ...{ host, port },
        lastFailure: status === 'down' ? watch.why() : all.find(isAiling)?.lastFailure,
        breaker: status === 'down' ? 'open' : worstState(Object.values(breakers)),
        // Before any is known there is one, whoever it is.
        max: max * Math.max(1, own.length),
        initializedWallMs: sources.initializedWallMs,
        lastHealthCheckWallMs: checkedOf(all),
        dedicated: gauged.dedicated + sources.dedicated(),
        nodes: own.map(({ node, stats }): NodeStats => {
          const { inUse } = stats;
          return { server: node.server, status: stats.status, slots: node.slots, inUse, max };
        }),
      };
    },
  };
}

function isAiling({ status }: RedisPoolStats): boolean {
  return status !== 'healthy';
}
