/** Gateways before one Redis Cluster, and an origin that signs whose each answer is. */
import { randomBytes } from 'node:crypto';
import { ask, keptAgent, type ClientAnswer } from '../fakes/client.js';
import { openGateway, TOKEN, type RunningGateway } from '../fakes/gateway.js';
import { openOrigin, ownerOf, type Origin, type Owned } from '../fakes/origin.js';
import { settle } from '../fakes/waiting.js';
import type { RedisCluster } from '../servers/redis-cluster.js';

const SECRET = 'a secret of thirty-two bytes or more';

export interface PoolPage {
  readonly status: string;
  readonly breaker: string;
  readonly pool_info: Readonly<Record<string, number>>;
  readonly nodes: readonly Readonly<Record<string, string | number>>[];
}

export interface ClusterGateway {
  readonly running: RunningGateway;
  get(path: string, user?: string, agent?: ReturnType<typeof keptAgent>): Promise<ClientAnswer>;
  /** Whose answer it is, by the signature of the origin. */
  isFor(answer: ClientAnswer, path: string, user: string): boolean;
  purge(order: object): Promise<{ status: number; body: Readonly<Record<string, unknown>> }>;
  pool(): Promise<PoolPage>;
  untilStatus(status: string): Promise<PoolPage>;
  /** The sum of all series whose name and labels begin like this. */
  metric(start: string): Promise<number>;
}

export interface ClusterScene {
  readonly origin: Origin;
  nodes(count: number, redis?: string, top?: string): Promise<ClusterGateway[]>;
  close(): Promise<void>;
}

function yamlFor(ports: readonly number[], originUrl: string, redis: string, top: string): string {
  const nodes = ports.map((port) => `"127.0.0.1:${port}"`).join(', ');
  return `
secret: "${SECRET}"
server: { hosts: [a.test] }
operations: { token: "${TOKEN}" }
lease: 2s
redis:
  cluster: { nodes: [${nodes}] }
  pool: { min: 1, max: 8, lanes: 2 }
  journal: { alive: 30s, wait: 20s }
  ${redis}
upstreams:
  some:
    url: "${originUrl}"
    timeout: { connect: 30s }
    sick: { failures: 1000, calls: 1000000 }
http: { pool: { max: 256, queued: 10000 } }
${top}
routes:
  - { path: /kept/**, upstream: some, methods: any, cache: { ttl: 60s, early: off, tags: [kept] } }
`;
}

async function openOne(yaml: string): Promise<ClusterGateway> {
  const running = await openGateway(yaml);
  const operations = `http://127.0.0.1:${running.operationsPort}`;
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const pool = async (): Promise<PoolPage> => {
    const page = await fetch(`${operations}/metrics`, {
      headers: { ...headers, accept: 'application/json' },
    });
    return ((await page.json()) as { redis_pool: PoolPage }).redis_pool;
  };
  return {
    ...{ running, pool },
    get: (path, user, agent) =>
      ask(running.port, path, {
        headers: {
          Host: 'a.test',
          ...(user === undefined ? {} : { authorization: `Bearer ${user}` }),
        },
        ...(agent === undefined ? {} : { agent }),
      }),
    isFor({ status, body }, path, user) {
      if (status !== 200) return false;
      const { owner, target } = JSON.parse(body) as Owned;
      return owner === ownerOf(`Bearer ${user}`) && target === path;
    },
    async purge(order) {
      const answer = await fetch(`${operations}/admin/cache/invalidate`, {
        ...{ method: 'POST', headers },
        body: JSON.stringify(order),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    },
    async untilStatus(status) {
      for (;;) {
        const page = await pool();
        if (page.status === status) return page;
        await settle(1);
      }
    },
    async metric(start) {
      const page = await fetch(`${operations}/metrics`, { headers: { accept: 'text/plain' } });
      const lines = (await page.text()).split('\n').filter((line) => line.startsWith(start));
      return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
    },
  };
}

/** Limits that a busy machine keeps. */
export const PATIENT = 'timeout: { handshake: 5s, read: 5s, write: 5s }';

export async function openClusterScene({ ports }: RedisCluster): Promise<ClusterScene> {
  const origin = await openOrigin();
  const open: ClusterGateway[] = [];
  return {
    origin,
    async nodes(count, redis = PATIENT, top = '') {
      const prefix = `prefix: "t${randomBytes(4).toString('hex')}:"`;
      const yaml = yamlFor(ports, origin.url, `${redis}\n  ${prefix}`, top);
      const all: ClusterGateway[] = [];
      for (let nth = 0; nth < count; nth += 1) all.push(await openOne(yaml));
      open.push(...all);
      for (const one of all) {
        await one.untilStatus('healthy');
        while ((await one.metric('leyden_fleet_nodes ')) !== count) await settle(1);
      }
      return all;
    },
    async close() {
      await Promise.all(open.map(({ running }) => running.close()));
      await origin.close();
    },
  };
}

export interface Traffic {
  answered: number;
  /** Answers that were somebody else's, or about something else. */
  wrong: number;
  broken: number;
  slowestMs: number;
}

/** Fifty users who ask for a few things each, so many at a time, for as long as `goOn` says. */
export async function traffic(
  nodes: readonly ClusterGateway[],
  goOn: (traffic: Traffic) => boolean,
  atOnce = 10,
): Promise<Traffic> {
  const sum: Traffic = { answered: 0, wrong: 0, broken: 0, slowestMs: 0 };
  const agent = keptAgent(atOnce);
  let nth = 0;
  const user = async (): Promise<void> => {
    while (goOn(sum)) {
      nth += 1;
      const name = `user ${(nth * 7) % 50}`;
      const path = `/kept/${nth % 11}`;
      const node = nodes[nth % nodes.length]!;
      const beganMs = performance.now();
      const answer = await node.get(path, name, agent);
      sum.slowestMs = Math.max(sum.slowestMs, performance.now() - beganMs);
      if (answer.status !== 200) sum.broken += 1;
      else if (node.isFor(answer, path, name)) sum.answered += 1;
      else sum.wrong += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, user));
  agent.destroy();
  return sum;
}
