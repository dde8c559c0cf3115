/** A fleet around one real Redis, asked by many owners at once; each answer is looked at. */
import { ask } from '../fakes/client.js';
import { openGateway, TOKEN, type RunningGateway } from '../fakes/gateway.js';
import { pipelinedClient, type PipelinedClient } from '../fakes/pipelined-client.js';
import { startFaultProxy, type FaultProxy } from '../servers/fault-proxy.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { redisUrl } from '../servers/redis-users.js';
import { askRedis } from '../servers/redis-ask.js';
import { openOwnerOrigin, type OwnerOrigin } from './owner-origin.js';
import { dealQuestion, judge, type Question, type Verdict } from './owner-questions.js';
import { dealPurge, openFloors, type Floors } from './owner-purges.js';

const LINES_PER_NODE = 4;
const AT_ONCE_PER_LINE = 16;
/** In each round, one purge or none. */
const PURGE_SHARE = 0.15;

export interface OwnerNode {
  readonly running: RunningGateway;
  /** Between this node and Redis. */
  readonly proxy: FaultProxy;
  readonly lines: readonly PipelinedClient[];
}

export interface Sums extends Record<Verdict, number> {
  answered: number;
  /** Of the answers: from this node's memory, from Redis, from the origin. */
  l1: number;
  l2: number;
  purges: number;
  /** Purges that every node had carried out before they were answered. */
  everywhere: number;
}

export interface OwnerScene {
  readonly nodes: readonly OwnerNode[];
  readonly redis: RedisServer;
  readonly origin: OwnerOrigin;
  readonly random: () => number;
  readonly sums: Sums;
  /** The first few answers that were not right, with their questions. */
  readonly evidence: string[];
  /** While bits turn over, what a node says that others have acknowledged may be one of them. */
  isWireLying: boolean;
  /** One command straight to the server. */
  readonly redisCall: (...words: string[]) => Promise<unknown>;
  /** Everybody asks once; says which nodes had an answer from Redis. */
  readonly round: () => Promise<ReadonlySet<number>>;
  close(): Promise<void>;
}

/** Short deadlines: an answer that came without Redis counts just as much. */
function yamlFor(redisPort: number, originUrl: string): string {
  return `
secret: "a secret of thirty-two bytes or more"
server: { hosts: [a.test] }
operations: { token: "${TOKEN}" }
lease: 2s
memory: { maxEntries: 40 }
budget: { concurrent: 200, queued: 10000, wait: 60s }
http: { pool: { queued: 10000 } }
redis:
  url: "${redisUrl(redisPort)}"
  timeout: { handshake: 1s, read: 500ms, write: 500ms }
  breaker: { open: 100ms }
  pool: { min: 2, max: 12, lanes: 2 }
  journal: { alive: 10m, wait: 1s }
upstreams:
  some:
    url: "${originUrl}"
    connections: 64
    timeout: { connect: 30s }
    sick: { failures: 1000, calls: 1000000 }
routes:
  - { path: /plain/**, upstream: some, cache: { ttl: 60s, headers: [x-tenant], tags: [some] } }
  - { path: /cookie/**, upstream: some, cache: { ttl: 60s, cookies: [who], tags: [some] } }
  - { path: /http/**, upstream: some, cache: http }
`;
}

async function openNode(redis: RedisServer, origin: OwnerOrigin, seed: number): Promise<OwnerNode> {
  const proxy = await startFaultProxy({ serverPort: redis.port, seed });
  const running = await openGateway(yamlFor(proxy.port, origin.url));
  const lines = Array.from({ length: LINES_PER_NODE }, () => pipelinedClient(running.port));
  return { running, proxy, lines };
}

export async function openOwnerScene(
  nodeCount: number,
  seed: number,
  random: () => number,
): Promise<OwnerScene> {
  const redis = await startRedis({ persistence: 'none' });
  const origin = await openOwnerOrigin();
  const nodes: OwnerNode[] = [];
  for (let nth = 0; nth < nodeCount; nth += 1) {
    nodes.push(await openNode(redis, origin, seed + nth));
  }
  const floors = openFloors(nodeCount);
  const evidence: string[] = [];
  const sums: Sums = {
    ...{ answered: 0, right: 0, wrong: 0, undone: 0, broken: 0 },
    ...{ l1: 0, l2: 0, purges: 0, everywhere: 0 },
  };

  /** Says whether one of the answers came from Redis. */
  const askOn = async (
    at: number,
    line: PipelinedClient,
    questions: readonly Question[],
  ): Promise<boolean> => {
    const answers = await line.ask(questions.map(({ text }) => text));
    let isFromRedis = false;
    for (const [nth, question] of questions.entries()) {
      const answer = answers[nth];
      const verdict = judge(question, answer);
      sums.answered += 1;
      sums[verdict] += 1;
      if (verdict !== 'right' && evidence.length < 5) {
        const { text, floor } = question;
        evidence.push(
          `${verdict} at node ${at}, after ${floor.by} at ${floor.serial}:\n` +
            `${text}\n${answer?.head}\n${answer?.body}`,
        );
      }
      if (answer?.head.includes('detail=l1') === true) sums.l1 += 1;
      if (answer?.head.includes('detail=l2') !== true) continue;
      sums.l2 += 1;
      isFromRedis = true;
    }
    return isFromRedis;
  };
  const purge = async (): Promise<void> => {
    const at = Math.floor(random() * nodes.length);
    const { order, covers } = dealPurge(random);
    const port = nodes[at]?.running.operationsPort ?? 0;
    // What is computed from here on is new enough.
    const serial = origin.asked();
    const wasLying = scene.isWireLying;
    const { status, body } = await ask(port, '/admin/cache/invalidate', {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify(order),
    });
    if (status >= 300) throw new Error(`purge: ${status} ${body}`);
    const { acked } = JSON.parse(body) as { acked: number };
    const isEverywhere = acked === nodes.length && !wasLying && !scene.isWireLying;
    sums.purges += 1;
    if (isEverywhere) sums.everywhere += 1;
    const reached = isEverywhere ? nodes.map((_node, nth) => nth) : [at];
    const by = `${JSON.stringify(order)} at node ${at}: ${body}`;
    for (const nth of reached) floors.raise(nth, { serial, covers, by });
  };
  const scene: OwnerScene = {
    ...{ nodes, redis, origin, random, sums, evidence, isWireLying: false },
    redisCall: (...words) => askRedis(redis.port, words),
    async round() {
      const fromRedis = new Set<number>();
      const purging = random() < PURGE_SHARE ? purge() : undefined;
      const asking = nodes.flatMap(({ lines }, at) =>
        lines.map(async (line) => {
          const questions = dealAll(random, floors, at);
          if (await askOn(at, line, questions)) fromRedis.add(at);
        }),
      );
      await Promise.all([...asking, purging]);
      return fromRedis;
    },
    async close() {
      for (const { lines } of nodes) for (const line of lines) line.close();
      await Promise.all(nodes.map(({ running }) => running.close()));
      await Promise.all(nodes.map(({ proxy }) => proxy.close()));
      await origin.close();
      await redis.stop();
    },
  };
  return scene;
}

function dealAll(random: () => number, floors: Floors, node: number): Question[] {
  return Array.from({ length: AT_ONCE_PER_LINE }, () =>
    dealQuestion(random, (path) => floors.of(node, path)),
  );
}
