/** Shares: what of the settings each worker process gets, so that together they keep the limits. */
import { availableParallelism } from 'node:os';
import type { Settings } from '../config/settings.js';
import { isRedisWanted } from './redis-slice.js';

export interface ShareOptions {
  /** How many share; and which of them this one is, from 1 on. */
  readonly workers: number;
  readonly slot: number;
  /** The public port, once it is known. */
  readonly port: number;
  /** Where the built-in energy service answers; undefined while no route asks it. */
  readonly energyUrl: string | undefined;
  /** Made for this run, where none is configured. */
  readonly secret: string;
}

/** How many worker processes there are to be; with 1 there are none beside this process. */
export function workersOf({ server: { workers } }: Settings): number {
  return workers === 'auto' ? availableParallelism() : workers;
}

/** Rounded up: nobody is left without any. */
const part = (whole: number, workers: number): number => Math.ceil(whole / workers);

function sharedUpstreams({ upstreams }: Settings, { workers, energyUrl }: ShareOptions) {
  const entries = Object.entries(upstreams).map(([name, upstream]) => {
    const isLocal = upstream.url === 'local' && energyUrl !== undefined;
    const url = isLocal ? [energyUrl] : upstream.url;
    const connections = part(upstream.connections, workers);
    return [name, { ...upstream, url, connections }] as const;
  });
  return Object.fromEntries(entries);
}

function sharedPool({ redis: { pool } }: Settings, workers: number) {
  // Below this a pool has its lanes and nothing that could be lent.
  const least = Math.min(pool.max, pool.lanes + 1);
  const max = Math.max(least, Math.floor(pool.max / workers));
  return { ...pool, max, min: Math.min(pool.min, max) };
}

/**
 * What is a budget of the machine or of somebody behind it is divided; what bounds one process, or
 * one answer, is not.
 */
export function shareOf(settings: Settings, options: ShareOptions): Settings {
  const { workers, slot, port } = options;
  const { memory, budget, http, server } = settings;
  const { path, ...snapshot } = memory.snapshot;
  const pool = { ...http.pool, queued: part(http.pool.queued, workers) };
  return {
    ...settings,
    server: { ...server, port },
    upstreams: sharedUpstreams(settings, options),
    memory: {
      ...memory,
      maxBytes: Math.floor(memory.maxBytes / workers),
      maxEntries: part(memory.maxEntries, workers),
      // Each writes a file of its own, and reads it again.
      snapshot: path === undefined ? snapshot : { ...snapshot, path: `${path}.${slot}` },
    },
    budget: {
      ...budget,
      concurrent: part(budget.concurrent, workers),
      queued: part(budget.queued, workers),
    },
    http: { ...http, pool },
    redis: { ...settings.redis, pool: sharedPool(settings, workers) },
  };
}

/** Without Redis there is a secret all the same: workers must know each other's slots. */
export function withSecret(settings: Settings, secret: string): Settings {
  if (settings.secret.length > 0) return settings;
  const without = isRedisWanted(settings) ? withoutRedis(settings) : settings;
  return { ...without, secret: [secret] };
}

/** What was made for this run alone must sign nothing that outlives it. */
function withoutRedis(settings: Settings): Settings {
  const { redis } = settings;
  const sentinel = { ...redis.sentinel, addresses: [] };
  const cluster = { ...redis.cluster, nodes: [] };
  const nowhere = { url: undefined, host: undefined, sentinel, cluster };
  return { ...settings, redis: { ...redis, ...nowhere } };
}

const HOUSE_BYTES = 1024 * 1024;

/** The primary serves no answers: it keeps the energy service, and the rules to judge orders by. */
export function houseShare(settings: Settings): Settings {
  const { memory } = settings;
  const snapshot = { ...memory.snapshot, path: undefined };
  return {
    ...settings,
    // Without a secret there is no pool for Redis.
    secret: [],
    memory: { ...memory, maxBytes: HOUSE_BYTES, maxEntries: 1, snapshot },
  };
}

/** An answer of which no more than so many parts come late. */
const IDLE_TIMES = 10;

/** The longest that a computation in another worker is waited for. */
export function patienceMs({ upstreams, budget }: Settings): number {
  const times = Object.values(upstreams).map(
    ({ timeout: { head, idle } }) => head + IDLE_TIMES * idle,
  );
  return budget.wait + Math.max(0, ...times);
}
