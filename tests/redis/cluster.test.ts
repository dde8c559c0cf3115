/** Redis Cluster: each key goes to its master, several keys to several, and numbers add up. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { closeRedisPool, getRedisPool, initRedisPool, withConnection } from '../../src/index.js';
import { runScript, scriptOf } from '../../src/redis/script.js';
import { openClusterScene, type ClusterGateway } from '../scenarios/cluster-kit.js';
import { startRedisCluster, type RedisCluster } from '../servers/redis-cluster.js';
import { startFaultProxy } from '../servers/fault-proxy.js';
import { until } from '../fakes/waiting.js';
import { clusterPool, holderOf, keyOn, migrate, nameOf, nodeAt, takeOver } from './cluster-kit.js';
import { fleetAt, leasesAt, tagsOf } from './fleet-kit.js';
import { closePools, get, outcome, patient, set, untilAnswer, untilWhole } from './kit.js';

let cluster: RedisCluster;

beforeAll(async () => {
  // Nobody is deposed for dying: that is for the tests that have more time.
  cluster = await startRedisCluster({ nodeTimeoutMs: 10_000 });
}, 60_000);
afterAll(() => cluster.stop());
afterEach(closePools);

const share = (nth: number): string[] => [0, 1, 2].map((member) => keyOn(cluster, member, nth));

describe('a pool before a Cluster', () => {
  it('finds all masters by one node, and gives each key to its own', async () => {
    const pool = clusterPool(cluster.ports.slice(5));
    await untilWhole(pool);
    for (let key = 0; key < 30; key += 1) expect(await set(pool, `k ${key}`, `${key}`)).toBe('OK');
    for (let key = 0; key < 30; key += 1) expect(await get(pool, `k ${key}`)).toBe(`${key}`);
    const { nodes = [], ...stats } = pool.stats();
    const servers = nodes.map(({ server, status, max }) => `${server} ${status} ${max}`);
    expect(servers.sort()).toEqual(cluster.masters.map((one) => `${nameOf(one)} healthy 8`).sort());
    expect(stats).toMatchObject({ max: 24, lanesOpen: 6, errors: 0, breaker: 'closed', inUse: 0 });
    expect(nodes.reduce((sum, { slots }) => sum + slots, 0)).toBe(16_384);
    expect(pool.said('redis_cluster_known')).toEqual([
      { level: 'info', event: 'redis_cluster_known', masters: 3, slots: 16_384 },
    ]);
  });

  it('finds nodes where the settings say they are, whatever they call themselves', async () => {
    const proxies = await Promise.all(
      cluster.masters.map(({ server }) => startFaultProxy({ serverPort: server.port })),
    );
    const reachedAt = new Map(
      cluster.masters.map((one, nth) => [
        nameOf(one),
        { host: '127.0.0.1', port: proxies[nth]!.port },
      ]),
    );
    const pool = clusterPool(cluster.ports.slice(0, 1), { target: { reachedAt } });
    await untilWhole(pool);
    for (const key of share(0)) expect(await set(pool, key, 'x')).toBe('OK');
    expect(cluster.masters.map((one) => nodeAt(pool, one)?.status)).toEqual([
      ...['healthy', 'healthy', 'healthy'],
    ]);
    for (const proxy of proxies) expect(proxy.stats().connections).toBeGreaterThan(0);
    await closePools();
    await Promise.all(proxies.map((proxy) => proxy.close()));
  });

  it('parts a command of many keys, and keeps a list of commands in its order', async () => {
    const pool = clusterPool(cluster.ports);
    await untilWhole(pool);
    const keys = [...share(0), ...share(1)];
    const commands = keys.flatMap((key) => [
      ['set', key, key] as const,
      ['append', key, '!'] as const,
    ]);
    const replies = await pool.callAll('write', commands);
    expect(replies.map(String)).toEqual(keys.flatMap((key) => ['OK', `${key.length + 1}`]));
    const all = (await pool.call('read', 'mget', [...keys, 'none'])) as readonly unknown[];
    expect(all.map(String)).toEqual([...keys.map((key) => `${key}!`), 'null']);
    const found = new Set<string>();
    await pool.walk('key *', async (page) => {
      for (const key of page) found.add(String(key));
      await Promise.resolve();
    });
    expect([...found].sort()).toEqual([...keys].sort());
    expect(await outcome(pool.call('write', 'unlink', [...keys, 'none']))).toBe(6);
    for (const name of ['keys', 'scan', 'flushdb']) {
      expect(await outcome(pool.call('write', name, ['*']))).toBe('rejected');
    }
    expect(await outcome(pool.call('write', 'mset', [keys[0]!, 1, keys[1]!, 2]))).toBe('cluster');
  });

  it('tells each master a script that it does not know, and lends connections by key', async () => {
    const pool = clusterPool(cluster.ports);
    await untilWhole(pool);
    const script = scriptOf(1, "return redis.call('incr', KEYS[1])");
    for (const key of share(2)) {
      expect(await runScript(pool, 'write', script, [key])).toBe(1);
      expect(await runScript(pool, 'write', script, [key])).toBe(2);
      const done = pool.withConnection(
        (own) =>
          own.transaction([
            ['incr', key],
            ['del', key],
          ]),
        {
          key,
        },
      );
      expect(await done).toEqual([3, 1]);
    }
    const [key = ''] = share(2);
    const astray = pool.withConnection((own) => own.call('get', [key]), { key: share(2)[1] });
    expect(await outcome(astray)).toBe('cluster');
  });

  it('is the pool of a process, too', async () => {
    const [key = ''] = share(5);
    await initRedisPool({ nodes: cluster.ports.map((port) => `127.0.0.1:${port}`), ...patient });
    expect(await set(getRedisPool(), key, '1')).toBe('OK');
    const more = withConnection((own) => own.transaction([['incr', key]]), { key });
    expect(await more).toEqual([2]);
    await closeRedisPool();
    await expect(initRedisPool({ nodes: ['nowhere'] })).rejects.toThrow('a host and a port');
  });

  it('one fleet: one lease, one journal, one bus', async () => {
    const [one, two] = [clusterPool(cluster.ports), clusterPool(cluster.ports)];
    const [first, second] = [await leasesAt(one), await leasesAt(two)];
    const [key = ''] = share(0);
    const lead = await first.leases.lead(key, undefined);
    const waiting = second.leases.lead(key, undefined);
    await until(() => second.leases.stats().waited === 1);
    if (lead.kind === 'lead') await lead.release('stored', 'word');
    expect(await waiting).toEqual({ kind: 'ended', how: 'stored', word: 'word' });
    const nodes = [await fleetAt(one), await fleetAt(two)] as const;
    await until(() => nodes.every(({ fleet }) => fleet.stats().reach.nodes === 2));
    nodes[0].purge('a');
    nodes[1].purge('b');
    await until(() => tagsOf(nodes[0]).join() === 'b' && tagsOf(nodes[1]).join() === 'a');
    for (const { fleet, leases, bus } of nodes) {
      await fleet.close();
      leases.close();
      bus.close();
    }
  });

  it('a slot moves while it is in use: nothing is lost, nothing fails', async () => {
    const pool = clusterPool(cluster.ports);
    await untilWhole(pool);
    const tag = `{${keyOn(cluster, 0)}}`;
    const keys = Array.from({ length: 20 }, (_, nth) => `${tag} ${nth}`);
    for (const key of keys) await set(pool, key, key);
    const odd: unknown[] = [];
    let rounds = 0;
    let isOver = false;
    const readers = keys.map(async (key, nth) => {
      while (!isOver || rounds < keys.length) {
        const both = [key, keys[(nth + 1) % keys.length]!];
        if ((await set(pool, key, key)) !== 'OK') odd.push(['set', key]);
        const found = await outcome(pool.call('read', 'mget', both));
        if (String(found) !== both.join()) odd.push(found);
        const [, many] = await pool.callAll('write', [
          ['incr', `${key}:n`],
          ['get', key],
        ]);
        if (String(many) !== key) odd.push(many);
        rounds += 1;
      }
    });
    try {
      await migrate(cluster, 0, 1, tag);
    } finally {
      isOver = true;
      await Promise.all(readers);
    }
    expect(odd).toEqual([]);
    let sum = 0;
    for (const key of keys) sum += Number(await get(pool, `${key}:n`));
    expect(sum).toBe(rounds);
    expect(pool.stats()).toMatchObject({ status: 'healthy', errors: 0, breaker: 'closed' });
    await migrate(cluster, 1, 0, tag);
    for (const key of keys) expect(await get(pool, key)).toBe(key);
  });

  it('a master is deposed while it lives: the pool goes with the new one', async () => {
    const pool = clusterPool(cluster.ports);
    await untilWhole(pool);
    const [key = ''] = share(3);
    await set(pool, key, 'kept');
    const [old, replica] = [cluster.masters[0]!, cluster.replicas[0]!];
    await pool.withConnection((own) => own.call('wait', [1, 5000]), { key });
    await takeOver(cluster, replica);
    const seen = new Set<unknown>();
    const isFound = async (): Promise<boolean> => {
      seen.add(await get(pool, key));
      return nodeAt(pool, replica) !== undefined;
    };
    await untilAnswer(isFound, true);
    expect([...seen]).toEqual(['kept']);
    await untilAnswer(() => set(pool, key, 'new'), 'OK');
    await untilWhole(pool);
    // Some node may not have heard of it yet, and say so once more.
    await until(() => nodeAt(pool, old) === undefined);
    expect(pool.errors()).toEqual([]);
  });

  it('two gateways share answers, compute once, and purge for both', async () => {
    const scene = await openClusterScene(cluster);
    try {
      const [one, two] = (await scene.nodes(2)) as [ClusterGateway, ClusterGateway];
      const paths = Array.from({ length: 12 }, (_, nth) => `/kept/${nth}`);
      for (const path of paths) {
        // Both at once: one of them computes.
        const both = await Promise.all([one.get(path, 'a'), two.get(path, 'a')]);
        expect(both.map((answer) => one.isFor(answer, path, 'a'))).toEqual([true, true]);
        expect(scene.origin.countOf(path)).toBe(1);
      }
      const all = { type: 'tag', selectors: ['kept'], mode: 'delete', wait: 'cluster' };
      expect((await one.purge(all)).body).toMatchObject({ acked: 2, pending: 0 });
      expect(two.isFor(await two.get('/kept/0', 'a'), '/kept/0', 'a')).toBe(true);
      expect(scene.origin.countOf('/kept/0')).toBe(2);
      const { nodes, ...page } = await one.pool();
      expect(page).toMatchObject({ status: 'healthy', breaker: 'closed' });
      expect(page.pool_info).toMatchObject({ max_connections: 24 });
      expect(nodes.map(({ status }) => status)).toEqual(['healthy', 'healthy', 'healthy']);
    } finally {
      await scene.close();
    }
  });

  it('a master dies: its own keys are missed, at once; the others notice nothing', async () => {
    const pool = clusterPool(cluster.ports);
    await untilWhole(pool);
    const [first = '', second = '', third = ''] = share(4);
    for (const key of [first, second, third]) await set(pool, key, key);
    const dead = await holderOf(pool, cluster, third);
    const { port } = dead.server;
    const other = clusterPool([port, ...cluster.ports]);
    await untilWhole(other);
    expect(other.stats().port).toBe(port);
    await dead.server.kill();
    await until(() => other.stats().port !== port && other.stats().status === 'degraded');
    await until(() => nodeAt(pool, dead)?.status === 'down');
    expect(pool.stats()).toMatchObject({ status: 'degraded', max: 24 });
    for (let nth = 0; nth < 20; nth += 1) {
      expect(await get(pool, first)).toBe(first);
      expect(await get(pool, second)).toBe(second);
    }
    expect(pool.admits('read', third)).toBe(false);
    expect([pool.admits('read', first), pool.admits('read')]).toEqual([true, true]);
    const statuses = pool.stats().nodes?.map(({ status }) => status);
    expect(statuses?.sort()).toEqual(['down', 'healthy', 'healthy']);
    await dead.server.restart();
  });
});
