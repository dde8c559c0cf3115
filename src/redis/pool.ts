/** The one Redis pool: lanes that all share, connections lent to one, and their state. */
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { openBackoff } from './backoff.js';
import { openBreakers } from './breakers.js';
import { openCare } from './care.js';
import { openClusterPool } from './cluster-pool.js';
import type { Argument, Connection, RedisReply } from './connection.js';
import type { Dedicated, DedicatedOptions } from './dedicated.js';
import { lendTo, type Command, type ExclusiveConnection } from './exclusive.js';
import type { FailureKind } from './failure.js';
import { openGate } from './gate.js';
import { openLanes } from './lanes.js';
import { openLending } from './lending.js';
import { checkPool, type RedisPoolOptions, type ServerPoolOptions } from './options.js';
import { Sender, type CallAllOptions, type CallOptions } from './sender.js';
import { openSource } from './source.js';
import { openStanding } from './standing.js';
import { openStatsBook, type RedisPoolStats, type StatsBook } from './stats.js';
import { openTally, type Operation, type Tally } from './tally.js';
import { openTenants } from './tenants.js';
import { walkServer } from './walk.js';
import { openWritable, type Writable } from './writable.js';

export interface PoolTools {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** A lane or a loan was put to use. */
  readonly marked?: (() => void) | undefined;
  /** A connection could not be opened, or was lost. */
  readonly lost?: (() => void) | undefined;
}

/** Runs on each connection that opens, before any other command. */
export type Prepare = (connection: Connection) => Promise<void>;

export interface LoanOptions {
  readonly limitMs?: number | undefined;
  /** In a Cluster: the connection leads to the node that has this key. */
  readonly key?: Argument | undefined;
}

export interface RedisPool {
  /** One command on a shared lane. Rejects with a `RedisFailure`, soon, whatever Redis does. */
  call(
    operation: Operation,
    name: string,
    args: readonly Argument[],
    options?: CallOptions,
  ): Promise<RedisReply>;
  /** Several on one lane, in order and in one write; an error stands in its own place. */
  callAll(
    operation: Operation,
    commands: readonly Command[],
    options?: CallAllOptions,
  ): Promise<readonly RedisReply[]>;
  /**
   * A connection of one's own for as long as `use` runs. Rejects with `PoolExhaustedError`,
   * `PoolConnectionError`, or what `use` threw.
   */
  withConnection<T>(
    use: (connection: ExclusiveConnection) => Promise<T>,
    options?: LoanOptions,
  ): Promise<T>;
  /** A subscription or a blocking reader; throws `PoolExhaustedError` beyond `dedicatedMax`. */
  dedicated(options: DedicatedOptions): Dedicated;
  /**
   * For each server that holds keys of ours, now and later, `use` is called with a pool of that
   * server alone; what it answers is closed when the server leaves, or the pool ends.
   */
  eachServer(use: (server: RedisPool) => { close(): void }): void;
  /** For connections that open from now on; those that are open stay as they are. */
  prepare(each: Prepare): void;
  /** Whether a call of this class, about this key, would be tried now. */
  admits(operation: Operation, key?: Argument): boolean;
  /**
   * Goes over the keys that match, a page at a time and one server after the other. A key may come
   * twice, and one that is written or moved meanwhile may not come at all.
   */
  walk(pattern: string, each: (keys: readonly Buffer[]) => Promise<void>): Promise<void>;
  /** False on a replica, and where the settings forbid writes; then writes fail untried. */
  writable(): boolean;
  /** Resolves when the first attempt to connect has ended, either way. */
  tried(): Promise<void>;
  stats(): RedisPoolStats;
  /** The same number as in the stats, for who wants no more. */
  inUse(): number;
  /** Ends everything that is open, whatever it does. */
  close(): Promise<void>;
}

/** What lasted for so long was well. */
const STABLE_MS = 1000;
/** An answer within this time is proof enough. */
const FRESH_MS = 1000;
const RETIRE_MS = 5000;

/** The connections: how they are opened, kept, shared and lent. */
function openStock(options: ServerPoolOptions, tools: PoolTools, tally: Tally, writable: Writable) {
  const { clock, log, random } = tools;
  const { retryFirstMs: firstMs, retryMaxMs: maxMs, handshakeMs: pingMs } = options;
  const backoffOptions = { firstMs, maxMs, stableMs: STABLE_MS, random };
  const standing = openStanding({ clock, log, stableMs: STABLE_MS });
  const gate = openGate({ restMs: maxMs, random }, clock);
  const preparations: Prepare[] = [];
  const source = openSource(options.target, options, { clock, log, backoff: backoffOptions });
  const open = async (): Promise<Connection> => {
    const { connection, role } = await source.open(preparations);
    writable.learn(role);
    return connection;
  };
  const lending = openLending(
    {
      ...options,
      ...{ idleMin: Math.max(0, options.min - options.lanes), freshMs: FRESH_MS, pingMs },
      openMs: options.connectMs + 2 * options.handshakeMs,
      hopeless: gate.why,
    },
    () => gate.pass(open),
    clock,
  );
  const failed = (kind: FailureKind, isLast: boolean): void => {
    tally.error('connect', kind);
    standing.failed(kind, isLast);
    tools.lost?.();
  };
  const lanes = openLanes(
    { ...options, retireMs: RETIRE_MS, pingMs, random },
    { lending, gate, clock, up: standing.up, failed, backoff: openBackoff(backoffOptions, clock) },
  );
  source.onMove(lanes.hurry);
  return { standing, lending, lanes, preparations, backoffOptions, source };
}

export function openRedisPool(options: RedisPoolOptions, tools: PoolTools): RedisPool {
  checkPool(options);
  const { target } = options;
  return target.kind === 'cluster'
    ? openClusterPool({ ...options, target }, tools, openServerPool)
    : openServerPool({ ...options, target }, tools);
}

function openServerPool(options: ServerPoolOptions, tools: PoolTools): RedisPool {
  const { clock, log } = tools;
  const tally = openTally(log);
  const writable = openWritable(options.readonly, log);
  const stock = openStock(options, tools, tally, writable);
  const { standing, lending, lanes, preparations, source } = stock;
  const { isUp, lastKind } = standing;
  const breakers = openBreakers(options.breaker, { ...tools, isUp, lastKind });
  const tenants = openTenants(options, {
    ...{ clock, log, backoff: stock.backoffOptions },
    open: async () => (await source.open([])).connection,
    failed: (kind) => {
      tally.error('dedicated', kind);
    },
  });
  const stats: StatsBook = openStatsBook({
    ...{ options, tally, lanes, lending, breakers, standing, writable, source },
    ...{ dedicated: tenants.count, missing: tenants.missing, marked: tools.marked },
    initializedWallMs: clock.wallMs(),
  });
  const sender = new Sender({
    ...options,
    ...{ lanes, breakers, tally, standing, writable, sent: stats.mark },
  });
  const failed = (kind: FailureKind): void => {
    tally.error('connect', kind);
  };
  const care = openCare(
    { ...options, askMs: options.handshakeMs },
    { clock, lanes, lending, writable, checked: standing.checked, failed },
  );
  const uses: { close(): void }[] = [];
  const pool: RedisPool = {
    call: (operation, name, args, more) => sender.call(operation, name, args, more),
    callAll: (operation, commands, more) => sender.callAll(operation, commands, more),
    withConnection: (use, { limitMs = options.leaseMs } = {}) =>
      lendTo(
        use,
        { limitMs, usualMs: options.leaseMs },
        {
          lending,
          tally,
          clock,
          lent: () => {
            stats.mark();
          },
        },
      ),
    dedicated: tenants.add,
    prepare: (each) => void preparations.push(each),
    eachServer: (use) => void uses.push(use(pool)),
    admits: (operation) => sender.admits(operation),
    writable: writable.now,
    tried: standing.tried,
    stats: stats.read,
    inUse: stats.inUse,
    walk: (pattern, each) => walkServer(sender, pattern, each),
    async close() {
      care.close();
      for (const one of uses) one.close();
      tenants.close();
      standing.close();
      lanes.close();
      source.close();
      await lending.close();
    },
  };
  return pool;
}
