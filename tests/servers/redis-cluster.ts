/** A real Redis Cluster, masters with a replica each, all on loopback. */
import { startRedis, type RedisServer } from './redis.js';
import { answered, askRedis } from './redis-ask.js';

export interface ClusterOptions {
  readonly masters?: number;
  /** One each; a further server without slots can be had with `add`. */
  readonly withReplicas?: boolean;
  readonly password?: string;
  readonly configuration?: readonly string[];
  /** The rest of a master's slots stay up when it dies. */
  readonly nodeTimeoutMs?: number;
}

export interface ClusterMember {
  readonly server: RedisServer;
  readonly id: string;
}

export interface RedisCluster {
  /** The masters of the start; each has the same share of the slots, in order. */
  readonly masters: readonly ClusterMember[];
  /** In the order of their masters. */
  readonly replicas: readonly ClusterMember[];
  readonly ports: readonly number[];
  ask(port: number, ...words: readonly string[]): Promise<unknown>;
  /** One more master, known to all, without a slot. */
  add(): Promise<ClusterMember>;
  stop(): Promise<void>;
}

const SLOTS = 16_384;
/** Longer than a busy machine pauses, else a master that is well would be deposed. */
const NODE_TIMEOUT_MS = 2000;

async function isTold(port: number, nodes: number, password: string | undefined): Promise<boolean> {
  const said = String(await askRedis(port, ['cluster', 'nodes'], password));
  const lines = said.trim().split('\n');
  return lines.length === nodes && !/handshake|noaddr|fail|disconnected/.test(said);
}

export async function startRedisCluster(options: ClusterOptions = {}): Promise<RedisCluster> {
  const { masters = 3, withReplicas = true, password, nodeTimeoutMs = NODE_TIMEOUT_MS } = options;
  const configuration = [
    ...['cluster-enabled yes', 'cluster-config-file nodes.conf', 'cluster-announce-ip 127.0.0.1'],
    `cluster-node-timeout ${nodeTimeoutMs}`,
    ...['cluster-require-full-coverage no', 'cluster-migration-barrier 100'],
    ...['repl-diskless-sync-delay 0', 'cluster-replica-validity-factor 0'],
    ...(password === undefined ? [] : [`masterauth ${password}`]),
    ...(options.configuration ?? []),
  ];
  const running: RedisServer[] = [];
  const ask = (port: number, ...words: readonly string[]): Promise<unknown> =>
    askRedis(port, words, password);
  const member = async (): Promise<ClusterMember> => {
    const server = await startRedis({
      ...{ persistence: 'none', configuration },
      ...(password === undefined ? {} : { password }),
    });
    running.push(server);
    return { server, id: String(await ask(server.port, 'cluster', 'myid')) };
  };
  const stop = async (): Promise<void> => {
    await Promise.all(running.splice(0).map((server) => server.stop()));
  };
  const portOf = (one: ClusterMember | undefined): number => one?.server.port ?? 0;
  const isUp = async (port: number): Promise<boolean> =>
    String(await ask(port, 'cluster', 'info')).includes(
      `cluster_state:ok\r\ncluster_slots_assigned:${SLOTS}`,
    );
  const meet = async (one: ClusterMember, all: readonly ClusterMember[]): Promise<void> => {
    await ask(portOf(one), 'cluster', 'meet', '127.0.0.1', String(portOf(all[0])));
    for (const each of [...all, one]) {
      await answered(() => isTold(portOf(each), all.length + 1, password));
    }
    await answered(() => isUp(portOf(one)));
  };
  try {
    const count = withReplicas ? 2 * masters : masters;
    const members = await Promise.all(Array.from({ length: count }, member));
    const [first, ...others] = members;
    for (let nth = 0; nth < masters; nth += 1) {
      const port = portOf(members[nth]);
      const from = Math.ceil((SLOTS * nth) / masters);
      const to = Math.ceil((SLOTS * (nth + 1)) / masters) - 1;
      await ask(port, 'cluster', 'addslotsrange', String(from), String(to));
      await ask(port, 'cluster', 'set-config-epoch', String(nth + 1));
    }
    for (const other of others) {
      await ask(portOf(other), 'cluster', 'meet', '127.0.0.1', String(portOf(first)));
    }
    for (const each of members) await answered(() => isTold(portOf(each), count, password));
    const replicas = members.slice(masters);
    for (const [nth, replica] of replicas.entries()) {
      await ask(portOf(replica), 'cluster', 'replicate', members[nth]?.id ?? '');
    }
    for (const replica of replicas) {
      await answered(async () =>
        String(await ask(portOf(replica), 'info', 'replication')).includes('master_link_status:up'),
      );
    }
    for (const each of members) await answered(() => isUp(portOf(each)));
    return {
      ...{ masters: members.slice(0, masters), replicas, ask, stop },
      ports: members.map(portOf),
      async add() {
        const one = await member();
        await meet(one, members);
        members.push(one);
        return one;
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
