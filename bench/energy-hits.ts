/** What a hit costs while real computing goes on beside it, and what it spares who asks. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openLoop, quantile } from './open-loop.js';
import { median, table } from './table.js';

const AGENTS = 2048;
const PER_SECOND = 200;
const REQUESTS = 3000;
const CONNECTIONS = 32;
const ROUNDS = 3;
const HIT = '/energy/gradient';

interface Server {
  readonly child: ChildProcess;
  readonly port: number;
  readonly barePort: number;
  /** The gateway's own time for each hit since the last call, sorted, in ms. */
  ownTimes(): Promise<number[]>;
}

async function openServer(): Promise<Server> {
  const file = fileURLToPath(new URL('./energy-server.js', import.meta.url));
  const child = spawn(process.execPath, [file, String(AGENTS)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const lines = createInterface({ input: child.stdout });
  const line = (): Promise<string> => new Promise((resolve) => lines.once('line', resolve));
  const [port = 0, barePort = 0] = (await line()).split(' ').map(Number);
  const ownTimes = async (): Promise<number[]> => {
    const answer = line();
    child.stdin.write('\n');
    return (JSON.parse(await answer) as number[]).sort((one, other) => one - other);
  };
  return { child, port, barePort, ownTimes };
}

/** Resolves with the milliseconds until the whole answer was there. */
function ask(port: number, path: string): Promise<number> {
  const startMs = performance.now();
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, agent: false }, (answer) => {
      answer.resume().once('end', () => {
        if (answer.statusCode === 200) resolve(performance.now() - startMs);
        else reject(new Error(`${path} was answered with ${answer.statusCode}.`));
      });
    });
    request.once('error', reject);
  });
}

let seed = 1000;
const freshSeed = (): number => (seed += 1);

/** Keeps one calibration running until it is told to stop; resolves with how many there were. */
function calibrating(port: number): () => Promise<number> {
  let goes = true;
  const run = async (): Promise<number> => {
    let count = 0;
    for (; goes; count += 1) await ask(port, `/energy/calibrate?seed=${freshSeed()}`);
    return count;
  };
  const running = run();
  return () => {
    goes = false;
    return running;
  };
}

const ms = (value: number): string => value.toFixed(2);

/** CPU time of the thread that serves; who else is busy on the machine changes it least. */
function servingMs({ child: { pid = 0 } }: Server): number {
  const text = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8');
  return Number(text.split(' ')[0]) / 1e6;
}

async function latency(server: Server, isBare: boolean, isBusy: boolean): Promise<string[]> {
  const { port, barePort } = server;
  const stop = isBusy ? calibrating(port) : () => Promise.resolve(0);
  const load = { perSecond: PER_SECOND, requests: REQUESTS, connections: CONNECTIONS };
  if (!isBare) await ask(port, HIT);
  await server.ownTimes();
  const beforeMs = servingMs(server);
  const sorted = await openLoop({ ...load, port: isBare ? barePort : port, path: HIT });
  const cpuMs = servingMs(server) - beforeMs;
  const own = await server.ownTimes();
  const count = await stop();
  const marks = [0.5, 0.9, 0.99, 0.999];
  return [
    `${isBare ? 'bare node:http' : 'hit through leyden'}, ${isBusy ? 'calibrating' : 'quiet'}`,
    ...marks.map((share) => ms(quantile(sorted, share))),
    ...[0.5, 0.99].map((share) => (isBare ? '-' : (quantile(own, share) * 1000).toFixed(0))),
    ((cpuMs / REQUESTS) * 1000).toFixed(0),
    String(count),
  ];
}

/** What the customer's documents say: seconds when computed, seconds when served from the cache. */
const DOCUMENTS: Readonly<Record<string, readonly [string, string]>> = {
  gradient: ['16.8', '0.05'],
  monitor: ['7', '0.02'],
  calibrate: ['15', '0.015'],
};

async function coldAndHit(server: Server): Promise<string[][]> {
  const rows: string[][] = [];
  for (const [name, [cold = '', hit = '']] of Object.entries(DOCUMENTS)) {
    const colds: number[] = [];
    const hits: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const path = `/energy/${name}?seed=${freshSeed()}`;
      colds.push(await ask(server.port, path));
      for (let nth = 0; nth < 100; nth += 1) hits.push(await ask(server.port, path));
    }
    const ratio = median(colds) / median(hits);
    const seconds = [median(colds) / 1000, median(hits) / 1000].map((value) => value.toFixed(4));
    rows.push([name, ...seconds, `${ratio.toFixed(0)}x`, cold, hit]);
  }
  return rows;
}

export async function energyHits(): Promise<void> {
  const server = await openServer();
  try {
    await ask(server.port, HIT);
    const rows: string[][] = [];
    for (const isBusy of [false, true]) {
      for (const isBare of [true, false]) rows.push(await latency(server, isBare, isBusy));
    }
    process.stdout.write(
      `Latency of /energy/gradient from the moment each request was due, open loop, ` +
        `${PER_SECOND}/s, ${REQUESTS} requests;\n"calibrating": calibrations of ${AGENTS} agents ` +
        `run one after another in the gateway's worker threads\n\n`,
    );
    const head = ['', 'p50 ms', 'p90 ms', 'p99 ms', 'p99.9 ms', 'own p50 µs', 'own p99 µs'];
    process.stdout.write(`${table([...head, 'CPU µs', 'calibrations'], rows)}\n\n`);
    process.stdout.write(
      `${AGENTS} agents: the first answer to a new seed and those after it, in seconds for one ` +
        `caller (new connection each), medians\n\n`,
    );
    const names = ['endpoint', 'computed', 'hit', 'ratio', 'documents: computed', 'hit'];
    process.stdout.write(`${table(names, await coldAndHit(server))}\n\n`);
  } finally {
    server.child.kill('SIGKILL');
  }
}
