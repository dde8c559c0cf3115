/** A Redis Cluster whose masters die, hang, and come back, with gateways before it in use. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../fakes/waiting.js';
import { clusterPool, holderOf, keyOn, nodeAt } from '../redis/cluster-kit.js';
import { closePools, get, set, untilAnswer, untilWhole } from '../redis/kit.js';
import { openClusterScene, traffic, type ClusterScene } from '../scenarios/cluster-kit.js';
import { startRedisCluster, type RedisCluster } from '../servers/redis-cluster.js';

let cluster: RedisCluster;
let scene: ClusterScene | undefined;

beforeAll(async () => {
  cluster = await startRedisCluster();
}, 60_000);
afterAll(() => cluster.stop());
afterEach(async () => {
  await scene?.close();
  scene = undefined;
  await closePools();
});

const SHORT = 'timeout: { handshake: 1s, read: 250ms, write: 250ms }';
/** Most is looked for in the second tier. */
const FORGETFUL = 'memory: { maxEntries: 10 }';

describe('a Cluster whose master dies', () => {
  it('another takes its place: no answer is wrong, nothing that was copied is lost', async () => {
    const pool = clusterPool(cluster.ports, { lanes: 4 });
    await untilWhole(pool);
    const keys = Array.from({ length: 30 }, (_, nth) => `k ${nth}`);
    for (const key of keys) await set(pool, key, key);
    const told: string[] = [];
    const lost: string[] = [];
    const ears = Array.from({ length: 4 }, (_, nth) =>
      pool.dedicated({
        name: `ear ${nth}`,
        key: nth === 0 ? keyOn(cluster, 0) : undefined,
        onOpen: async (connection) => {
          await connection.call('subscribe', ['words'], { waitMs: 5000 });
        },
        onMessage: (_channel, word) => told.push(`${nth} ${String(word)}`),
        onLost: (kind) => lost.push(`${nth} ${kind}`),
      }),
    );
    await until(() => ears.every((ear) => ear.connection() !== undefined));
    const dead = await holderOf(pool, cluster, keyOn(cluster, 0));
    await pool.withConnection((own) => own.call('wait', [1, 5000]), { key: keyOn(cluster, 0) });
    await dead.server.kill();
    const seen = new Set<unknown>();
    for (const key of keys) {
      const ask = async (): Promise<unknown> => {
        const value = await get(pool, key);
        if (value !== key) seen.add(value);
        return value;
      };
      await untilAnswer(ask, key);
    }
    await untilAnswer(() => set(pool, keyOn(cluster, 0), 'after'), 'OK');
    await untilWhole(pool);
    expect([...seen].filter((word) => !/^[a-z_]+$/.test(String(word)))).toEqual([]);
    expect(seen).not.toContain(null);
    expect(nodeAt(pool, dead)).toBeUndefined();
    expect(pool.stats()).toMatchObject({ status: 'healthy', breaker: 'closed', max: 24 });
    await until(() => ears.every((ear) => ear.connection() !== undefined));
    expect(lost).toContain('0 reset');
    await pool.call('bus', 'publish', ['words', 'all']);
    await until(() => new Set(told).size === 4);
    await dead.server.restart();
  }, 120_000);

  it('gateways go on without a broken answer, and use all of it again within seconds', async () => {
    scene = await openClusterScene(cluster);
    const nodes = await scene.nodes(2, SHORT, FORGETFUL);
    const pool = clusterPool(cluster.ports);
    await untilWhole(pool);
    const dead = await holderOf(pool, cluster, keyOn(cluster, 0));
    let isOver = false;
    const running = traffic(nodes, ({ answered }) => !isOver || answered < 1000);
    await nodes[0]!.get('/kept/warm', 'x');
    await dead.server.kill();
    for (const node of nodes) await node.untilStatus('degraded');
    for (const node of nodes) await node.untilStatus('healthy');
    isOver = true;
    expect(await running).toMatchObject({ wrong: 0, broken: 0 });
    await dead.server.restart();
    const purge = { type: 'tag', selectors: ['kept'], mode: 'delete', wait: 'cluster' };
    for (;;) {
      const { status, body } = await nodes[0]!.purge(purge);
      if (status === 200 && body['acked'] === 2) break;
    }
  }, 120_000);

  it('a master hangs: only its keys fail, each in its time, and another takes over', async () => {
    const pool = clusterPool(cluster.ports, { readMs: 100, writeMs: 100, handshakeMs: 500 });
    await untilWhole(pool);
    const keys = [0, 1, 2].map((member) => keyOn(cluster, member));
    for (const key of keys) await untilAnswer(() => set(pool, key, key), 'OK');
    const [mine = '', ...others] = keys;
    await pool.withConnection((own) => own.call('wait', [1, 5000]), { key: mine });
    const hung = await holderOf(pool, cluster, mine);
    hung.server.signal('SIGSTOP');
    for (let round = 0; round < 10; round += 1) {
      expect(await get(pool, mine)).not.toBe(mine);
      for (const key of others) expect(await get(pool, key)).toBe(key);
    }
    expect(pool.stats().status).toBe('degraded');
    expect(nodeAt(pool, hung)?.status).not.toBe('healthy');
    await untilAnswer(() => get(pool, mine), mine);
    hung.server.signal('SIGCONT');
    await untilWhole(pool);
    for (const key of keys) await untilAnswer(() => get(pool, key), key);
  }, 120_000);
});
