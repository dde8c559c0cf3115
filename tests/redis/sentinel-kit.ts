/** A pool behind sentinels, with small numbers, for tests. */
import { systemClock } from '../../src/clock.js';
import { usualPool, type RedisPoolOptions } from '../../src/redis/options.js';
import { openRedisPool } from '../../src/redis/pool.js';
import type { SentinelTarget } from '../../src/redis/target.js';
import { patient, recordedLog, watched, type TestPool } from './kit.js';

export interface SentinelWishes extends Partial<Omit<RedisPoolOptions, 'target'>> {
  readonly target?: Partial<SentinelTarget>;
}

export function poolBehind(ports: readonly number[], wishes: SentinelWishes = {}): TestPool {
  const none = { username: undefined, password: undefined, tls: undefined };
  const { target, ...numbers } = wishes;
  const options: RedisPoolOptions = {
    ...{ ...usualPool, ...patient, ...numbers },
    target: {
      ...{ kind: 'sentinel', name: 'leyden', db: 0, askEveryMs: 50, ...none },
      sentinels: ports.map((port) => ({ host: '127.0.0.1', port })),
      sentinelCredentials: none,
      ...target,
    },
  };
  const log = recordedLog();
  return watched(openRedisPool(options, { clock: systemClock, log, random: () => 0.5 }), log);
}
