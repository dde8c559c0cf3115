/** The second tier and the roof: opened from the settings, once there is a fleet to agree with. */
import type { Settings } from '../config/settings.js';
import type { Fleet } from './cache/fleet.js';
import type { Invalidations } from './cache/invalidate.js';
import { openKeyRing } from './cache/key-ring.js';
import { openRedisStore } from './cache/redis-store.js';
import type { Rooms } from './cache/rooms.js';
import { openSecondTier, type SecondTier } from './cache/second-tier.js';
import type { EnergyService } from './energy/service.js';
import type { JoinedFleet } from './fleet-slice.js';
import { energySource } from './kept.js';
import type { RedisPool } from './redis/pool.js';
import { withTracking } from './tracking-slice.js';

/** Machines whose clocks differ by more have other worries. */
const SKEW_MAX_MS = 60_000;
const FORGOTTEN_MAX = 10_000;
const UNLANDED_MAX = 10_000;
/** Beside the fields that the settings call credentials. */
const PROOFS = new Set(['authorization', 'proxy-authorization', 'cookie']);

export interface SecondParts {
  readonly rooms: Rooms;
  readonly pool: RedisPool;
  readonly fleet: Fleet;
  readonly energy: EnergyService | undefined;
}

/** What a fleet is opened from; without one each node has its own memory and nothing else. */
export interface FleetParts {
  readonly settings: Settings;
  readonly rooms: Rooms;
  readonly invalidations: Invalidations;
  readonly pool: RedisPool;
}

export type OpenFleet = (parts: FleetParts) => (Fleet & Partial<JoinedFleet>) | undefined;

/**
 * By the pattern of each route, whom it asks and from what state. Two gateways that differ in it
 * may share a Redis, and never an answer. A state that was changed is this process's own.
 */
export function scopesOf(
  settings: () => Settings,
  { rooms, energy }: Pick<SecondParts, 'rooms' | 'energy'>,
): (route: string) => string | undefined {
  let made: { readonly rules: Rooms['rules']; readonly scopes: ReadonlyMap<string, Scope> };
  const local = energy === undefined ? '' : energySource(settings());
  const make = (): typeof made => {
    const scopes = new Map<string, Scope>();
    for (const { pattern, upstream } of rooms.plans.keys()) {
      const url = settings().upstreams[upstream]?.url ?? '';
      const source = url === 'local' ? local : JSON.stringify(url);
      const before = scopes.get(pattern);
      scopes.set(pattern, {
        name: `${before?.name ?? ''}${upstream} ${source}\n`,
        isLocal: url === 'local' || before?.isLocal === true,
      });
    }
    return { rules: rooms.rules, scopes };
  };
  made = make();
  return (route) => {
    // The rules are replaced as a whole when the settings change.
    if (made.rules !== rooms.rules) made = make();
    const scope = made.scopes.get(route);
    return scope?.isLocal === true && energy?.version() !== 1 ? undefined : scope?.name;
  };
}

interface Scope {
  readonly name: string;
  readonly isLocal: boolean;
}

/** Undefined without a secret: nothing there could be believed. */
export function openSecond(
  settings: Settings,
  now: () => Settings,
  parts: SecondParts,
): SecondTier | undefined {
  const { rooms, pool, fleet } = parts;
  const { purges, clock, log } = rooms;
  const { prefix, tier, timeout } = settings.redis;
  const ring = openKeyRing(settings.secret, 'entries');
  if (ring === undefined) return undefined;
  const store = openRedisStore(
    {
      ...{ prefix, valueBytesMax: tier.maxBytes, lifeMaxMs: tier.maxLife },
      ...{ skewMaxMs: SKEW_MAX_MS, writesMax: tier.queue, writeBytesMax: tier.queueBytes },
    },
    { pool, ring, clock, log },
  );
  const options = {
    ...{ budgetMs: timeout.read, forgottenMax: FORGOTTEN_MAX, closeWaitMs: tier.closeWait },
    ...{ unlandedMs: settings.cache.hitForMiss, unlandedMax: UNLANDED_MAX },
  };
  const scopeOf = scopesOf(now, parts);
  const isCredential = (name: string): boolean => PROOFS.has(name) || rooms.credentials.has(name);
  const second = openSecondTier(options, {
    ...{ store, fleet, purges, clock, log, scopeOf, isCredential },
  });
  return withTracking(second, settings, {
    ...{ pool, clock, log },
    familyOf({ route, key }) {
      const scope = scopeOf(route);
      return scope === undefined ? undefined : store.familyOf(scope, key);
    },
  });
}

/** What went wrong with it: an error is no miss, and must not hide as one. */
export function secondErrors(second: SecondTier | undefined): number {
  if (second === undefined) return 0;
  const { reads, notWritten } = second.stats();
  return reads.failed + (notWritten.get('failed') ?? 0);
}

/** How many computations an upstream is given at once: fewer while no other node can help. */
export function concurrentNow(
  { budget, redis }: Settings,
  second: () => SecondTier | undefined,
): () => number {
  const { concurrent } = budget;
  const fewer = Math.max(1, Math.ceil(concurrent * redis.tier.budgetWhenDown));
  return () => (second()?.isDown() === true ? fewer : concurrent);
}
