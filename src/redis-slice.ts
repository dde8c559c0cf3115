/** Redis and the roof: the settings in the words of its room, and its numbers in those of ours. */
import { readFileSync } from 'node:fs';
import type { Settings } from '../config/settings.js';
import { OperatorError } from './errors.js';
import type { PoolReading } from './metrics/reading.js';
import { usualPool, type RedisPoolOptions } from './redis/options.js';
import type { RedisPoolStats } from './redis/stats.js';
import { addressOf, addressText, placeOf } from './redis/target.js';
import type { Address, Credentials, RedisTarget, TlsOptions } from './redis/target.js';

function readAuthorities(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new OperatorError('redis.tls.ca: the file of certificates cannot be read.');
  }
}

export function isRedisWanted({ redis }: Settings): boolean {
  const { url, host, sentinel, cluster } = redis;
  return [url, host, ...sentinel.addresses, ...cluster.nodes].some((one) => one !== undefined);
}

function addressesOf(texts: readonly string[], name: string): readonly Address[] {
  return texts.map((text) => {
    const address = addressOf(text);
    if (address !== undefined) return address;
    throw new OperatorError(`${name}: each address must be a host and a port from 1 to 65535.`);
  });
}

const CLUSTER_NODES_MAX = 1000;

function clusterOf(
  { nodes, reachedAt, interval }: Settings['redis']['cluster'],
  { username, password, tls }: Credentials,
): RedisTarget {
  const pairs = reachedAt.map((pair) =>
    addressesOf(pair.split('='), 'redis.cluster.reachedAt').slice(0, 2),
  );
  const found = new Map<string, Address>();
  for (const [announced, reached] of pairs) {
    if (announced !== undefined && reached !== undefined)
      found.set(addressText(announced), reached);
  }
  return {
    ...{ kind: 'cluster', username, password, tls, askEveryMs: interval, reachedAt: found },
    ...{ nodes: addressesOf(nodes, 'redis.cluster.nodes'), nodesMax: CLUSTER_NODES_MAX },
  };
}

function targetOf({ redis }: Settings): RedisTarget {
  const place = redis.url === undefined ? {} : placeOf(redis.url);
  const { ca, serverName, enabled } = redis.tls;
  const trust: TlsOptions = { ca: ca === undefined ? ca : readAuthorities(ca), serverName };
  const isTls = enabled || place.isTls === true || ca !== undefined || serverName !== undefined;
  const servers = {
    db: place.db ?? redis.db,
    username: place.username ?? redis.username,
    password: place.password ?? redis.password,
    tls: isTls ? trust : undefined,
  };
  if (redis.cluster.nodes.length > 0) return clusterOf(redis.cluster, servers);
  const { addresses, master, username, password, tls, interval } = redis.sentinel;
  if (addresses.length === 0) {
    const host = place.host ?? redis.host ?? 'localhost';
    return { kind: 'single', host, port: place.port ?? redis.port, ...servers };
  }
  return {
    ...{ kind: 'sentinel', name: master, askEveryMs: interval, ...servers },
    sentinels: addressesOf(addresses, 'redis.sentinel.addresses'),
    sentinelCredentials: { username, password, tls: tls ? trust : undefined },
  };
}

/** Undefined when Redis is not wanted, or wanted without the secret that makes it safe to use. */
export function redisSlice(settings: Settings): RedisPoolOptions | undefined {
  const { redis } = settings;
  if (!isRedisWanted(settings) || settings.secret.length === 0) return undefined;
  const { pool, timeout, breaker } = redis;
  return {
    ...usualPool,
    target: targetOf(settings),
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
