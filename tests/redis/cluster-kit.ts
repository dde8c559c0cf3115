/** A pool before a Cluster, with small numbers, for tests. */
import { systemClock } from '../../src/clock.js';
import { slotOf } from '../../src/redis/key-slot.js';
import { usualPool, type RedisPoolOptions } from '../../src/redis/options.js';
import { openRedisPool, type RedisPool } from '../../src/redis/pool.js';
import type { ClusterTarget } from '../../src/redis/target.js';
import type { ClusterMember, RedisCluster } from '../servers/redis-cluster.js';
import { patient, recordedLog, untilAnswer, watched, type TestPool } from './kit.js';

export interface ClusterWishes extends Partial<Omit<RedisPoolOptions, 'target'>> {
  readonly target?: Partial<ClusterTarget>;
}

export function clusterPool(ports: readonly number[], wishes: ClusterWishes = {}): TestPool {
  const { target, ...numbers } = wishes;
  const options: RedisPoolOptions = {
    ...{ ...usualPool, ...patient, ...numbers },
    target: {
      ...{ kind: 'cluster', username: undefined, password: undefined, tls: undefined },
      nodes: ports.map((port) => ({ host: '127.0.0.1', port })),
      ...{ reachedAt: new Map(), askEveryMs: 60_000, nodesMax: 20 },
      ...target,
    },
  };
  const log = recordedLog();
  return watched(openRedisPool(options, { clock: systemClock, log, random: () => 0.5 }), log);
}

/** The nth key whose slot lies in the share of this master. */
export function keyOn(cluster: RedisCluster, member: number, nth = 0): string {
  const share = 16_384 / cluster.masters.length;
  let found = -1;
  for (let at = 0; ; at += 1) {
    const key = `key ${at}`;
    if (Math.floor(slotOf(key) / share) === member) found += 1;
    if (found === nth) return key;
  }
}

export const nameOf = ({ server }: ClusterMember): string => `127.0.0.1:${server.port}`;

/** Who holds this key now. */
export async function holderOf(
  pool: RedisPool,
  { masters, replicas }: RedisCluster,
  key: string,
): Promise<ClusterMember> {
  const info = await pool.withConnection((own) => own.call('info', ['server']), { key });
  const port = Number(/^tcp_port:(\d+)/m.exec(String(info))?.[1]);
  return [...masters, ...replicas].find(({ server }) => server.port === port)!;
}

export function nodeAt(pool: RedisPool, member: ClusterMember) {
  return pool.stats().nodes?.find(({ server }) => server === nameOf(member));
}

/**
 * A takeover asks nobody: a replica that has not heard of the newest epoch takes one that its
 * master has already, and then both lead until one of them, perhaps the old one, gives way.
 */
export async function takeOver(cluster: RedisCluster, replica: ClusterMember): Promise<void> {
  const epochAt = async ({ server }: ClusterMember): Promise<number> => {
    const info = String(await cluster.ask(server.port, 'cluster', 'info'));
    return Number(/^cluster_current_epoch:(\d+)/m.exec(info)?.[1]);
  };
  const isTold = async (): Promise<boolean> => {
    const epochs = await Promise.all(cluster.masters.map(epochAt));
    return (await epochAt(replica)) >= Math.max(...epochs);
  };
  await untilAnswer(isTold, true);
  await cluster.ask(replica.server.port, 'cluster', 'failover', 'takeover');
}

/** Moves the slot of this key from one master to another, a key at a time. */
export async function migrateTo(
  cluster: RedisCluster,
  source: ClusterMember,
  target: ClusterMember,
  key: string,
): Promise<void> {
  const ask = (port: number, ...words: string[]): Promise<unknown> => cluster.ask(port, ...words);
  const slot = String(slotOf(key));
  const [old, next] = [source.server.port, target.server.port];
  await ask(next, 'cluster', 'setslot', slot, 'importing', source.id);
  await ask(old, 'cluster', 'setslot', slot, 'migrating', target.id);
  for (;;) {
    const keys = (await ask(old, 'cluster', 'getkeysinslot', slot, '1')) as string[];
    if (keys.length === 0) break;
    await ask(old, 'migrate', '127.0.0.1', String(next), '', '0', '5000', 'keys', ...keys);
  }
  for (const { server } of [target, source, ...cluster.masters]) {
    await ask(server.port, 'cluster', 'setslot', slot, 'node', target.id);
  }
}

export function migrate(
  cluster: RedisCluster,
  from: number,
  to: number,
  key: string,
): Promise<void> {
  return migrateTo(cluster, cluster.masters[from]!, cluster.masters[to]!, key);
}
