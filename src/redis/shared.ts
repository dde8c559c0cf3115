/** The pool as a library offers it: opened once for a process, found by whoever needs it. */
import { systemClock } from '../clock.js';
import { describeThrown, OperatorError } from '../errors.js';
import type { Log } from '../log.js';
import type { ExclusiveConnection } from './exclusive.js';
import { PoolNotInitializedError } from './failure.js';
import { usualPool, type RedisPoolOptions } from './options.js';
import { openRedisPool, type LoanOptions, type PoolTools, type RedisPool } from './pool.js';
import type { RedisPoolStats } from './stats.js';
import { addressOf, placeOf, type RedisTarget, type TlsOptions } from './target.js';

/** Where Redis is, and any of the pool's numbers. */
export interface InitOptions extends Partial<Omit<RedisPoolOptions, 'target'>> {
  /** `redis://` or `rediss://`; what it leaves out comes from the words below. */
  readonly url?: string;
  /** Some nodes of a Cluster, as `host:port`, in place of all that says where one server is. */
  readonly nodes?: readonly string[];
  readonly host?: string;
  readonly port?: number;
  readonly db?: number;
  readonly username?: string;
  readonly password?: string;
  /** `rediss://` alone means TLS with the authorities that Node knows. */
  readonly tls?: Partial<TlsOptions>;
}

const silent: Log = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  access: () => undefined,
  level: () => 'error',
  setLevel: () => undefined,
  dropped: () => 0,
  close: () => Promise.resolve(),
};

let shared: RedisPool | undefined;

/** The words that say where Redis is. */
type PlaceWords = {
  readonly [K in Exclude<keyof InitOptions, keyof RedisPoolOptions>]: InitOptions[K] | undefined;
};

const CLUSTER = { reachedAt: new Map(), askEveryMs: 10_000, nodesMax: 1000 } as const;

function targetOf({ url, nodes, host, port, db, tls, ...options }: PlaceWords): RedisTarget {
  const place = url === undefined ? {} : placeOf(url);
  const isTls = tls !== undefined || place.isTls === true;
  const credentials = {
    username: place.username ?? options.username,
    password: place.password ?? options.password,
    tls: isTls ? { ca: undefined, serverName: undefined, ...tls } : undefined,
  };
  if (nodes === undefined) {
    return {
      kind: 'single',
      host: place.host ?? host ?? 'localhost',
      port: place.port ?? port ?? 6379,
      db: place.db ?? db ?? 0,
      ...credentials,
    };
  }
  const addresses = nodes.map(addressOf).filter((one) => one !== undefined);
  if (addresses.length === 0 || addresses.length < nodes.length) {
    throw new OperatorError('Each node of a Cluster must be a host and a port.');
  }
  return { kind: 'cluster', nodes: addresses, ...CLUSTER, ...credentials };
}

/**
 * Opens the pool, once: a second call gets the same one. Resolves when the first attempt to connect
 * has ended; when Redis was not there the pool keeps trying, and is used as soon as it is.
 */
export async function initRedisPool(
  options: InitOptions = {},
  tools: Partial<PoolTools> = {},
): Promise<RedisPool> {
  const { clock = systemClock, log = silent, random = Math.random } = tools;
  if (shared !== undefined) {
    log.warn('redis_pool_already_initialized');
    return shared;
  }
  const { url, nodes, host, port, db, username, password, tls, ...numbers } = options;
  const target = targetOf({ url, nodes, host, port, db, username, password, tls });
  const pool = openRedisPool({ ...usualPool, ...numbers, target }, { clock, log, random });
  shared = pool;
  await pool.tried();
  return pool;
}

export function getRedisPool(): RedisPool {
  if (shared === undefined) throw new PoolNotInitializedError();
  return shared;
}

/** Ends the pool; a pool that is not there is closed already. */
export async function closeRedisPool(tools: Partial<Pick<PoolTools, 'log'>> = {}): Promise<void> {
  const last = shared;
  shared = undefined;
  try {
    await last?.close();
  } catch (thrown) {
    tools.log?.warn('redis_pool_close_failed', describeThrown(thrown));
  }
}

export function getPoolStats(): RedisPoolStats {
  return getRedisPool().stats();
}

/** A connection of one's own for as long as `use` runs (a transaction, a blocking read). */
export async function withConnection<T>(
  use: (connection: ExclusiveConnection) => Promise<T>,
  options?: LoanOptions,
): Promise<T> {
  return getRedisPool().withConnection(use, options);
}
