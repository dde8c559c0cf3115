/** Dedicated connections: subscriptions and blocking reads, kept open by themselves. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { RedisReply } from '../../src/redis/connection.js';
import { type FaultProxy, startFaultProxy } from '../servers/fault-proxy.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { until } from '../fakes/waiting.js';
import { closePools, outcome, poolAt, set, untilWhole, type TestPool } from './kit.js';

let redis: RedisServer;
let proxy: FaultProxy;
beforeAll(async () => {
  redis = await startRedis({ persistence: 'none' });
});
afterAll(() => redis.stop());
beforeEach(async () => {
  proxy = await startFaultProxy({ serverPort: redis.port });
});
afterEach(async () => {
  await closePools();
  await proxy.close();
});

function listener(pool: TestPool, channel: string) {
  const messages: RedisReply[] = [];
  const lost: string[] = [];
  const one = pool.dedicated({
    name: 'listener',
    onOpen: async (connection) => {
      await connection.call('subscribe', [channel], { waitMs: 5000 });
    },
    onMessage: (_channel, message) => messages.push(message),
    onLost: (kind) => lost.push(kind),
  });
  return { one, messages, lost };
}

describe('a dedicated connection', () => {
  it('hears what is published, and nothing of it costs a lane', async () => {
    const pool = poolAt(redis.port);
    const { one, messages } = listener(pool, 'news');
    await until(() => one.connection() !== undefined && pool.stats().status === 'healthy');
    await pool.call('bus', 'publish', ['news', Buffer.from([0, 255])]);
    await until(() => messages.length === 1);
    expect(messages).toEqual([Buffer.from([0, 255])]);
    expect(pool.stats()).toMatchObject({ dedicated: 1, inUse: 0 });
    one.close();
    expect(pool.stats().dedicated).toBe(0);
  });

  it('is told of changed keys when it follows the recipe for client-side caching', async () => {
    const pool = poolAt(redis.port, { lanes: 1 });
    const heard: RedisReply[] = [];
    let id: RedisReply = null;
    const one = pool.dedicated({
      name: 'tracking',
      onOpen: async (connection) => {
        // The number first: a subscribed connection answers little else.
        id = await connection.call('client', ['id'], { waitMs: 5000 });
        await connection.call('subscribe', ['__redis__:invalidate'], { waitMs: 5000 });
      },
      onMessage: (_channel, message) => heard.push(message),
    });
    await until(() => one.connection() !== undefined && pool.stats().lanesOpen === 1);
    const tracking = ['tracking', 'on', 'redirect', Number(id), 'bcast', 'prefix', 'p:'];
    await pool.call('bus', 'client', tracking);
    await pool.call('write', 'mset', ['p:a', '1', 'p:b', '2', 'q:c', '3']);
    await until(() => heard.length === 1);
    await pool.call('write', 'flushdb', []);
    await until(() => heard.length === 2);
    expect(heard).toEqual([[Buffer.from('p:a'), Buffer.from('p:b')], null]);
  });

  it('may block for longer than any command of a lane', async () => {
    const pool = poolAt(redis.port, { readMs: 50, writeMs: 5000 });
    const got: Promise<unknown>[] = [];
    const one = pool.dedicated({ name: 'reader', onOpen: () => Promise.resolve() });
    await until(() => one.connection() !== undefined && pool.stats().status === 'healthy');
    const blocking = one.connection()?.call('blpop', ['jobs', 0], { waitMs: 30_000 });
    if (blocking !== undefined) got.push(blocking);
    await outcome(pool.call('write', 'rpush', ['jobs', 'work']));
    const [reply] = await Promise.all(got);
    expect(reply).toEqual([Buffer.from('jobs'), Buffer.from('work')]);
  });

  it('R23: says that messages are missed when it is cut off, and subscribes again', async () => {
    const pool = poolAt(proxy.port);
    const { one, messages, lost } = listener(pool, 'news');
    await until(() => one.connection() !== undefined);
    await untilWhole(pool);
    proxy.kill();
    await until(() => lost.length === 1);
    expect(lost).toEqual(['reset']);
    await until(() => one.connection() !== undefined);
    await untilWhole(pool);
    await set(pool, 'x', 'y');
    while (messages.length === 0) await outcome(pool.call('bus', 'publish', ['news', 'again']));
    expect(String(messages[0])).toBe('again');
  });

  it('R23: a silent subscriber is found by its ping', async () => {
    const pool = poolAt(proxy.port, { dedicatedPingMs: 200 });
    const { one, lost } = listener(pool, 'news');
    await until(() => one.connection() !== undefined);
    proxy.set({ kind: 'blackhole' });
    await until(() => lost.length === 1);
    expect(lost).toEqual(['timeout']);
    proxy.set({ kind: 'pass' });
    await until(() => one.connection() !== undefined);
  });

  it('is refused beyond the most there may be', () => {
    const pool = poolAt(redis.port, { dedicatedMax: 1 });
    const first = listener(pool, 'news');
    expect(() => listener(pool, 'news')).toThrow('no connection left');
    first.one.close();
    listener(pool, 'news').one.close();
  });

  it('says nothing when it is closed by its owner', async () => {
    const pool = poolAt(redis.port);
    const { one, lost } = listener(pool, 'news');
    await until(() => one.connection() !== undefined);
    one.close();
    expect([lost, one.connection()]).toEqual([[], undefined]);
  });
});
