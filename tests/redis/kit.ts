/** What the tests of the Redis pool share: a pool with small numbers, its log, and the waits. */
import { systemClock, type Clock } from '../../src/clock.js';
import type { Log, LogFields } from '../../src/log.js';
import type { Connection } from '../../src/redis/connection.js';
import { openConnection } from '../../src/redis/open.js';
import { usualPool, type RedisPoolOptions } from '../../src/redis/options.js';
import { openRedisPool, type RedisPool } from '../../src/redis/pool.js';
import { clientsFor, type SingleTarget } from '../../src/redis/target.js';
import type { Operation } from '../../src/redis/tally.js';
import { gatewayUser, helperUser } from '../servers/redis-users.js';
import { settle, until } from '../fakes/waiting.js';

export interface Line extends LogFields {
  readonly level: string;
  readonly event: string;
}

export function recordedLog(): Log & { readonly lines: Line[] } {
  const lines: Line[] = [];
  const at =
    (level: string) =>
    (event: string, fields: LogFields = {}): void => {
      lines.push({ level, event, ...fields });
    };
  return {
    lines,
    ...{ error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') },
    ...{ access: () => undefined, level: () => 'debug', setLevel: () => undefined },
    ...{ dropped: () => 0, close: () => Promise.resolve() },
  };
}

export function targetOf(port: number, more: Partial<SingleTarget> = {}): SingleTarget {
  return {
    ...{ kind: 'single', host: '127.0.0.1', port, db: 0 },
    ...{ username: undefined, password: undefined, tls: undefined },
    ...gatewayUser(),
    ...more,
  };
}

export interface TestPool extends RedisPool {
  readonly lines: Line[];
  /** The lines of one event. */
  said(event: string): Line[];
  /** Errors counted so far, as `op kind`. */
  errors(): string[];
}

export interface PoolWishes extends Partial<Omit<RedisPoolOptions, 'target'>> {
  readonly target?: Partial<SingleTarget>;
  readonly clock?: Clock;
}

const pools: RedisPool[] = [];

/** Deadlines are long unless a test shortens them: the machine may be busy with something else. */
export const patient: Partial<RedisPoolOptions> = {
  ...{ readMs: 5000, writeMs: 5000, connectMs: 10_000, handshakeMs: 5000 },
  ...{ min: 0, max: 8, lanes: 2, retryFirstMs: 10, retryMaxMs: 50, roleMs: 20 },
  breaker: { failures: 5, share: 0.5, callsMin: 20, windowMs: 10_000, openMs: 50 },
};

export function poolAt(port: number, wishes: PoolWishes = {}): TestPool {
  const log = recordedLog();
  const { target, clock = systemClock, ...numbers } = wishes;
  const options = { ...usualPool, ...patient, ...numbers, target: targetOf(port, target) };
  const pool = openRedisPool(options, { clock, log, random: () => 0.5 });
  return watched(pool, log);
}

/** Closed after the test, with what it said at hand. */
export function watched(pool: RedisPool, log: ReturnType<typeof recordedLog>): TestPool {
  pools.push(pool);
  return {
    ...pool,
    lines: log.lines,
    said: (event) => log.lines.filter((line) => line.event === event),
    errors: () => pool.stats().errorCounts.map(({ op, kind }) => `${op} ${kind}`),
  };
}

const connections: Connection[] = [];

/** A connection that no pool keeps; it may do everything. */
export async function connectionTo(port: number, clock: Clock = systemClock): Promise<Connection> {
  const options = { connectMs: 10_000, handshakeMs: 5000, inFlightMax: 100, unsentBytesMax: 1e6 };
  const make = clientsFor(targetOf(port, helperUser()), options.connectMs);
  const opened = await openConnection(make, options, [], clock);
  connections.push(opened.connection);
  return opened.connection;
}

export async function closePools(): Promise<void> {
  for (const connection of connections.splice(0)) connection.end('closed');
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
}

/** What a call comes to: the text that it answers, or the word for its failure. */
export async function outcome(call: Promise<unknown>): Promise<unknown> {
  try {
    const reply = await call;
    return Buffer.isBuffer(reply) ? reply.toString() : reply;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown ? thrown.code : String(thrown);
  }
}

export function get(pool: RedisPool, key: string, operation: Operation = 'read'): Promise<unknown> {
  return outcome(pool.call(operation, 'get', [key]));
}

export function set(pool: RedisPool, key: string, value: string | Buffer): Promise<unknown> {
  return outcome(pool.call('write', 'set', [key, value]));
}

/** Below the limit of a test: a loop that outlived its test would never let the process end. */
const ANSWER_MS = 50_000;

/** Asks again until the answer is this one. */
export async function untilAnswer(ask: () => Promise<unknown>, answer: unknown): Promise<void> {
  const sinceMs = systemClock.nowMs();
  for (let last = await ask(); last !== answer; last = await ask()) {
    if (systemClock.nowMs() - sinceMs > ANSWER_MS) {
      throw new Error(`Not ${String(answer)} but ${String(last)}, for too long.`);
    }
    await settle(1);
  }
}

export async function untilWhole(pool: RedisPool): Promise<void> {
  await until(() => pool.stats().status === 'healthy');
}
