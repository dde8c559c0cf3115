/** The pool as a library offers it: opened once for a process, found by whoever needs it. */
import { systemClock } from '../clock.js';
import { describeThrown } from '../errors.js';
import type { Log } from '../log.js';
import type { ExclusiveConnection } from './exclusive.js';
import { PoolNotInitializedError } from './failure.js';
import { usualPool, type RedisPoolOptions } from './options.js';
import { openRedisPool, type PoolTools, type RedisPool } from './pool.js';
import type { RedisPoolStats } from './stats.js';
import { placeOf, type TlsOptions } from './target.js';

/** Where Redis is, and any of the pool's numbers. */
export interface InitOptions extends Partial<Omit<RedisPoolOptions, 'target'>> {
  /** `redis://` or `rediss://`; what it leaves out comes from the words below. */
  readonly url?: string;
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
  const { url, host, port, db, username, password, tls, ...numbers } = options;
  const place = url === undefined ? {} : placeOf(url);
  const isTls = tls !== undefined || place.isTls === true;
  const pool = openRedisPool(
    {
      ...usualPool,
      ...numbers,
      target: {
        kind: 'single',
        host: place.host ?? host ?? 'localhost',
        port: place.port ?? port ?? 6379,
        db: place.db ?? db ?? 0,
        username: place.username ?? username,
        password: place.password ?? password,
        tls: isTls ? { ca: undefined, serverName: undefined, ...tls } : undefined,
      },
    },
    { clock, log, random },
  );
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
  options?: { readonly limitMs?: number },
): Promise<T> {
  return getRedisPool().withConnection(use, options);
}
