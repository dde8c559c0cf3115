/** Connections that one caller has for itself: lent once, taken back once, never dirty. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ExclusiveConnection } from '../../src/redis/exclusive.js';
import { until } from '../fakes/waiting.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { closePools, outcome, poolAt, set, untilWhole, type TestPool } from './kit.js';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis({ persistence: 'none' });
});
afterAll(() => redis.stop());
afterEach(closePools);

const idOf = async (connection: ExclusiveConnection): Promise<unknown> =>
  connection.call('client', ['id']);
/** `CLIENT` marks a connection; INFO does not, and names the number of clients only. */
const port = async (pool: TestPool): Promise<unknown> => pool.withConnection(idOf);

describe('withConnection', () => {
  it('runs a transaction, whole or not at all', async () => {
    const pool = poolAt(redis.port);
    await pool.tried();
    const replies = await pool.withConnection((own) =>
      own.transaction([
        ['set', 'counter', 1],
        ['incr', 'counter'],
      ]),
    );
    expect(replies?.map(String)).toEqual(['OK', '2']);
    const lost = await pool.withConnection(async (own) => {
      await own.call('watch', ['counter']);
      await set(pool, 'counter', '7');
      return own.transaction([['set', 'counter', 'never']]);
    });
    expect(lost).toBeNull();
    const wrong = pool.withConnection((own) => own.transaction([['set', 'counter']]));
    expect(await outcome(wrong)).toBe('rejected');
  });

  it('lends the same connection again when it came back as it was', async () => {
    const pool = poolAt(redis.port);
    await untilWhole(pool);
    for (let time = 0; time < 5; time += 1) {
      await pool.withConnection((own) => own.call('set', ['x', 'y']));
    }
    expect(pool.stats()).toMatchObject({ open: 3, leases: 5 });
  });

  it.each([
    ['is within a transaction', 'multi', []],
    ['watches a key', 'watch', ['x']],
    ['speaks to another database', 'select', [1]],
    ['has subscribed', 'subscribe', ['news']],
  ])('destroys a connection that %s when it comes back', async (_what, name, args) => {
    const pool = poolAt(redis.port);
    await untilWhole(pool);
    await pool.withConnection((own) => own.call(name, args));
    await until(() => pool.stats().open === 2);
    expect(await outcome(pool.withConnection((own) => own.call('get', ['x'])))).not.toBe('closed');
  });

  it('destroys one with a command under way, and keeps its reply from others', async () => {
    const pool = poolAt(redis.port);
    await untilWhole(pool);
    const late: Promise<unknown>[] = [];
    await pool.withConnection((own) => {
      late.push(outcome(own.call('blpop', ['nothing', 10], 20_000)));
      return Promise.resolve();
    });
    expect(await Promise.all(late)).toEqual(['closed']);
    expect(await outcome(pool.withConnection((own) => own.call('ping', [])))).toBe('PONG');
  });

  it('ends a caller that holds it for too long, and the connection with it', async () => {
    const pool = poolAt(redis.port);
    await untilWhole(pool);
    const held = pool.withConnection((own) => own.call('blpop', ['nothing', 100], 200_000), {
      limitMs: 20,
    });
    expect(await outcome(held)).toBe('timeout');
    expect(pool.stats()).toMatchObject({ inUse: 0, open: 2 });
    expect(pool.errors()).toEqual(['exclusive timeout']);
  });

  it('is of no use to who kept it', async () => {
    const pool = poolAt(redis.port);
    await pool.tried();
    const kept: ExclusiveConnection[] = [];
    await pool.withConnection((own) => Promise.resolve(kept.push(own)));
    expect(await outcome(kept[0]?.call('ping', []) ?? Promise.resolve())).toBe('closed');
  });

  it('takes back what a caller leaves by throwing, in any manner', async () => {
    const pool = poolAt(redis.port, { max: 3 });
    await untilWhole(pool);
    for (let time = 0; time < 5; time += 1) {
      const thrown = pool.withConnection(() => Promise.reject(new Error('their own')));
      await expect(thrown).rejects.toThrow('their own');
      const atOnce = pool.withConnection(() => {
        throw new Error('at once');
      });
      await expect(atOnce).rejects.toThrow('at once');
    }
    expect(pool.stats()).toMatchObject({ inUse: 0, waiting: 0, exhaustions: 0, errors: 0 });
  });

  it('never has two holders of one connection', async () => {
    const pool = poolAt(redis.port, { max: 5, lanes: 1, waitMs: 30_000 });
    await untilWhole(pool);
    const held = new Set<unknown>();
    const most: number[] = [];
    const work = async (own: ExclusiveConnection): Promise<void> => {
      const id = await own.call('client', ['id']);
      expect(held.has(id)).toBe(false);
      held.add(id);
      most.push(held.size);
      await own.call('ping', []);
      held.delete(id);
    };
    await Promise.all(Array.from({ length: 40 }, () => pool.withConnection(work)));
    expect(Math.max(...most)).toBeLessThanOrEqual(4);
    expect(await port(pool)).toEqual(expect.any(Number));
  });
});
