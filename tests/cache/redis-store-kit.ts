/** What tests of the store in Redis share: a store on a pool, one entry, and the raw value. */
import { systemClock } from '../../src/clock.js';
import type { Entry } from '../../src/cache/entry.js';
import { openRedisStore, type RedisStore } from '../../src/cache/redis-store.js';
import type { RedisStoreOptions, RedisStoreTools } from '../../src/cache/redis-store.js';
import { connectionTo, poolAt, recordedLog, untilWhole } from '../redis/kit.js';
import type { Line, TestPool } from '../redis/kit.js';
import { OLD_SECRET, ringOf, ruleEntry } from './frame-kit.js';

export const FAMILY = 'family';
export const KEY = `leyden:{${FAMILY}}:entry`;

export interface TestStore extends RedisStore {
  readonly pool: TestPool;
  readonly lines: readonly Line[];
  /** How often values were not believed, by reason. */
  rejected(): Record<string, number>;
  dropped(): Record<string, number>;
}

export interface StoreWishes extends Partial<RedisStoreOptions> {
  readonly secrets?: readonly string[];
  readonly tools?: Partial<RedisStoreTools>;
  readonly lanes?: number;
}

export async function storeAt(port: number, wishes: StoreWishes = {}): Promise<TestStore> {
  const { secrets = [OLD_SECRET], tools = {}, lanes = 2, ...numbers } = wishes;
  const pool = poolAt(port, { lanes });
  await untilWhole(pool);
  const log = recordedLog();
  const store = openRedisStore(
    {
      ...{ prefix: 'leyden:', valueBytesMax: 65_536, lifeMaxMs: 3_600_000, skewMaxMs: 60_000 },
      ...{ writesMax: 1000, writeBytesMax: 8_000_000 },
      ...numbers,
    },
    { pool, ring: ringOf(secrets), clock: systemClock, log, ...tools },
  );
  return {
    ...{ ...store, pool, lines: log.lines },
    rejected: () => Object.fromEntries(store.stats().rejected),
    dropped: () => Object.fromEntries(store.stats().notWritten),
  };
}

/** Fresh for half a minute from now on. */
export function freshEntry(more: Partial<Entry> = {}): Entry {
  const nowMs = systemClock.nowMs();
  return ruleEntry(nowMs, { arrivedWallMs: systemClock.wallMs(), ...more });
}

export const IDENTITY = { key: freshEntry().key, partition: freshEntry().partition };

/** A command straight to the server. */
export async function raw(
  port: number,
  name: string,
  ...args: readonly (string | number | Buffer)[]
): Promise<unknown> {
  const connection = await connectionTo(port);
  try {
    return await connection.call(name, args, { waitMs: 10_000 });
  } finally {
    connection.end('closed');
  }
}

/** The bytes of a stored entry, as they lie there. */
export async function frameIn(port: number, store: RedisStore): Promise<Buffer> {
  if (!(await store.write(FAMILY, freshEntry(), [1]))) throw new Error('it was not written');
  return (await raw(port, 'get', KEY)) as Buffer;
}
