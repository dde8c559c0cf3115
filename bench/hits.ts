/** What a hit costs: the lane, Express, bare node:http and apicache, side by side. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { cpuNs } from './cpu.js';
import { load } from './load.js';
import { median, table } from './table.js';

interface Contender {
  readonly name: string;
  readonly child: ChildProcess;
  readonly port: number;
  readonly request: string;
  readonly us: number[];
}

const ROUNDS = 8;
const REQUESTS = 20_000;
const CONNECTIONS = 32;

const request = (port: number, more = ''): string =>
  `GET /slow HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer bench-0123456789\r\n` +
  `Accept: application/json\r\nUser-Agent: bench\r\n${more}\r\n`;

async function open(name: string, kind: string, bytes: number, more = ''): Promise<Contender> {
  const file = fileURLToPath(new URL('./hit-server.js', import.meta.url));
  const child = spawn(process.execPath, [file, kind, String(bytes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(line.toString());
  return { name, child, port, request: request(port, more), us: [] };
}

async function round(contender: Contender, requests: number): Promise<number> {
  const { child, port } = contender;
  const before = cpuNs(child.pid ?? 0);
  await load({ port, request: contender.request, connections: CONNECTIONS, requests });
  return (cpuNs(child.pid ?? 0) - before) / requests / 1000;
}

async function compare(bytes: number): Promise<void> {
  const contenders = [
    await open('bare node:http', 'bare', bytes),
    await open('leyden, lane', 'leyden', bytes),
    // The lane leaves a request with Prefer to Express, which finds the same stored answer.
    await open('leyden, Express', 'leyden', bytes, 'Prefer: none\r\n'),
    await open('apicache', 'apicache', bytes),
  ];
  try {
    for (const contender of contenders) await round(contender, REQUESTS / 2);
    for (let at = 0; at < ROUNDS; at += 1) {
      const order = at % 2 === 0 ? contenders : [...contenders].reverse();
      for (const contender of order) contender.us.push(await round(contender, REQUESTS));
    }
  } finally {
    for (const { child } of contenders) child.kill('SIGKILL');
  }
  const bare = contenders[0]?.us ?? [];
  const rows = contenders.map(({ name, us }) => {
    const ratios = us.map((value, at) => (bare[at] ?? value) / value);
    return [name, median(us).toFixed(1), median(ratios).toFixed(2)];
  });
  process.stdout.write(
    `A stored answer of ${bytes} B with Authorization: ${ROUNDS} rounds × ${REQUESTS} requests, ` +
      `${CONNECTIONS} connections\n\n${table(['server', 'µs CPU a request', '× bare'], rows)}\n\n`,
  );
}

export async function hits(args: readonly string[]): Promise<void> {
  const sizes = args.length > 0 ? args.map(Number) : [300, 16_384];
  for (const bytes of sizes) await compare(bytes);
}
