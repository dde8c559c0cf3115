/** Two gateways, one origin that signs whose each answer is, one Redis behind a faulty wire. */
import { ask, keptAgent, type Ask, type ClientAnswer } from '../fakes/client.js';
import { openGateway, TOKEN, type RunningGateway } from '../fakes/gateway.js';
import { openOrigin, ownerOf, type Origin, type Owned } from '../fakes/origin.js';
import { stubFleet, type StubFleet } from '../fakes/stub-fleet.js';
import { settle } from '../fakes/waiting.js';
import { connectionTo } from '../redis/kit.js';
import { startFaultProxy, type FaultProxy } from '../servers/fault-proxy.js';
import { startRedis, type RedisOptions, type RedisServer } from '../servers/redis.js';
import { redisUrl } from '../servers/redis-users.js';

export const SECRET = 'a secret of thirty-two bytes or more';
/** Deadlines that a busy machine keeps, and those that end a test soon. */
export const PATIENT = '{ handshake: 5s, read: 5s, write: 5s }';
export const SHORT = '{ handshake: 250ms, read: 250ms, write: 250ms }';

export interface NodeOptions {
  readonly secret?: string;
  readonly timeout?: string;
  /** More settings of Redis, in YAML's flow style. */
  readonly redis?: string;
  readonly top?: string;
  readonly rule?: string;
  /** Straight to the server, past the proxy. */
  readonly direct?: boolean;
}

export interface Scene {
  readonly origin: Origin;
  readonly redis: RedisServer;
  readonly proxy: FaultProxy;
  readonly fleet: StubFleet;
  node(options?: NodeOptions): Promise<Node>;
  /** One command straight to the server. */
  redisCall(name: string, ...args: (string | number | Buffer)[]): Promise<unknown>;
  /** The keys of all entries. */
  entries(): Promise<string[]>;
  close(): Promise<void>;
}

export interface Node {
  readonly running: RunningGateway;
  get(path: string, more?: Ask): Promise<ClientAnswer>;
  /** The sum of all series whose name and labels begin like this. */
  metric(start: string): Promise<number>;
  untilMetric(start: string, value: number): Promise<void>;
  purge(order: Readonly<Record<string, unknown>>): Promise<void>;
  redisStatus(): Promise<unknown>;
}

function nodeOf(running: RunningGateway): Node {
  const operations = (path: string, more: Ask = {}): Promise<ClientAnswer> => {
    const headers = { authorization: `Bearer ${TOKEN}`, ...(more.headers as object) };
    return ask(running.operationsPort, path, { ...more, headers });
  };
  const metric = async (start: string): Promise<number> => {
    const { body } = await operations('/metrics/prometheus');
    const lines = body.split('\n').filter((line) => line.startsWith(start));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  };
  return {
    ...{ running, metric },
    // Each node has a port of its own, which callers of a fleet do not see.
    get: (path, more = {}) =>
      ask(running.port, path, {
        ...more,
        headers: { Host: 'a.test', ...(more.headers as object) },
      }),
    async untilMetric(start, value) {
      while ((await metric(start)) < value) await settle(1);
    },
    async purge(order) {
      const { status, body } = await operations('/admin/cache/invalidate', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(order),
      });
      if (status >= 300) throw new Error(`purge: ${status} ${body}`);
    },
    async redisStatus() {
      const { body } = await operations('/metrics', { headers: { accept: 'application/json' } });
      return (JSON.parse(body) as { redis_pool: { status: unknown } }).redis_pool.status;
    },
  };
}

const DEFAULT_RULE =
  '{ ttl: 60s, staleWhileRevalidate: 30s, staleIfError: 10m, early: off, tags: [some] }';

export async function openScene(options: RedisOptions = {}): Promise<Scene> {
  const redis = await startRedis({ persistence: 'none', ...options });
  const proxy = await startFaultProxy({ serverPort: redis.port });
  const origin = await openOrigin();
  const fleet = stubFleet();
  const nodes: RunningGateway[] = [];
  const redisCall: Scene['redisCall'] = async (name, ...args) => {
    const connection = await connectionTo(redis.port);
    try {
      return await connection.call(name, args, { waitMs: 5000 });
    } finally {
      connection.end('closed');
    }
  };
  return {
    ...{ origin, redis, proxy, fleet, redisCall },
    async node(wishes = {}) {
      const { secret = SECRET, timeout = PATIENT, rule = DEFAULT_RULE, top = '' } = wishes;
      const port = wishes.direct === true ? redis.port : proxy.port;
      const yaml = `
secret: ${secret.startsWith('[') ? secret : `"${secret}"`}
operations: { token: "${TOKEN}" }
redis: { url: "${redisUrl(port)}", timeout: ${timeout},
  pool: { min: 2, max: 12, lanes: 2 }${wishes.redis === undefined ? '' : `, ${wishes.redis}`} }
server: { hosts: [a.test] }
upstreams:
  some:
    url: "${origin.url}"
    timeout: { connect: 30s }
    sick: { failures: 1000, calls: 1000000 }
http: { pool: { max: 256, queued: 10000 } }
${top}
routes:
  - { path: /plain/**, upstream: some, methods: any, cache: ${rule} }
`;
      const running = await openGateway(yaml, { openFleet: fleet.openFleet });
      nodes.push(running);
      const node = nodeOf(running);
      // Before anything is asked Redis is either there or known not to be.
      const isSaidDown = (): boolean =>
        running.lines().some((line) => line.includes('"redis_down"'));
      await until(async () => {
        const status = await node.redisStatus();
        return status === 'healthy' || status === 'readonly' || isSaidDown();
      });
      return node;
    },
    async entries() {
      const keys = (await redisCall('keys', 'leyden:*')) as readonly Buffer[];
      return keys.map(String).filter((key) => /:entry(?::|$)/.test(key));
    },
    async close() {
      await Promise.all(nodes.map((one) => one.close()));
      await proxy.close();
      await origin.close();
      await redis.stop();
    },
  };
}

async function until(ready: () => Promise<boolean>): Promise<void> {
  while (!(await ready())) await settle(1);
}

/** Entries are written behind: until so many are there. */
export async function untilEntries(scene: Scene, count: number): Promise<void> {
  await until(async () => (await scene.entries()).length >= count);
}

export function bearer(name: string): Ask {
  return { headers: { authorization: `Bearer ${name}` } };
}

/** Whose answer it is, by the signature of the origin. */
export function ownerIn({ body }: ClientAnswer): string {
  return (JSON.parse(body) as Owned).owner;
}

export function isFor(answer: ClientAnswer, name: string | undefined): boolean {
  return ownerIn(answer) === ownerOf(name === undefined ? undefined : `Bearer ${name}`);
}

export const statusOf = ({ headers }: ClientAnswer): string => headers['cache-status'] ?? '';

/** Little memory, so that most is looked for in the second tier. */
export const FORGETFUL = 'memory: { maxEntries: 10 }';

const AT_ONCE = 20;

export interface Traffic {
  readonly answered: number;
  /** Answers that were somebody else's, or about something else. */
  readonly wrong: number;
  readonly broken: number;
}

/** Fifty users who ask for a few things each, again and again, so many at a time. */
export async function traffic(
  nodes: readonly Node[],
  requests: number,
  random: () => number,
): Promise<Traffic> {
  const sum = { answered: 0, wrong: 0, broken: 0 };
  let left = requests;
  const agent = keptAgent(AT_ONCE);
  const user = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const name = `user ${Math.floor(random() * 50)}`;
      const path = `/plain/${Math.floor(random() * 4)}`;
      const node = nodes[Math.floor(random() * nodes.length)];
      const answer = await node?.get(path, { ...bearer(name), agent });
      if (answer?.status !== 200) sum.broken += 1;
      else {
        sum.answered += 1;
        const { target } = JSON.parse(answer.body) as Owned;
        if (!isFor(answer, name) || target !== path) sum.wrong += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, user));
  agent.destroy();
  return sum;
}
