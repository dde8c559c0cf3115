/** What the numbers of the pool say while something of it is missing. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock, type Clock } from '../../src/clock.js';
import { RedisFailure } from '../../src/redis/failure.js';
import { askRedis } from '../servers/redis-ask.js';
import { startRedisCluster } from '../servers/redis-cluster.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { until } from '../fakes/waiting.js';
import { clusterPool } from './cluster-kit.js';
import { busAt } from './fleet-kit.js';
import { closePools, outcome, poolAt, untilAnswer, untilWhole, type PoolWishes } from './kit.js';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis({ persistence: 'none' });
});
afterAll(() => redis.stop());
afterEach(closePools);

const HEALTH_MS = 13;

/** A pool that tells how often it went to look whether all is well. */
function caredFor(port: number, wishes: PoolWishes = {}) {
  let rounds = 0;
  const clock: Clock = {
    ...systemClock,
    every: (ms, run) =>
      systemClock.every(ms, () => {
        if (ms === HEALTH_MS) rounds += 1;
        run();
      }),
  };
  const pool = poolAt(port, { healthMs: HEALTH_MS, ...wishes, clock });
  const moreRounds = (): Promise<void> => {
    const before = rounds;
    return until(() => rounds >= before + 3);
  };
  return { pool, moreRounds, checked: () => pool.stats().lastHealthCheckWallMs };
}

describe('the numbers of a pool', () => {
  it('count no subscription whose socket is gone, and no check that nobody answered', async () => {
    const own = await startRedis({ persistence: 'none' });
    const { pool, moreRounds, checked } = caredFor(own.port);
    const bus = busAt(pool);
    await until(() => bus.isListening());
    await untilWhole(pool);
    const first = checked() ?? Infinity;
    await until(() => (checked() ?? 0) > first);
    expect(pool.stats().dedicated).toBe(1);
    await own.kill();
    await until(() => pool.stats().status === 'down' && !bus.isListening());
    const last = checked();
    await moreRounds();
    expect([checked(), pool.stats().dedicated]).toEqual([last, 0]);
    await own.restart();
    await until(() => bus.isListening());
    await untilWhole(pool);
    expect(pool.stats().dedicated).toBe(1);
    expect(checked()).toBeGreaterThan(last ?? Infinity);
    await closePools();
    await own.stop();
  });

  it('name the handshake as the first check, for it was answered', async () => {
    const pool = poolAt(redis.port);
    expect(pool.stats().lastHealthCheckWallMs).toBeUndefined();
    await untilWhole(pool);
    expect(pool.stats().lastHealthCheckWallMs).toBeGreaterThan(0);
  });

  it('take what a busy lane answers for a check, and its silence for none', async () => {
    const { pool, moreRounds, checked } = caredFor(redis.port, { lanes: 1 });
    await untilWhole(pool);
    const blocked = outcome(pool.call('read', 'blpop', ['jobs', 0], { waitMs: 30_000 }));
    const isBlocked = async (): Promise<boolean> =>
      String(await askRedis(redis.port, ['info', 'clients'])).includes('blocked_clients:1');
    await untilAnswer(isBlocked, true);
    await moreRounds();
    const last = checked();
    await moreRounds();
    expect(checked()).toBe(last);
    await askRedis(redis.port, ['rpush', 'jobs', 'work']);
    await blocked;
    await until(() => (checked() ?? 0) > (last ?? Infinity));
  });

  it('are degraded while the bus may not log in again, though every lane is open', async () => {
    const admit = (password: string): Promise<unknown> => {
      const rights = ['resetpass', `>${password}`, '~*', '&*', '+@all'];
      return askRedis(redis.port, ['acl', 'setuser', 'listener', 'on', ...rights]);
    };
    await admit('old');
    const pool = poolAt(redis.port, { target: { username: 'listener', password: 'old' } });
    const bus = busAt(pool);
    await until(() => bus.isListening());
    await untilWhole(pool);
    await admit('new');
    await askRedis(redis.port, ['client', 'kill', 'type', 'pubsub']);
    await until(() => pool.errors().includes('dedicated auth'));
    expect(pool.stats()).toMatchObject({ status: 'degraded', lanesOpen: 2, dedicated: 0 });
    await admit('old');
    await until(() => bus.isListening());
    expect(pool.stats()).toMatchObject({ status: 'healthy', lanesOpen: 2, dedicated: 1 });
  });

  it('are degraded before a Cluster, too, while a subscription is lost', async () => {
    const cluster = await startRedisCluster({ masters: 2, withReplicas: false });
    try {
      const pool = clusterPool(cluster.ports);
      let isRefused = false;
      const onOpen = (): Promise<void> =>
        isRefused ? Promise.reject(new RedisFailure('auth')) : Promise.resolve();
      const ear = pool.dedicated({ name: 'ear', onOpen });
      await until(() => ear.connection() !== undefined);
      await untilWhole(pool);
      isRefused = true;
      ear.connection()?.end('reset');
      await until(() => pool.errors().includes('dedicated auth'));
      expect(pool.stats().status).toBe('degraded');
      isRefused = false;
      await untilWhole(pool);
      expect(ear.connection()).toBeDefined();
      await closePools();
    } finally {
      await cluster.stop();
    }
  });
});
