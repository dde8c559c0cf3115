/** Refusals of real servers: one that loads its data, and one that is a part of a Cluster. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { askRedis } from '../servers/redis-ask.js';
import { startRedisCluster, type RedisCluster } from '../servers/redis-cluster.js';
import { closePools, get, outcome, poolAt, set, untilAnswer, untilWhole } from './kit.js';

let redis: RedisServer | undefined;
let cluster: RedisCluster | undefined;
afterEach(async () => {
  await closePools();
  await redis?.stop();
  await cluster?.stop();
  [redis, cluster] = [undefined, undefined];
});

describe('R11: a server that loads its data', () => {
  it('is told by its name, costs no wait, and is used when it has loaded', async () => {
    redis = await startRedis({
      persistence: 'none',
      configuration: ['enable-debug-command yes', 'loading-process-events-interval-bytes 1024'],
    });
    const { port } = redis;
    const pool = poolAt(port, { lanes: 1 });
    await untilWhole(pool);
    await askRedis(port, ['debug', 'populate', '500', 'k', '100']);
    await set(pool, 'x', 'value');
    await askRedis(port, ['config', 'set', 'key-load-delay', '2000']);
    const loaded = askRedis(port, ['debug', 'reload']);
    await untilAnswer(() => get(pool, 'x'), 'loading');
    expect(pool.errors()).toContain('read loading');
    // The connection is well, so it is kept.
    expect(pool.stats().lanesOpen).toBe(1);
    await loaded;
    await untilAnswer(() => get(pool, 'x'), 'value');
    await untilWhole(pool);
  });
});

describe('R12: a part of a Cluster, where one server is set', () => {
  it('tells where else to ask, and nobody asks there', async () => {
    cluster = await startRedisCluster({ masters: 2, withReplicas: false });
    const [one, two] = cluster.masters.map(({ server }) => server.port);
    const [, other] = cluster.masters;
    if (one === undefined || two === undefined) throw new Error('there are two');
    const ask = (...words: string[]): Promise<unknown> => askRedis(one, words);
    const slotOf = async (key: string): Promise<number> =>
      Number(await ask('cluster', 'keyslot', key));
    const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const slots = await Promise.all(keys.map(slotOf));
    const here = keys.find((_key, nth) => (slots[nth] ?? 0) < 8000) ?? '';
    const there = keys.find((_key, nth) => (slots[nth] ?? 0) > 8200) ?? '';
    const pool = poolAt(one, { lanes: 1 });
    await untilWhole(pool);
    expect(await set(pool, here, 'value')).toBe('OK');
    await expect(ask('get', there)).rejects.toThrow('MOVED');
    expect(await get(pool, there)).toBe('cluster');
    await ask('cluster', 'setslot', String(await slotOf(here)), 'migrating', other?.id ?? '');
    const gone = `{${here}}gone`;
    await expect(ask('get', gone)).rejects.toThrow('ASK');
    expect(await get(pool, gone)).toBe('cluster');
    await expect(ask('mget', here, gone)).rejects.toThrow('TRYAGAIN');
    expect(await outcome(pool.call('read', 'mget', [here, gone]))).toBe('cluster');
    expect(await get(pool, here)).toBe('value');
    await ask('config', 'set', 'cluster-require-full-coverage', 'yes');
    await ask('cluster', 'delslots', String(await slotOf('not covered')));
    await untilAnswer(() => get(pool, here), 'cluster');
    await expect(ask('get', here)).rejects.toThrow('CLUSTERDOWN');
    expect(pool.errors()).toEqual(['read cluster']);
    expect(pool.stats()).toMatchObject({ port: one, lanesOpen: 1 });
    expect(String(await askRedis(two, ['client', 'list']))).not.toContain('name=leyden');
  });
});
