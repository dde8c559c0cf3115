/** The pool of a process: opened once, found by whoever needs it, closed once. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  closeRedisPool,
  getPoolStats,
  getRedisPool,
  initRedisPool,
  PoolConnectionError,
  PoolNotInitializedError,
  withConnection,
} from '../../src/index.js';
import { placeOf } from '../../src/redis/target.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { outcome, recordedLog } from './kit.js';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis({ persistence: 'none', password: 'a pass/word' });
});
afterAll(() => redis.stop());
afterEach(() => closeRedisPool());

describe('the pool of a process', () => {
  it('is not there before it is initialized, nor after it is closed', async () => {
    expect(() => getRedisPool()).toThrow(PoolNotInitializedError);
    expect(() => getPoolStats()).toThrow('Call initRedisPool() first.');
    await initRedisPool({ url: redis.url });
    await closeRedisPool();
    await closeRedisPool();
    expect(() => getRedisPool()).toThrow(PoolNotInitializedError);
    await expect(withConnection((own) => own.call('ping', []))).rejects.toThrow(
      PoolNotInitializedError,
    );
  });

  it('is opened once, however many ask, and the second hears a warning', async () => {
    const log = recordedLog();
    const numbers = { url: redis.url, readMs: 5000, writeMs: 5000, handshakeMs: 5000 };
    const both = await Promise.all([initRedisPool(numbers, { log }), initRedisPool({}, { log })]);
    expect(both[0]).toBe(both[1]);
    expect(getRedisPool()).toBe(both[0]);
    expect(log.lines.map(({ event }) => event)).toContain('redis_pool_already_initialized');
    expect(await outcome(getRedisPool().call('write', 'set', ['x', 'y']))).toBe('OK');
    expect(await outcome(withConnection((own) => own.call('get', ['x'])))).toBe('y');
    const stats = getPoolStats();
    expect(stats).toMatchObject({ port: redis.port, commands: 2, leases: 1, errors: 0, max: 100 });
    expect(JSON.stringify(stats)).not.toContain('word');
  });

  it('resolves without Redis too, and says why there is no connection', async () => {
    await initRedisPool({ host: '127.0.0.1', port: 1 });
    expect(getPoolStats()).toMatchObject({ status: 'down', lastFailure: 'refused' });
    const own = withConnection((connection) => connection.call('ping', []));
    await expect(own).rejects.toThrow(PoolConnectionError);
    await expect(own).rejects.toMatchObject({ code: 'refused' });
  });

  it('reads the address that it is given, and never repeats it', () => {
    expect(placeOf('rediss://me:p%40ss@[::1]:7/3')).toEqual({
      ...{ host: '::1', port: 7, db: 3, username: 'me', password: 'p@ss', isTls: true },
    });
    expect(placeOf('redis://host')).toEqual({ host: 'host', port: 6379, isTls: false });
    expect(() => placeOf('http://me:secret@host')).toThrow(/^(?!.*secret)/);
  });
});
