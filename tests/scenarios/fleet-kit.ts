/** A fleet for tests: gateways around one Redis, each through a proxy that breaks on command. */
import { randomBytes } from 'node:crypto';
import { ask, type Ask, type ClientAnswer } from '../fakes/client.js';
import { openGateway, TOKEN, type RunningGateway } from '../fakes/gateway.js';
import { openOrigin, type Origin } from '../fakes/origin.js';
import { settle } from '../fakes/waiting.js';
import { startFaultProxy, type FaultProxy } from '../servers/fault-proxy.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { redisUrl } from '../servers/redis-users.js';

export const SECRET = 'a secret of thirty-two bytes or more';

export interface Node {
  readonly running: RunningGateway;
  /** Between this node and Redis. */
  readonly proxy: FaultProxy;
  get(path: string, more?: Ask): Promise<ClientAnswer>;
  /** Cache-Status without its numbers. */
  word(path: string): Promise<string>;
  purge(order: object): Promise<{ status: number; body: Readonly<Record<string, unknown>> }>;
  past(id: unknown): Promise<Readonly<Record<string, unknown>>>;
  /** A number of this node: the sum of all series whose name and labels begin like this. */
  metric(start: string): Promise<number>;
  until(start: string, isSo: (value: number) => boolean): Promise<void>;
}

export interface FleetScene {
  readonly redis: RedisServer;
  readonly origin: Origin;
  /** Of all their keys. */
  readonly prefix: string;
  node(more?: string): Promise<Node>;
  /** Several, each of which knows of all the others. */
  nodes(count: number, more?: string): Promise<Node[]>;
  close(): Promise<void>;
}

export interface Limits {
  /** A process that stands still for so long has lost what it leads. */
  readonly lease: string;
  /** One that has not read the journal for so long computes for itself. */
  readonly behind: string;
  /** More settings of Redis, as lines of YAML. */
  readonly tier?: string;
}

const SOON: Limits = { lease: '2s', behind: '1s' };

/** Limits that a busy machine keeps, and a fleet that notices soon what it would notice anyway. */
export function yamlFor(
  redisPort: number,
  originUrl: string,
  prefix: string,
  more = '',
  { lease, behind, tier = '' }: Limits = SOON,
): string {
  return `
secret: "${SECRET}"
server: { hosts: [fleet.test] }
operations: { token: "${TOKEN}" }
lease: ${lease}
redis:
  url: "${redisUrl(redisPort)}"
  prefix: "${prefix}"
  timeout: { handshake: 5s, read: 5s, write: 5s }
  pool: { min: 1, max: 8, lanes: 2 }
  journal: { alive: 30s, wait: 20s, behind: ${behind} }
  ${tier}
upstreams: { some: { url: "${originUrl}", timeout: { connect: 30s } } }
routes:
  - path: /kept/**
    upstream: some
    methods: any
    cache: { ttl: 10m, tags: [kept], query: exact, staleIfError: 0s }
${more}`;
}

async function openNode(yaml: string, proxy: FaultProxy): Promise<Node> {
  const running = await openGateway(yaml);
  // One name for all, as a balancer in front of them would have it.
  const get: Node['get'] = (path, more) =>
    ask(running.port, path, {
      ...more,
      headers: { Host: 'fleet.test', ...(more?.headers as object | undefined) },
    });
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const operations = `http://127.0.0.1:${running.operationsPort}`;
  const metric = async (start: string): Promise<number> => {
    const page = await fetch(`${operations}/metrics`, { headers: { accept: 'text/plain' } });
    const lines = (await page.text()).split('\n').filter((line) => line.startsWith(start));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  };
  return {
    ...{ running, proxy, get, metric },
    async word(path) {
      const said = String((await get(path)).headers['cache-status']);
      return said.replace(/^leyden; /, '').replace(/; ttl=-?\d+/, '');
    },
    async purge(order) {
      const answer = await fetch(`${operations}/admin/cache/invalidate`, {
        ...{ method: 'POST', headers },
        body: JSON.stringify(order),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    },
    async past(id) {
      const answer = await fetch(`${operations}/admin/cache/invalidations/${String(id)}`, {
        headers,
      });
      return (await answer.json()) as Record<string, unknown>;
    },
    async until(start, isSo) {
      while (!isSo(await metric(start))) await settle(1);
    },
  };
}

export async function openFleetScene(limits?: Limits): Promise<FleetScene> {
  const redis = await startRedis({ persistence: 'none' });
  const origin = await openOrigin();
  const prefix = `leyden:t${randomBytes(4).toString('hex')}:`;
  const proxies: FaultProxy[] = [];
  const open: Node[] = [];
  const node = async (more?: string): Promise<Node> => {
    const proxy = await startFaultProxy({ serverPort: redis.port });
    proxies.push(proxy);
    const one = await openNode(yamlFor(proxy.port, origin.url, prefix, more, limits), proxy);
    open.push(one);
    return one;
  };
  return {
    ...{ redis, origin, prefix, node },
    async nodes(count, more) {
      const all: Node[] = [];
      for (let nth = 0; nth < count; nth += 1) all.push(await node(more));
      await Promise.all(all.map((one) => one.until('leyden_fleet_nodes ', (n) => n === count)));
      return all;
    },
    async close() {
      await Promise.all(open.map(({ running }) => running.close()));
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await origin.close();
      await redis.stop();
    },
  };
}
