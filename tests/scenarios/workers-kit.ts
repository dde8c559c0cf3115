/** Two worker processes behind one port, an origin behind them, and an operator beside them. */
import { kill } from 'node:process';
import { Agent } from 'node:http';
import { ask, type Ask, type ClientAnswer } from '../fakes/client.js';
import { TOKEN } from '../fakes/gateway.js';
import { leyden, scratchSettings, type LeydenProcess } from '../fakes/leyden-process.js';
import { openOrigin, type Origin } from '../fakes/origin.js';

export type Json = Readonly<Record<string, unknown>>;

export interface Workers extends LeydenProcess {
  readonly origin: Origin;
  /** Where its settings stand. */
  readonly file: string;
  readonly port: number;
  readonly operationsPort: number;
  /** Each call on a connection of its own, unless it brings an agent. */
  get(path: string, more?: Ask): Promise<ClientAnswer>;
  /** Cache-Status without its numbers. */
  word(path: string): Promise<string>;
  operate(method: string, path: string, body?: object): Promise<{ status: number; body: Json }>;
  readonly metrics: () => Promise<Metrics>;
  /** The process of a worker, by its number. */
  pid(worker: number): Promise<number>;
  signalTo(worker: number, signal: NodeJS.Signals): Promise<void>;
}

export interface Metrics {
  readonly workers: number;
  readonly uptime_seconds: number;
  readonly worker_processes: {
    readonly alive: number;
    readonly missing: readonly string[];
    readonly deaths: number;
    readonly restarts: number;
  };
  readonly http_cache: {
    readonly hits: number;
    readonly misses: number;
    readonly total_requests: number;
    readonly hit_rate_percent: number;
    readonly stored: number;
    readonly coalesced: number;
    readonly by_endpoint: Readonly<Record<string, { hits: number; misses: number }>>;
    readonly memory: { readonly entries: number; readonly max_bytes: number };
  };
  readonly held: Readonly<Record<string, number>>;
}

export const yamlFor = (origin: string, more = '', ttl = '10m'): string => `
server: { workers: 2, port: 0, drain: 20s }
operations: { port: 0, token: "${TOKEN}" }
upstreams: { some: { url: "${origin}", timeout: { connect: 30s } } }
routes:
  - path: /kept/**
    upstream: some
    methods: any
    cache: { ttl: ${ttl}, tags: [kept], query: exact, staleIfError: 0s }
  - { path: /passed/**, upstream: some, methods: any }
${more}`;

/** Who answered: ids begin with what each process drew for itself. */
export function answererOf({ headers }: ClientAnswer): string {
  return String(headers['x-request-id']).split('.')[0] ?? '';
}

/** A kept connection to each of the two workers. */
export async function oneToEach(all: Pick<Workers, 'get'>, path: string): Promise<Agent[]> {
  const found = new Map<string, Agent>();
  while (found.size < 2) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const worker = answererOf(await all.get(path, { agent }));
    if (found.has(worker)) agent.destroy();
    else found.set(worker, agent);
  }
  return [...found.values()];
}

export async function startWorkers(more = ''): Promise<Workers> {
  const origin = await openOrigin();
  const file = scratchSettings(yamlFor(origin.url, more));
  const one = leyden(['start', '--config', file]);
  const metrics = await one.said(/metrics {3}curl http:\/\/127\.0\.0\.1:(\d+)\/metrics/);
  const place = await one.said(/(?:public|energy) +(?:curl -i )?http:\/\/127\.0\.0\.1:(\d+)/);
  const [port, operationsPort] = [Number(place[1]), Number(metrics[1])];
  const get: Workers['get'] = (path, ask_) => ask(port, path, ask_);
  const headers = { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' };
  const operate: Workers['operate'] = async (method, path, body) => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const { status, body: text } = await ask(operationsPort, path, { method, headers, ...sent });
    return { status, body: JSON.parse(text) as Json };
  };
  const pid = async (worker: number): Promise<number> => {
    const pattern = new RegExp(`"event":"worker_ready","worker":${worker},.*?"pid":(\\d+)`);
    return Number((await one.said(pattern))[1]);
  };
  return {
    ...{ ...one, origin, file, port, operationsPort, get, operate, pid },
    async word(path) {
      const said = String((await get(path)).headers['cache-status']);
      return said.replace(/^leyden; /, '').replace(/; ttl=-?\d+/, '');
    },
    metrics: async () => (await operate('GET', '/metrics')).body as unknown as Metrics,
    async signalTo(worker, signal) {
      kill(await pid(worker), signal);
    },
  };
}

/** Asks again until it is so; the limit of the test ends a wait that never does. */
export async function untilSo<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look();
    if (isSo(seen)) return seen;
  }
}
