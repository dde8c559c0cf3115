/** Houses that share a second tier in a real Redis, and one that has nothing but its memory. */
import { openSecondTier, type SecondTier } from '../../src/cache/second-tier.js';
import { openRedisStore } from '../../src/cache/redis-store.js';
import type { Lead } from '../../src/cache/fleet.js';
import type { RedisPool } from '../../src/redis/pool.js';
import type { House } from '../fakes/rooms.js';
import { settle } from '../fakes/waiting.js';
import { recordedLog } from '../redis/kit.js';
import { OLD_SECRET, ringOf } from './frame-kit.js';
import { httpHouse } from './http-kit.js';

export interface Node {
  readonly house: House;
  readonly second: SecondTier;
  /** Resolves when nothing is computed any more, and what came of it is written. */
  quiet(): Promise<void>;
}

const ALONE: Lead = { kind: 'alone' };
const CREDENTIALS = new Set(['authorization', 'cookie']);

export interface Wishes {
  readonly secrets?: readonly string[];
  readonly prefix?: string;
  readonly more?: Parameters<typeof httpHouse>[0];
}

/** Until nothing is computed behind an answer any more. */
export async function idle({ rooms }: House): Promise<void> {
  while (rooms.flights.stats().inFlight > 0) await settle(1);
}

/** A fleet in which nobody has purged anything yet, and nobody waits for anybody. */
export function nodeAt(pool: RedisPool, wishes: Wishes = {}): Node {
  const { secrets = [OLD_SECRET], prefix = 'leyden:', more } = wishes;
  const house = httpHouse(more);
  const { rooms, clock } = house;
  const log = recordedLog();
  const store = openRedisStore(
    {
      ...{ prefix, valueBytesMax: 65_536, lifeMaxMs: 3_600_000, skewMaxMs: 60_000 },
      ...{ writesMax: 1000, writeBytesMax: 8_000_000 },
    },
    { pool, ring: ringOf(secrets), clock, log },
  );
  const startEpoch = rooms.purges.epoch();
  const opened = openSecondTier(
    {
      ...{ budgetMs: 30_000, forgottenMax: 100, closeWaitMs: 100 },
      ...{ unlandedMs: 120_000, unlandedMax: 100 },
    },
    {
      ...{ store, purges: rooms.purges, clock, log },
      fleet: {
        mark: () => ({ journal: 'test', seq: 0 }),
        epochAt: () => startEpoch,
        lead: () => Promise.resolve(ALONE),
      },
      scopeOf: () => 'the same upstream',
      isCredential: (name) => CREDENTIALS.has(name),
    },
  );
  const writes: Promise<unknown>[] = [];
  const second: SecondTier = {
    ...opened,
    keep(entry, mark) {
      const written = opened.keep(entry, mark);
      writes.push(written);
      return written;
    },
  };
  rooms.second = second;
  return {
    ...{ house, second },
    async quiet() {
      await idle(house);
      await Promise.all(writes.splice(0));
    },
  };
}
