/** Redis and the roof: the settings in the words of its room, and its numbers in those of ours. */
import { readFileSync } from 'node:fs';
import type { Settings } from '../config/settings.js';
import { OperatorError } from './errors.js';
import type { PoolReading } from './metrics/reading.js';
import { usualPool, type RedisPoolOptions } from './redis/options.js';
import type { RedisPoolStats } from './redis/stats.js';
import { placeOf, type TlsOptions } from './redis/target.js';

function readAuthorities(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new OperatorError('redis.tls.ca: the file of certificates cannot be read.');
  }
}

export function isRedisWanted({ redis }: Settings): boolean {
  return redis.url !== undefined || redis.host !== undefined;
}

/** Undefined when Redis is not wanted, or wanted without the secret that makes it safe to use. */
export function redisSlice(settings: Settings): RedisPoolOptions | undefined {
  const { redis } = settings;
  if (!isRedisWanted(settings) || settings.secret.length === 0) return undefined;
  const { pool, timeout, breaker } = redis;
  const place = redis.url === undefined ? {} : placeOf(redis.url);
  const { ca, serverName } = redis.tls;
  const tls: TlsOptions = { ca: ca === undefined ? ca : readAuthorities(ca), serverName };
  const isTls = place.isTls === true || ca !== undefined || serverName !== undefined;
  return {
    ...usualPool,
    target: {
      kind: 'single',
      host: place.host ?? redis.host ?? 'localhost',
      port: place.port ?? redis.port,
      db: place.db ?? redis.db,
      username: place.username ?? redis.username,
      password: place.password ?? redis.password,
      tls: isTls ? tls : undefined,
    },
    readonly: redis.readonly,
    ...{ min: pool.min, max: pool.max, lanes: pool.lanes, dedicatedMax: pool.dedicated },
    ...{ waitMs: pool.wait, waitersMax: pool.waiters, leaseMs: pool.lease },
    ...{ connectMs: pool.connectTimeout, idleMs: pool.idleTimeout, lifetimeMs: pool.maxLifetime },
    ...{ healthMs: pool.healthInterval, inFlightMax: pool.inFlight },
    ...{ handshakeMs: timeout.handshake, readMs: timeout.read, writeMs: timeout.write },
    breaker: {
      ...{ failures: breaker.failures, share: breaker.share, callsMin: breaker.calls },
      ...{ windowMs: breaker.window, openMs: breaker.open },
    },
  };
}

/** The pool among the other pools: what its alerts and its advice are judged by. */
export function redisPoolReading(stats: RedisPoolStats): PoolReading {
  return {
    ...{ max: stats.max, inUse: stats.inUse, open: stats.open, waiting: stats.waiting },
    ...{ dedicated: stats.dedicated, peak: stats.peak, served: stats.commands },
    ...{ waited: stats.waited, waitedMs: stats.waitedMs, errors: stats.errors },
    exhaustions: stats.exhaustions,
    setting: 'redis.pool.max',
    remedy: { setting: 'redis.timeout.read', value: 'a longer time' },
  };
}
