/** Redis that is slow, hangs or flaps: one short deadline, then nothing until it is well again. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../src/clock.js';
import { type FaultProxy, startFaultProxy } from '../servers/fault-proxy.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { until } from '../fakes/waiting.js';
import { closePools, connectionTo, get, outcome, poolAt, set, untilAnswer } from './kit.js';
import { untilWhole } from './kit.js';

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

/** Short enough to end a test soon, long enough for a busy machine when all is well. */
const short = { readMs: 250, writeMs: 250, handshakeMs: 250 };

describe('Redis that does not answer in time', () => {
  it('R5: slow: a timeout each, then the breaker opens; no late reply reaches anyone', async () => {
    const pool = poolAt(proxy.port, { ...short, lanes: 1 });
    await untilWhole(pool);
    for (const key of ['a', 'b', 'c']) await set(pool, key, `value of ${key}`);
    proxy.set({ kind: 'latency', delayMs: 2000 });
    const said = await Promise.all(['a', 'b', 'c', 'a', 'b', 'c'].map((key) => get(pool, key)));
    expect(new Set(said)).toEqual(new Set(['timeout']));
    await untilAnswer(() => get(pool, 'a'), 'breaker_open');
    proxy.set({ kind: 'pass' });
    await untilAnswer(() => get(pool, 'a'), 'value of a');
    const answers = await Promise.all(['c', 'b', 'a'].map((key) => get(pool, key)));
    expect(answers).toEqual(['value of c', 'value of b', 'value of a']);
  });

  it('R6: slower than usual but within the budget is no failure', async () => {
    proxy.set({ kind: 'latency', delayMs: 20 });
    const pool = poolAt(proxy.port);
    await untilWhole(pool);
    expect(await set(pool, 'x', 'slow')).toBe('OK');
    expect(await get(pool, 'x')).toBe('slow');
    expect(pool.stats()).toMatchObject({ errors: 0, breaker: 'closed' });
  });

  it('is not blamed for the time in which this process stood still', async () => {
    const pool = poolAt(redis.port, { ...short, lanes: 1 });
    await untilWhole(pool);
    await set(pool, 'x', 'there');
    const said = get(pool, 'x');
    // What was asked has not even left, and its deadline passes.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, short.readMs + 100);
    expect(await said).toBe('there');
    expect(pool.stats()).toMatchObject({ errors: 0, breaker: 'closed' });
  });

  it.each([
    ['R7: both ways', 'blackhole'],
    ['R8: downstream', 'blackhole-down'],
    ['R8: upstream', 'blackhole-up'],
  ] as const)('%s: 3,000 calls into a hole leave nothing waiting', async (_row, kind) => {
    const pool = poolAt(proxy.port, { ...short, inFlightMax: 200 });
    await untilWhole(pool);
    proxy.set({ kind });
    const calls = Array.from({ length: 3000 }, () => get(pool, 'x'));
    // Two lanes of 200 each are the most that waits; all others are refused at once.
    const said = await Promise.all(calls);
    expect(said.filter((word) => word === 'timeout')).toHaveLength(400);
    expect(said.filter((word) => word === 'full')).toHaveLength(2600);
    expect(pool.stats().inUse).toBe(0);
    proxy.set({ kind: 'pass' });
    await untilAnswer(() => set(pool, 'x', 'healed'), 'OK');
    await untilAnswer(() => get(pool, 'x'), 'healed');
  });

  it('a server that hangs with open connections is left, and used when it goes on', async () => {
    const own = await startRedis({ persistence: 'none' });
    const pool = poolAt(own.port, short);
    await untilWhole(pool);
    await set(pool, 'x', 'kept');
    own.signal('SIGSTOP');
    expect(await get(pool, 'x')).toBe('timeout');
    await until(() => pool.stats().status === 'down');
    own.signal('SIGCONT');
    await untilAnswer(() => get(pool, 'x'), 'kept');
    await closePools();
    await own.stop();
  });

  it('case 13: late replies, 50 users: nobody gets the value of another', async () => {
    const pool = poolAt(proxy.port, { readMs: 30, writeMs: 2000, handshakeMs: 2000, lanes: 3 });
    await untilWhole(pool);
    for (let user = 0; user < 50; user += 1) await set(pool, `user:${user}`, `secret of ${user}`);
    const wrong: unknown[] = [];
    let timeouts = 0;
    const round = async (user: number): Promise<void> => {
      const value = await get(pool, `user:${user}`);
      if (value === 'timeout') timeouts += 1;
      const isFailure = ['timeout', 'breaker_open', 'reset'].includes(String(value));
      if (!isFailure && value !== `secret of ${user}`) wrong.push(value);
    };
    for (let time = 0; time < 30; time += 1) {
      proxy.set({ kind: 'latency', delayMs: time % 3 === 0 ? 120 : 0, jitterMs: 40 });
      await Promise.all(Array.from({ length: 50 }, (_, user) => round(user)));
    }
    expect(wrong).toEqual([]);
    expect(timeouts).toBeGreaterThan(0);
  });

  it('R15: flapping: it is said at most once a second, and the end of it is steady', async () => {
    const pool = poolAt(proxy.port, { ...short, retryFirstMs: 5, retryMaxMs: 10 });
    await untilWhole(pool);
    const falls = 10;
    for (let fall = 0; fall < falls; fall += 1) {
      await proxy.down();
      await until(() => pool.stats().status === 'down');
      await proxy.up();
      await until(() => pool.stats().lanesOpen > 0);
    }
    // Up is said once it has lasted; until then it is one and the same fall.
    expect(pool.said('redis_down').length).toBeLessThan(falls);
    expect(pool.said('redis_up').length).toBeLessThanOrEqual(pool.said('redis_down').length);
    await untilWhole(pool);
    await untilAnswer(() => set(pool, 'x', 'steady'), 'OK');
  });

  it('a busy event loop is not taken for a slow Redis', async () => {
    const connection = await connectionTo(redis.port);
    const call = outcome(connection.call('set', ['x', 'y'], { waitMs: 30 }));
    await new Promise((resolve) => setImmediate(resolve));
    // The reply comes in the meantime, and the deadline passes before anyone can read it.
    const endMs = systemClock.nowMs() + 200;
    while (systemClock.nowMs() < endMs);
    expect(await call).toBe('OK');
  });
});
