/** A hit that comes from Redis beside one from memory: the CPU time of two gateways. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { cpuNs } from './cpu.js';
import { median, table } from './table.js';

const PATHS = 2000;
const REQUESTS = 20_000;
const ROUNDS = 7;
const CONNECTIONS = 32;
const BYTES = 300;

interface Contender {
  readonly name: string;
  readonly child: ChildProcess;
  readonly port: number;
  readonly operationsUrl: string;
  /** Fields that each request has beside the usual ones. */
  readonly more: string;
  readonly us: number[];
  /** Where the answers of all measured rounds came from. */
  readonly from: Map<string, number>;
}

async function open(
  name: string,
  redisPort: number,
  entriesMax: number,
  more = '',
): Promise<Contender> {
  const file = fileURLToPath(new URL('./redis-hit-server.js', import.meta.url));
  const words = [file, redisPort, entriesMax, BYTES].map(String);
  const child = spawn(process.execPath, words, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const [port, operationsUrl = ''] = line.toString().trim().split(' ');
  return { name, child, port: Number(port), operationsUrl, more, us: [], from: new Map() };
}

/** Why an answer was not found in Redis, by the gateway's own counts. */
async function whyNot({ operationsUrl }: Contender): Promise<string> {
  const accept = 'text/plain; version=0.0.4';
  const page = await fetch(new URL('/metrics', operationsUrl), { headers: { accept } });
  const lines = (await page.text()).split('\n');
  const told = /^leyden_(second_tier_(reads|rejected|dropped|too_old)|redis_errors)_total/;
  return lines.filter((line) => told.test(line) && !line.endsWith(' 0')).join('\n');
}

/** Asks for one path after the other; answers how many came from where. */
async function ask({ port, more }: Contender, requests: number): Promise<Map<string, number>> {
  const seen = new Map<string, number>();
  let next = 0;
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      let pending = '';
      const say = (): void => {
        if (next >= requests) {
          socket.end();
          resolve();
          return;
        }
        const path = `/slow/${next % PATHS}`;
        socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${more}\r\n`);
        next += 1;
      };
      socket.setNoDelay(true);
      socket.on('connect', say);
      socket.on('error', reject);
      socket.on('data', (chunk: Buffer) => {
        pending += chunk.toString('latin1');
        const headEnd = pending.indexOf('\r\n\r\n');
        if (headEnd < 0) return;
        const head = pending.slice(0, headEnd);
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
        if (pending.length < headEnd + 4 + length) return;
        const from = /cache-status: [^\r]*?(detail=\w+|fwd=[\w-]+)/i.exec(head)?.[1] ?? 'unknown';
        seen.set(from, (seen.get(from) ?? 0) + 1);
        pending = '';
        say();
      });
    });
  await Promise.all(Array.from({ length: CONNECTIONS }, one));
  return seen;
}

export async function redisGateway(redisPort: number): Promise<string> {
  const contenders = [
    await open('memory', redisPort, 100_000),
    // The lane leaves a request with Prefer to Express, where answers from Redis go out too.
    await open('memory, Express', redisPort, 100_000, 'Prefer: none\r\n'),
    await open('Redis', redisPort, 1),
    await open('Redis, Express', redisPort, 1, 'Prefer: none\r\n'),
  ];
  const doubts: string[] = [];
  try {
    for (const contender of contenders) await ask(contender, 4 * PATHS);
    for (let nth = 0; nth <= ROUNDS; nth += 1) {
      for (const contender of nth % 2 === 0 ? contenders : contenders.toReversed()) {
        const { child, us, from } = contender;
        const before = cpuNs(child.pid ?? 0);
        const seen = await ask(contender, REQUESTS);
        // The first round warms up.
        if (nth === 0) continue;
        us.push((cpuNs(child.pid ?? 0) - before) / REQUESTS / 1000);
        for (const [where, count] of seen) from.set(where, (from.get(where) ?? 0) + count);
      }
    }
    for (const one of contenders) {
      if (one.from.size > 1) doubts.push(`${one.name}:\n${await whyNot(one)}`);
    }
  } finally {
    for (const { child } of contenders) child.kill('SIGKILL');
  }
  const [memory, express] = contenders;
  const times = (us: readonly number[], than: Contender | undefined): string =>
    median(us.map((value, at) => value / (than?.us[at] ?? value))).toFixed(2);
  const rows = contenders.map(({ name, us, from }) => [
    `a hit from ${name}`,
    median(us).toFixed(1),
    times(us, memory),
    times(us, express),
    [...from].map((pair) => pair.join(' ')).join(', '),
  ]);
  return (
    `Answers of ${BYTES} B through the gateway: ${PATHS} paths, ${ROUNDS} rounds × ${REQUESTS} ` +
    `requests, ${CONNECTIONS} connections\n\n` +
    table(['', 'µs CPU a request', '× memory', '× Express', 'where from'], rows) +
    (doubts.length === 0 ? '' : `\n\nNot all were hits. ${doubts.join('\n')}`)
  );
}
