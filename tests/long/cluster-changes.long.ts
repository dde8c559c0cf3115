/** A Redis Cluster that goes away, comes back, grows, and lets us do no more than we must. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '../fakes/waiting.js';
import { clusterPool, keyOn, migrateTo, nodeAt } from '../redis/cluster-kit.js';
import { closePools, get, outcome, set, untilAnswer, untilWhole } from '../redis/kit.js';
import { openClusterScene, traffic, type ClusterScene } from '../scenarios/cluster-kit.js';
import { startRedisCluster, type RedisCluster } from '../servers/redis-cluster.js';

let cluster: RedisCluster | undefined;
let scene: ClusterScene | undefined;

afterEach(async () => {
  await scene?.close();
  await closePools();
  await cluster?.stop();
  scene = undefined;
  cluster = undefined;
});

const SHORT = 'timeout: { handshake: 1s, read: 250ms, write: 250ms }';
const FORGETFUL = 'memory: { maxEntries: 10 }';
/** What the documents say that the gateway needs, under the prefix of the scene. */
const RIGHTS =
  'resetkeys ~t* resetchannels &t* -@all +ping +info +client|setname ' +
  '+get +getrange +set +unlink +evalsha +eval +publish +subscribe +xrange +xrevrange ' +
  '+exists +del +xadd +pexpire +time +zadd +zcard +zscore +zrem +zrangebyscore +hset +hdel ' +
  '+hgetall +cluster|slots +cluster|info +asking';

describe('a Cluster', () => {
  it('goes away as a whole: answers go on, and it is used again when it is back', async () => {
    cluster = await startRedisCluster();
    scene = await openClusterScene(cluster);
    const nodes = await scene.nodes(2, SHORT, FORGETFUL);
    let isOver = false;
    const running = traffic(nodes, ({ answered }) => !isOver || answered < 500);
    const all = [...cluster.masters, ...cluster.replicas].map(({ server }) => server);
    await Promise.all(all.map((server) => server.kill()));
    for (const node of nodes) await node.untilStatus('down');
    const late = clusterPool(cluster.ports);
    await late.tried();
    expect(late.stats()).toMatchObject({ status: 'down', max: 8, lastFailure: 'refused' });
    expect(await get(late, 'x')).toBe('refused');
    expect(late.said('redis_cluster_unknown')).toHaveLength(1);
    await Promise.all(all.map((server) => server.restart()));
    for (const node of nodes) await node.untilStatus('healthy');
    await untilWhole(late);
    await untilAnswer(() => set(late, 'x', 'y'), 'OK');
    isOver = true;
    expect(await running).toMatchObject({ wrong: 0, broken: 0 });
    const purge = { type: 'tag', selectors: ['kept'], mode: 'delete', wait: 'cluster' };
    for (;;) {
      const { status, body } = await nodes[0]!.purge(purge);
      if (status === 200 && body['acked'] === 2) break;
    }
  }, 120_000);

  it('grows: a slot goes to a master that nobody knew, while it is in use', async () => {
    cluster = await startRedisCluster({ withReplicas: false });
    const pool = clusterPool(cluster.ports);
    await untilWhole(pool);
    const tag = `{${keyOn(cluster, 2)}}`;
    const keys = Array.from({ length: 20 }, (_, nth) => `${tag} ${nth}`);
    for (const key of keys) await set(pool, key, key);
    const fresh = await cluster.add();
    const odd: unknown[] = [];
    let isOver = false;
    let rounds = 0;
    const readers = keys.map(async (key, nth) => {
      while (!isOver) {
        const other = keys[(nth + 1) % keys.length]!;
        if ((await set(pool, key, key)) !== 'OK') odd.push(['set', key]);
        const both = await outcome(pool.call('read', 'mget', [key, other]));
        if (String(both) !== `${key},${other}`) odd.push(both);
        rounds += 1;
      }
    });
    try {
      await until(() => rounds > 100);
      await migrateTo(cluster, cluster.masters[2]!, fresh, tag);
      await until(() => nodeAt(pool, fresh)?.slots === 1);
    } finally {
      isOver = true;
      await Promise.all(readers);
    }
    expect(odd).toEqual([]);
    for (const key of keys) expect(await get(pool, key)).toBe(key);
    expect(pool.stats()).toMatchObject({ status: 'healthy', max: 32, errors: 0 });
  }, 120_000);

  it('lets a user with few rights do what is needed, and nobody without a password', async () => {
    cluster = await startRedisCluster({
      password: 'of-the-operator',
      configuration: [`user leyden on >s3cret ${RIGHTS}`],
    });
    const none = clusterPool(cluster.ports);
    await none.tried();
    expect(none.stats()).toMatchObject({ status: 'down', lastFailure: 'auth' });
    expect(JSON.stringify([none.lines, none.stats()])).not.toContain('operator');
    scene = await openClusterScene(cluster);
    const user = 'username: leyden\n  password: s3cret';
    const nodes = await scene.nodes(2, `timeout: { read: 5s, write: 5s }\n  ${user}`, FORGETFUL);
    const sum = await traffic(nodes, ({ answered }) => answered < 500);
    expect(sum).toMatchObject({ wrong: 0, broken: 0 });
    const done = { type: 'tag', selectors: ['kept'], mode: 'delete', wait: 'cluster' };
    expect((await nodes[0]!.purge(done)).body).toMatchObject({ acked: 2, pending: 0 });
    expect(await nodes[0]!.metric('leyden_redis_errors_total')).toBe(0);
    const wrong = clusterPool(cluster.ports, { target: { username: 'leyden', password: 'no' } });
    await wrong.tried();
    expect(await get(wrong, 't x')).toBe('auth');
  }, 120_000);
});
