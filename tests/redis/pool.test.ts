/** The pool as its users see it: commands on shared lanes, and true numbers in each state. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ExclusiveConnection } from '../../src/redis/exclusive.js';
import { settle, until } from '../fakes/waiting.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { closePools, get, outcome, poolAt, set, untilWhole } from './kit.js';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis({ persistence: 'none' });
});
afterAll(() => redis.stop());
afterEach(closePools);

/** Lets a test decide when a caller gives its connection back. */
function holder() {
  let letGo: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const hold = async (connection: ExclusiveConnection): Promise<unknown> => {
    const reply = await connection.call('ping', []);
    await gone;
    return reply;
  };
  return { hold, letGo };
}

describe('commands', () => {
  it('come back with what Redis said, bytes as bytes', async () => {
    const pool = poolAt(redis.port);
    await pool.tried();
    const bytes = Buffer.from([0, 255, 13, 10, 42]);
    expect(await set(pool, 'bytes', bytes)).toBe('OK');
    expect(await pool.call('read', 'get', ['bytes'])).toEqual(bytes);
    expect(await pool.call('read', 'get', ['absent'])).toBeNull();
    expect(await pool.call('write', 'incrby', ['number', 5])).toBe(5);
    expect(await outcome(pool.call('read', 'lpop', ['bytes']))).toBe('wrongtype');
    expect(await outcome(pool.call('lock', 'evalsha', ['0'.repeat(40), 0]))).toBe('noscript');
  });

  it('given together run in order on one lane, and an error stands in its own place', async () => {
    const pool = poolAt(redis.port, { lanes: 3 });
    await untilWhole(pool);
    const commands = [
      ['set', 'a', '1'],
      ['lpush', 'a', '2'],
      ['incr', 'a'],
    ] as const;
    const replies = await pool.callAll('write', commands);
    expect(replies.map(String)).toEqual(['OK', 'RedisFailure: Redis: wrongtype.', '2']);
    expect(pool.stats()).toMatchObject({ commands: 3, errors: 1 });
  });

  it('spread over the lanes, the one with the fewest in flight first', async () => {
    const pool = poolAt(redis.port, { lanes: 2 });
    await untilWhole(pool);
    const calls = [get(pool, 'x'), get(pool, 'x'), get(pool, 'x')];
    expect(pool.stats()).toMatchObject({ inUse: 2, open: 2, max: 8, peak: 2 });
    await Promise.all(calls);
    expect(pool.stats()).toMatchObject({ inUse: 0, peak: 2, commands: 3, errors: 0 });
  });

  it('beyond what one connection may hold are refused at once', async () => {
    const pool = poolAt(redis.port, { lanes: 1, inFlightMax: 2 });
    await untilWhole(pool);
    const said = await Promise.all([get(pool, 'x'), get(pool, 'x'), get(pool, 'x')]);
    expect(said).toEqual([null, null, 'full']);
    const big = poolAt(redis.port, { lanes: 1, unsentBytesMax: 1000 });
    await untilWhole(big);
    const value = 'v'.repeat(2000);
    expect(await Promise.all([set(big, 'b', value), set(big, 'b', value)])).toEqual(['OK', 'full']);
  });
});

describe('the numbers of the pool', () => {
  it('count a lane with a command in flight, and a lent connection while it is held', async () => {
    const pool = poolAt(redis.port, { lanes: 2, max: 5 });
    await untilWhole(pool);
    expect(pool.stats()).toMatchObject({ inUse: 0, open: 2, waiting: 0, dedicated: 0 });
    const other = pool.dedicated({ name: 'test', onOpen: () => Promise.resolve() });
    await until(() => other.connection() !== undefined);
    const { hold, letGo } = holder();
    const held = pool.withConnection(hold);
    await until(() => pool.stats().inUse === 1);
    expect(pool.stats()).toMatchObject({ open: 3, waiting: 0, leases: 1 });
    const asked = get(pool, 'x');
    expect(pool.stats()).toMatchObject({ inUse: 2, peak: 2 });
    expect(pool.stats()).toMatchObject({ inUse: 2, open: 3, dedicated: 1 });
    other.close();
    letGo();
    await Promise.all([held, asked]);
    expect(pool.stats()).toMatchObject({ inUse: 0, open: 3, dedicated: 0, commands: 2 });
  });

  it('show who waits, and who gave up: the pool is exhausted', async () => {
    const pool = poolAt(redis.port, { lanes: 1, max: 2, waitMs: 100, waitersMax: 1 });
    await untilWhole(pool);
    const { hold, letGo } = holder();
    const held = pool.withConnection(hold);
    await until(() => pool.stats().inUse === 1);
    const waiting = outcome(pool.withConnection(hold));
    expect(pool.stats()).toMatchObject({ waiting: 1, exhaustions: 0 });
    // The line is full: the next is told at once.
    expect(await outcome(pool.withConnection(hold))).toBe('exhausted');
    expect(await waiting).toBe('exhausted');
    expect(pool.stats()).toMatchObject({ waiting: 0, exhaustions: 2, waited: 2, errors: 0 });
    letGo();
    expect(await outcome(held)).toBe('PONG');
    expect(await outcome(pool.withConnection(hold))).toBe('PONG');
    expect(pool.stats().open).toBeLessThanOrEqual(2);
  });

  it('give a waiting caller what the one before gives back', async () => {
    const pool = poolAt(redis.port, { lanes: 1, max: 2, waitMs: 10_000 });
    await untilWhole(pool);
    const first = holder();
    const held = pool.withConnection(first.hold);
    await until(() => pool.stats().inUse === 1);
    const waiting = outcome(pool.withConnection(async (own) => own.call('ping', [])));
    await settle();
    expect(pool.stats().waiting).toBe(1);
    first.letGo();
    expect([await outcome(held), await waiting]).toEqual(['PONG', 'PONG']);
  });

  it('are refused when there is no room beside the lanes', () => {
    expect(() => poolAt(redis.port, { max: 4, lanes: 4 })).toThrow('one connection more');
  });

  it('show the breaker open and the pool down before anything has answered', async () => {
    const pool = poolAt(redis.port);
    expect(pool.stats()).toMatchObject({ status: 'down', breaker: 'open', lanesOpen: 0 });
    await untilWhole(pool);
    expect(pool.stats()).toMatchObject({ breaker: 'closed', lanesOpen: 2, writable: true });
  });
});
