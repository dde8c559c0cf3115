/** Two names from before: the cached energy answers by the keys that they once had in Redis. */
import { randomBytes } from 'node:crypto';
import { encodeRecord } from './cache/fleet-acts.js';
import { openSeal } from './cache/fleet-seal.js';
import type { Order } from './cache/invalidate.js';
import { openKeyRing, type KeyRing } from './cache/key-ring.js';
import { allInteriors } from './cache-interior.js';
import { systemClock } from './clock.js';
import { OperatorError } from './errors.js';
import { PoolNotInitializedError } from './redis/failure.js';
import { openJournal } from './redis/journal.js';
import type { RedisPool } from './redis/pool.js';
import { getRedisPool } from './redis/shared.js';

export interface ClearOptions {
  /** The `secret` of the gateways that share this Redis: with it they clear theirs too. */
  readonly secret?: string | readonly string[] | undefined;
  /** Their `redis.prefix`. */
  readonly prefix?: string | undefined;
}

/** Seconds of one window, by the name of the endpoint: where other programs keep their answers. */
const WINDOWS_S = { gradient: 30, monitor: 30, calibrate: 60 } as const;
/** Windows before and after this one: what is there lives for one, and clocks differ. */
const WINDOWS_AROUND = 2;
const TAG = 'energy';
const PATHS = '/energy/**';
const KEY = /^energy:([A-Za-z0-9_-]{1,128})(?::[!-~]{1,256})?$/;
const WAIT_MS = 1000;
const ID_BYTES = 16;
const NODE_BYTES = 6;
/** The most that a gateway can be told to keep: what it keeps is not shortened by us. */
const RECORDS_MAX = 1_000_000;
const RECORD_BYTES_MAX = 256 * 1024;

const node = `library:${randomBytes(NODE_BYTES).toString('hex')}`;
let told = 0;

/** Undefined without `initRedisPool`: then memory is all there is. */
function poolNow(): RedisPool | undefined {
  try {
    return getRedisPool();
  } catch (thrown) {
    if (thrown instanceof PoolNotInitializedError) return undefined;
    throw thrown;
  }
}

function ringOf({ secret }: ClearOptions): KeyRing | undefined {
  if (secret === undefined) return undefined;
  const ring = openKeyRing(typeof secret === 'string' ? [secret] : secret, 'bus');
  if (ring === undefined) throw new OperatorError('secret must be one secret or more.');
  return ring;
}

/** One command for each: in a Cluster they lie on different nodes. */
async function unlink(pool: RedisPool, keys: readonly string[]): Promise<boolean> {
  const isOurs = (reply: unknown): boolean => typeof reply === 'number';
  const calls = keys.map((key) => pool.call('write', 'unlink', [key], { isOurs, waitMs: WAIT_MS }));
  return (await Promise.allSettled(calls)).every(({ status }) => status === 'fulfilled');
}

/** Every gateway reads it in the journal, in its place among all other purges. */
async function tell(
  pool: RedisPool,
  ring: KeyRing,
  { prefix = 'leyden:' }: ClearOptions,
  order: Order,
): Promise<boolean> {
  told += 1;
  const journal = openJournal(
    {
      ...{ prefix: `${prefix}{journal}`, lengthMax: RECORDS_MAX },
      ...{ recordBytesMax: RECORD_BYTES_MAX, waitMs: WAIT_MS, quietMs: WAIT_MS },
    },
    pool,
  );
  const acts = [{ kind: 'order', order }] as const;
  const record = encodeRecord({ node, nth: told, wallMs: systemClock.wallMs(), acts });
  try {
    const freshId = randomBytes(ID_BYTES).toString('hex');
    await journal.append(openSeal(ring).seal('record', record), freshId);
    return true;
  } catch {
    return false;
  }
}

async function clear(
  options: ClearOptions,
  keys: readonly string[],
  orders: readonly Order[],
): Promise<boolean> {
  const ring = ringOf(options);
  const pool = poolNow();
  if (pool === undefined) return true;
  const unlinked = await unlink(pool, keys);
  if (ring === undefined) return unlinked;
  for (const order of orders) if (!(await tell(pool, ring, options, order))) return false;
  return unlinked;
}

function windowKeys(): readonly string[] {
  const nowS = systemClock.wallMs() / 1000;
  return Object.entries(WINDOWS_S).flatMap(([name, lengthS]) => {
    const now = Math.floor(nowS / lengthS);
    const around = Array.from({ length: 2 * WINDOWS_AROUND + 1 }, (_, at) => at - WINDOWS_AROUND);
    return around.map((by) => `energy:${name}:${now + by}`);
  });
}

/**
 * Nothing computed before is given any more: of what carries the tag `energy` or lies under
 * `/energy/` in the caches of this process; of the keys `energy:*` that other programs keep in the
 * Redis of `initRedisPool`; and, told the secret, of the gateways there. False when Redis did not
 * take all of it.
 */
export async function clearEnergyCache(options: ClearOptions = {}): Promise<boolean> {
  for (const { cache, rooms } of allInteriors()) {
    cache.purge({ tags: [TAG] });
    if (!rooms.purges.ban([PATHS], 'delete')) cache.purge({ all: true });
  }
  const mode = 'delete';
  return await clear(options, windowKeys(), [
    { type: 'tag', selectors: [TAG], mode },
    { type: 'pattern', selectors: [PATHS], mode },
  ]);
}

/** The same for one key, such as `energy:gradient:123456`: it stands for `/energy/gradient`. */
export async function invalidateCache(key: string, options: ClearOptions = {}): Promise<boolean> {
  const [, name] = KEY.exec(key) ?? [];
  if (name === undefined) {
    throw new OperatorError('key must be energy:<name> or energy:<name>:<window>.');
  }
  const path = `/energy/${name}`;
  for (const { cache } of allInteriors()) cache.purge({ path });
  return await clear(options, [key], [{ type: 'path', selectors: [path], mode: 'delete' }]);
}
