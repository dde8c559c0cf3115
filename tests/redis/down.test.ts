/** Redis that is not there, goes away or comes back: nobody waits, and the pool heals by itself. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type FaultProxy, startFaultProxy } from '../servers/fault-proxy.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { until } from '../fakes/waiting.js';
import { closePools, get, outcome, poolAt, set, untilAnswer, untilWhole } from './kit.js';

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

describe('Redis that is away', () => {
  it('R1: down at the start: calls are told at once, and it is used when it is up', async () => {
    await proxy.down();
    const pool = poolAt(proxy.port);
    await pool.tried();
    const said = [];
    for (let call = 0; call < 7; call += 1) said.push(await get(pool, 'x'));
    expect(said.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => 'refused'));
    expect(said[6]).toBe('breaker_open');
    expect(pool.admits('read')).toBe(false);
    expect(await outcome(pool.withConnection((own) => own.call('ping', [])))).toBe('refused');
    expect(pool.stats()).toMatchObject({ status: 'down', breaker: 'open', open: 0, inUse: 0 });
    expect(pool.said('redis_down')).toEqual([
      { level: 'warn', event: 'redis_down', reason: 'refused' },
    ]);
    await proxy.up();
    await untilAnswer(() => set(pool, 'x', 'back'), 'OK');
    await untilAnswer(() => get(pool, 'x'), 'back');
    await untilWhole(pool);
    // One fall, one line; the breakers' own lines would say the same again.
    expect(pool.said('redis_breaker_open')).toEqual([]);
    await until(() => pool.said('redis_up').length === 1);
  });

  it('R2: a name that does not resolve is told from a server that refuses', async () => {
    const pool = poolAt(proxy.port, { target: { host: 'redis.invalid' } });
    await pool.tried();
    expect(await get(pool, 'x')).toBe('dns');
    expect(pool.stats().status).toBe('down');
  });

  it('R3: dies mid-request: one failure for the breaker, however many were under way', async () => {
    const pool = poolAt(proxy.port, { lanes: 1 });
    await untilWhole(pool);
    proxy.set({ kind: 'blackhole' });
    const calls = Array.from({ length: 50 }, () => get(pool, 'x'));
    proxy.kill();
    proxy.set({ kind: 'pass' });
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['reset']));
    expect(pool.said('redis_breaker_open')).toEqual([]);
    await untilAnswer(() => set(pool, 'x', 'again'), 'OK');
    expect(pool.stats()).toMatchObject({ breaker: 'closed' });
    expect(pool.errors()).toContain('read reset');
  });

  it('R4: half a reply and a reset: nothing of the half is used', async () => {
    const pool = poolAt(proxy.port, { lanes: 1 });
    await untilWhole(pool);
    await set(pool, 'long', 'v'.repeat(500));
    proxy.set({ kind: 'limit-rst', bytes: 100 });
    expect(await get(pool, 'long')).toBe('reset');
    proxy.set({ kind: 'pass' });
    await untilAnswer(() => get(pool, 'long'), 'v'.repeat(500));
  });

  it.each(['rst-on-accept', 'close-on-accept'] as const)(
    'a server that takes connections only to drop them is no server: %s',
    async (kind) => {
      proxy.set({ kind });
      const pool = poolAt(proxy.port);
      await pool.tried();
      expect(await get(pool, 'x')).toBe('reset');
      proxy.set({ kind: 'pass' });
      await untilAnswer(() => set(pool, 'x', 'well'), 'OK');
    },
  );

  it('R14: too many clients: it backs off, and comes in when there is room', async () => {
    proxy.set({ kind: 'banner', data: '-ERR max number of clients reached\r\n' });
    const pool = poolAt(proxy.port, { retryFirstMs: 100, retryMaxMs: 100 });
    await pool.tried();
    expect(await get(pool, 'x')).toBe('maxclients');
    const own = await outcome(pool.withConnection((connection) => connection.call('ping', [])));
    expect(own).toBe('maxclients');
    expect(proxy.stats().connections).toBeLessThanOrEqual(8);
    proxy.set({ kind: 'pass' });
    await untilAnswer(() => set(pool, 'x', 'in'), 'OK');
    expect(pool.stats().open).toBeLessThanOrEqual(8);
  });

  it('R14: the server’s own limit holds while the lanes serve on', async () => {
    const small = await startRedis({ persistence: 'none', configuration: ['maxclients 3'] });
    const pool = poolAt(small.port, { lanes: 3, waitMs: 200 });
    await untilWhole(pool);
    const own = await outcome(pool.withConnection((connection) => connection.call('ping', [])));
    expect(own).toBe('maxclients');
    expect(await set(pool, 'x', 'still')).toBe('OK');
    expect(pool.stats()).toMatchObject({ status: 'healthy', open: 3 });
    await closePools();
    await small.stop();
  });

  it('a server that is restarted on its port is found again', async () => {
    const own = await startRedis({ persistence: 'none' });
    const pool = poolAt(own.port);
    await untilWhole(pool);
    await own.kill();
    await until(() => pool.stats().status === 'down');
    await own.restart();
    await untilWhole(pool);
    await untilAnswer(() => set(pool, 'x', 'new'), 'OK');
    await closePools();
    await own.stop();
  });
});
