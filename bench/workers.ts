/** One process and two workers: what a hit costs on the CPU, how many a second, and who did it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuNs } from './cpu.js';
import { load } from './load.js';
import { median, table } from './table.js';

const ROUNDS = 8;
const REQUESTS = 20_000;
const CONNECTIONS = 32;
/** Where each connection carries one request and no more. */
const SHORT_REQUESTS = 2_000;
const BYTES = 300;
const NS_PER_US = 1000;

interface Contender {
  readonly name: string;
  readonly child: ChildProcess;
  readonly port: number;
  readonly us: number[];
  readonly perSecond: number[];
  readonly shortUs: number[];
  /** The part of the busiest worker in what all of them did. */
  readonly busiest: number[];
}

/** The processes that this one has started and that still run. */
function childrenOf(pid: number): number[] {
  const stats = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return stats.map(Number).filter((one) => {
    try {
      return (
        Number(/^\d+ \(.*\) \S+ (\d+)/.exec(readFileSync(`/proc/${one}/stat`, 'utf8'))?.[1]) === pid
      );
    } catch {
      // It has ended since.
      return false;
    }
  });
}

async function open(name: string, workers: number, origin: string): Promise<Contender> {
  const folder = mkdtempSync(join(tmpdir(), 'leyden-bench-'));
  const file = join(folder, 'gateway.yaml');
  writeFileSync(
    file,
    `server: { port: 0, workers: ${workers} }\noperations: { port: 0 }\n` +
      `upstreams: { origin: { url: "${origin}" } }\n` +
      'routes: [{ path: /slow, upstream: origin, cache: { ttl: 1h } }]\n',
  );
  const command = fileURLToPath(new URL('../src/command/leyden.js', import.meta.url));
  // The access line is written as in service, to where it costs no disk.
  const child = spawn(process.execPath, [command, 'start', '--config', file], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const port = await new Promise<number>((resolve, reject) => {
    let said = '';
    child.once('exit', () => {
      reject(new Error('The gateway ended before it was up.'));
    });
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const place = /public +http:\/\/127\.0\.0\.1:(\d+)/.exec(said);
      if (place !== null) resolve(Number(place[1]));
    });
  });
  rmSync(folder, { recursive: true });
  return { name, child, port, us: [], perSecond: [], shortUs: [], busiest: [] };
}

const requestTo = (port: number): string =>
  `GET /slow HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer bench-0123456789\r\n` +
  'Accept: application/json\r\nUser-Agent: bench\r\n\r\n';

/** What each process of a gateway has had of the CPU, the primary first. */
function spent({ child }: Contender): number[] {
  const pid = child.pid ?? 0;
  return [pid, ...childrenOf(pid)].map(cpuNs);
}

async function round(contender: Contender, requests: number): Promise<void> {
  const { port } = contender;
  const before = spent(contender);
  const sinceMs = performance.now();
  await load({ port, request: requestTo(port), connections: CONNECTIONS, requests });
  const tookMs = performance.now() - sinceMs;
  const each = spent(contender).map((ns, at) => ns - (before[at] ?? 0));
  const sum = each.reduce((all, ns) => all + ns, 0);
  contender.us.push(sum / requests / NS_PER_US);
  contender.perSecond.push((requests / tookMs) * 1000);
  const workers = each.length > 1 ? each.slice(1) : each;
  contender.busiest.push(Math.max(...workers) / workers.reduce((all, ns) => all + ns, 0));
}

/** A connection for each request: here the way of connections to workers is what counts. */
async function shortRound(contender: Contender): Promise<void> {
  const { port } = contender;
  const before = spent(contender);
  for (let done = 0; done < SHORT_REQUESTS; done += CONNECTIONS) {
    const connections = CONNECTIONS;
    await load({ port, request: requestTo(port), connections, requests: CONNECTIONS });
  }
  const each = spent(contender).map((ns, at) => ns - (before[at] ?? 0));
  contender.shortUs.push(each.reduce((all, ns) => all + ns, 0) / SHORT_REQUESTS / NS_PER_US);
}

export async function workers(args: readonly string[]): Promise<void> {
  const counts = args.length > 0 ? args.map(Number) : [1, 2];
  const body = Buffer.alloc(BYTES, 'x');
  const origin = createServer((_req, res) => {
    res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': BYTES }).end(body);
  });
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`;
  const contenders: Contender[] = [];
  try {
    for (const count of counts) {
      contenders.push(await open(count === 1 ? '1 process' : `${count} workers`, count, url));
    }
    for (const contender of contenders) await round(contender, REQUESTS);
    for (const { us, perSecond, busiest } of contenders) {
      // What was needed to warm up is not counted.
      for (const numbers of [us, perSecond, busiest]) numbers.length = 0;
    }
    for (let at = 0; at < ROUNDS; at += 1) {
      const order = at % 2 === 0 ? contenders : [...contenders].reverse();
      for (const contender of order) {
        await round(contender, REQUESTS);
        await shortRound(contender);
      }
    }
  } finally {
    // The primary takes its workers along.
    for (const { child } of contenders) child.kill('SIGTERM');
    origin.close();
    origin.closeAllConnections();
  }
  const first = contenders[0];
  const rows = contenders.map(({ name, us, perSecond, shortUs, busiest }) => [
    ...[name, median(us).toFixed(1)],
    median(us.map((value, at) => value / (first?.us[at] ?? value))).toFixed(2),
    ...[median(shortUs).toFixed(0), median(perSecond).toFixed(0)],
    median(perSecond.map((value, at) => value / (first?.perSecond[at] ?? value))).toFixed(2),
    `${(100 * median(busiest)).toFixed(0)} %`,
  ]);
  const head = [
    ...['gateway', 'µs CPU a hit', '× first', 'µs, a connection each'],
    ...['hits a second', '× first', 'busiest worker'],
  ];
  process.stdout.write(
    `A stored answer of ${BYTES} B: ${ROUNDS} rounds × ${REQUESTS} requests on ${CONNECTIONS} ` +
      `connections, and × ${SHORT_REQUESTS} on as many\n\n${table(head, rows)}\n\n` +
      'CPU is that of all processes of a gateway. The load comes from this process, which shares ' +
      'the cores:\nhits a second say little where there are no cores to spare for it.\n\n',
  );
}
