/** A stampede: very many callers on one cold key, through real sockets, and what each waits. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Counted } from './stampede-server.js';
import { table, type Cell } from './table.js';

const COMPUTE_MS = 2_000;
/** So many connect at once; more would overflow the kernel's queue and wait for its retries. */
const CONNECT_AT_ONCE = 500;
const MIB = 1024;
/** In place of a status: the connection ended before its answer. */
const CUT = 0;

interface Server {
  readonly child: ChildProcess;
  readonly port: number;
  readonly line: () => Promise<string>;
}

async function open(...args: string[]): Promise<Server> {
  const file = fileURLToPath(new URL('./stampede-server.js', import.meta.url));
  const child = spawn(process.execPath, [file, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const lines = createInterface({ input: child.stdout });
  const line = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const end = (): void => {
        reject(new Error('A server of the benchmark has ended by itself.'));
      };
      child.once('exit', end);
      lines.once('line', (text) => {
        child.off('exit', end);
        resolve(text);
      });
    });
  return { child, port: Number(await line()), line };
}

async function counted({ child, line }: Server): Promise<Counted> {
  const said = line();
  child.stdin?.write('\n');
  return JSON.parse(await said) as Counted;
}

/** A line of the kernel's account of a process, in KiB. */
function memoryKib(pid: number, name: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]);
}

interface Answer {
  readonly status: number;
  readonly waitMs: number;
  /** On the wall clock. */
  readonly atMs: number;
}

class Caller {
  private constructor(private readonly socket: Socket) {}

  static connect(port: number): Promise<Caller> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1').setNoDelay(true);
      socket.once('error', reject);
      socket.once('connect', () => {
        resolve(new Caller(socket));
      });
    });
  }

  ask(request: Buffer): Promise<Answer> {
    const { socket } = this;
    const sinceMs = performance.now();
    let pending = '';
    return new Promise((resolve) => {
      const cut = (): void => {
        resolve({ status: CUT, waitMs: performance.now() - sinceMs, atMs: 0 });
      };
      socket.on('error', cut);
      socket.once('close', cut);
      socket.on('data', (chunk: Buffer) => {
        pending += chunk.toString('latin1');
        const end = pending.indexOf('\r\n\r\n');
        const length = /content-length: (\d+)/i.exec(pending.slice(0, Math.max(end, 0)));
        if (length === null || pending.length < end + 4 + Number(length[1])) return;
        const nowMs = performance.now();
        const atMs = performance.timeOrigin + nowMs;
        resolve({ status: Number(pending.slice(9, 12)), waitMs: nowMs - sinceMs, atMs });
        socket.destroy();
      });
      socket.write(request);
    });
  }
}

async function stampede(port: number, path: string, count: number): Promise<Answer[]> {
  const callers: Caller[] = [];
  while (callers.length < count) {
    const more = Math.min(CONNECT_AT_ONCE, count - callers.length);
    callers.push(...(await Promise.all(Array.from({ length: more }, () => Caller.connect(port)))));
  }
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  return await Promise.all(callers.map((caller) => caller.ask(request)));
}

function quantile(values: readonly number[], share: number): string {
  const sorted = [...values].sort((one, other) => one - other);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return value === undefined ? '–' : String(Math.round(value));
}

interface Case {
  readonly name: string;
  readonly callers: number;
  readonly path: string;
  /** Undefined: the origin itself is asked. */
  readonly settings: string | undefined;
}

const ROOM = 'server: { connectionsMax: 20000 }\n';
const CASES: readonly Case[] = [
  { name: '1,000 callers', callers: 1_000, path: '/slow', settings: ROOM },
  { name: '10,000 callers', callers: 10_000, path: '/slow', settings: ROOM },
  {
    ...{ name: '10,000, waitersMax 1,000', callers: 10_000, path: '/slow' },
    settings: `${ROOM}cache: { waitersMax: 1000 }\n`,
  },
  { name: '1,000, uncacheable', callers: 1_000, path: '/alone', settings: ROOM },
  { name: '1,000, past the gateway', callers: 1_000, path: '/slow', settings: undefined },
  { name: '10,000, past the gateway', callers: 10_000, path: '/slow', settings: undefined },
];

async function measure(origin: Server, { name, callers, path, settings }: Case): Promise<Cell[]> {
  const gateway =
    settings === undefined ? undefined : await open('gateway', String(origin.port), settings);
  const { child, port } = gateway ?? origin;
  const pid = child.pid ?? 0;
  try {
    // What a first request costs once is not of the stampede.
    await stampede(port, '/warm', 1);
    await counted(origin);
    const idleKib = memoryKib(pid, 'VmRSS');
    // The kernel forgets the highest mark so far.
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
    const answers = await stampede(port, path, callers);
    const { computations, firstMs } = await counted(origin);
    const peakKib = memoryKib(pid, 'VmHWM') - idleKib;
    const good = answers.filter(({ status }) => status === 200);
    const after = good.map(({ atMs }) => atMs - firstMs);
    const refused = answers.filter(({ status }) => status === 503);
    return [
      ...[name, computations, good.length, refused.length],
      answers.filter(({ status }) => status === CUT).length,
      ...[quantile(after, 0.5), quantile(after, 0.99)],
      quantile(
        refused.map(({ waitMs }) => waitMs),
        0.99,
      ),
      Math.round(peakKib / MIB),
    ];
  } finally {
    gateway?.child.kill('SIGKILL');
  }
}

const HEAD = [
  ...['callers on one cold key', 'computations', '200', '503', 'cut'],
  ...['after the answer, p50 ms', 'p99 ms', '503 after, p99 ms', 'peak MiB above idle'],
];

/** `npm run bench -- stampede` */
export async function stampedes(): Promise<void> {
  const origin = await open('origin', String(COMPUTE_MS));
  const rows: Cell[][] = [];
  try {
    for (const one of CASES) rows.push(await measure(origin, one));
  } finally {
    origin.child.kill('SIGKILL');
  }
  process.stdout.write(
    `Each computation takes ${COMPUTE_MS / 1000} s; the budget lets 64 run at once and 1,000 ` +
      `wait for 30 s. All callers are connected first.\n\n${table(HEAD, rows)}\n`,
  );
}
