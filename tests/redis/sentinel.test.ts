/** Redis behind sentinels: the pool leads to the master, and follows when another becomes it. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { askRedis } from '../servers/redis-ask.js';
import { startSentinelSet, type SentinelSet } from '../servers/redis-sentinel.js';
import { until } from '../fakes/waiting.js';
import { closePools, get, outcome, set, untilAnswer, untilWhole } from './kit.js';
import { poolBehind } from './sentinel-kit.js';

let servers: SentinelSet;
const ports = (): number[] => servers.sentinels.map(({ port }) => port);

beforeAll(async () => {
  servers = await startSentinelSet();
}, 60_000);
afterAll(() => servers.stop());
afterEach(closePools);

describe('a pool behind sentinels', () => {
  it('leads to the master, and says which that is', async () => {
    const pool = poolBehind(ports());
    await untilWhole(pool);
    await until(() => pool.stats().sentinels?.up === 3);
    expect(pool.stats()).toMatchObject({
      ...{ status: 'healthy', host: '127.0.0.1', port: await servers.masterPort() },
      ...{ writable: true, dedicated: 0, lanesOpen: 2 },
      sentinels: { up: 3, behind: 0, unknown: 0, down: 0 },
    });
    expect(await set(pool, 'x', 'written')).toBe('OK');
    expect(await get(pool, 'x')).toBe('written');
  });
  it('R22: the master dies: the pool follows to the new one, and no answer is wrong', async () => {
    const pool = poolBehind(ports(), { lanes: 4 });
    await untilWhole(pool);
    const lost: string[] = [];
    const ear = pool.dedicated({
      name: 'ear',
      onOpen: async (connection) => {
        await connection.call('subscribe', ['words'], { waitMs: 5000 });
      },
      onLost: (kind) => lost.push(kind),
    });
    await until(() => ear.connection() !== undefined);
    for (let key = 0; key < 20; key += 1) await set(pool, `key ${key}`, `value ${key}`);
    const port = await servers.masterPort();
    await pool.withConnection((own) => own.call('wait', [2, 5000]));
    const old = servers.servers.find((server) => server.port === port);
    await old?.kill();
    await until(() => pool.stats().status === 'down');
    expect(pool.admits('read')).toBe(false);
    const seen = new Set<unknown>();
    for (let key = 0; key < 20; key += 1) {
      const ask = async (): Promise<unknown> => {
        const value = await get(pool, `key ${key}`);
        if (value !== `value ${key}`) seen.add(value);
        return value;
      };
      await untilAnswer(ask, `value ${key}`);
    }
    await untilAnswer(() => set(pool, 'x', 'after'), 'OK');
    await untilWhole(pool);
    // Failures by their names, and nothing that is another's value or none.
    expect([...seen].filter((word) => !/^[a-z_]+$/.test(String(word)))).toEqual([]);
    expect(seen).not.toContain(null);
    expect(pool.stats().port).not.toBe(port);
    expect(pool.stats()).toMatchObject({
      writable: true,
      breaker: 'closed',
      lastFailure: 'refused',
    });
    await until(() => ear.connection() !== undefined);
    expect(lost).toContain('reset');
    expect(pool.said('redis_master_moved')).toHaveLength(1);
    expect(pool.said('redis_down')).toHaveLength(1);
    await old?.restart();
  });
  it('a master that is deposed while it lives: the pool goes with the new one', async () => {
    const pool = poolBehind(ports());
    await untilWhole(pool);
    const { port } = pool.stats();
    await outcome(pool.withConnection((own) => own.call('get', ['x'])));
    await untilAnswer(async () => {
      try {
        return await askRedis(ports()[0] ?? 0, ['sentinel', 'failover', servers.name]);
      } catch {
        return undefined;
      }
    }, 'OK');
    await until(() => pool.stats().port !== port);
    await untilWhole(pool);
    await untilAnswer(() => set(pool, 'x', 'new'), 'OK');
    expect(pool.stats()).toMatchObject({ writable: true, breaker: 'closed' });
  });
});
