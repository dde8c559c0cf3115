/** Tracking before a Cluster: each master is listened to by itself, wherever a key moves. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../src/clock.js';
import { openTracking, type Tracking } from '../../src/redis/tracking.js';
import { clusterPool, keyOn, migrate } from '../redis/cluster-kit.js';
import { closePools, recordedLog, set, untilWhole } from '../redis/kit.js';
import { startRedisCluster, type RedisCluster } from '../servers/redis-cluster.js';
import { until } from '../fakes/waiting.js';

let cluster: RedisCluster;
let tracking: Tracking;
beforeAll(async () => {
  cluster = await startRedisCluster({ nodeTimeoutMs: 10_000 });
}, 60_000);
afterAll(() => cluster.stop());
afterEach(async () => {
  tracking.close();
  await closePools();
});

describe('tracking before a Cluster', () => {
  it('hears changes on every master, and a gap of one is a gap', async () => {
    const heard = new Set<string>();
    const gaps: boolean[] = [];
    const options = { prefix: 'key ', waitMs: 5000, refusedMs: 20 };
    tracking = openTracking(options, {
      ...{ clock: systemClock, log: recordedLog() },
      listener: {
        changed: (key) => heard.add(key),
        flushed: () => undefined,
        resumed: (isSure) => gaps.push(isSure),
      },
    });
    const pool = clusterPool(cluster.ports);
    pool.eachServer((server) => tracking.watch(server));
    await untilWhole(pool);
    await until(() => tracking.stats().state === 'on' && gaps.length === 3);
    const keys = [0, 1, 2].map((member) => keyOn(cluster, member));
    for (const key of keys) expect(await set(pool, key, 'x')).toBe('OK');
    await until(() => keys.every((key) => heard.has(key)));
    heard.clear();
    const [first = ''] = keys;
    await migrate(cluster, 0, 1, first);
    expect(await set(pool, first, 'y')).toBe('OK');
    await until(() => heard.has(first));
    await cluster.ask(cluster.ports[2] ?? 0, 'client', 'kill', 'type', 'pubsub');
    await until(() => gaps.length === 4);
    expect(tracking.stats()).toMatchObject({ state: 'on', armed: 4, gaps: 1 });
  });
});
