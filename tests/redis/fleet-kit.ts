/** Parts of a fleet for tests, around a real Redis: a seal, a bus, leases, and a whole fleet. */
import { systemClock, type Clock } from '../../src/clock.js';
import { openFleet, type OpenFleet } from '../../src/cache/fleet-open.js';
import type { FleetOptions } from '../../src/cache/fleet-parts.js';
import { openSeal } from '../../src/cache/fleet-seal.js';
import { openKeyRing } from '../../src/cache/key-ring.js';
import type { Act } from '../../src/cache/spread.js';
import { openBus, type Bus, type Seal } from '../../src/redis/bus.js';
import { openLeases, type LeaseOptions, type Leases } from '../../src/redis/lease.js';
import type { RedisPool } from '../../src/redis/pool.js';
import { until } from '../fakes/waiting.js';
import { recordedLog, type Line } from './kit.js';

const FIRST = 'a secret of thirty-two bytes or more';

export function sealOf(...secrets: string[]): Seal {
  const ring = openKeyRing(secrets.length === 0 ? [FIRST] : secrets, 'bus');
  if (ring === undefined) throw new Error('there is a secret');
  return openSeal(ring);
}

export interface Wishes {
  readonly clock?: Clock;
  readonly prefix?: string;
  readonly node?: string;
  readonly seal?: Seal;
  readonly messagesMax?: number;
  readonly lease?: Partial<LeaseOptions>;
  readonly fleet?: Partial<FleetOptions>;
}

let nodes = 0;

export function busAt(pool: RedisPool, wishes: Wishes = {}): Bus {
  const { prefix = 't:', clock = systemClock, messagesMax = 1_000, seal = sealOf() } = wishes;
  const options = { channel: `${prefix}bus`, messageBytesMax: 512, messagesMax, waitMs: 5_000 };
  return openBus(options, { pool, seal, clock, log: recordedLog() });
}

export interface LeasingNode {
  readonly bus: Bus;
  readonly leases: Leases;
}

export async function leasesAt(pool: RedisPool, wishes: Wishes = {}): Promise<LeasingNode> {
  const { prefix = 't:', clock = systemClock, node = `node-${(nodes += 1)}` } = wishes;
  const bus = busAt(pool, wishes);
  const leases = openLeases(
    {
      keyOf: (key) => `${prefix}{${key}}:lease`,
      ...{ node, leaseMs: 60_000, holdMsMax: 600_000, patienceMs: 600_000, waitersMax: 100 },
      random: () => 0.5,
      ...wishes.lease,
    },
    { pool, bus, clock },
  );
  const isThere = (): boolean => ['healthy', 'readonly'].includes(pool.stats().status);
  await until(() => bus.isListening() && isThere());
  return { bus, leases };
}

export interface FleetNode extends LeasingNode {
  readonly fleet: OpenFleet;
  /** What it logged. */
  readonly lines: Line[];
  /** What others did, in order. */
  readonly heard: Act[];
  readonly drops: () => number;
  /** Our purge epoch; a purge of ours raises it before it is told. */
  readonly epoch: () => number;
  purge(tag: string): ReturnType<OpenFleet['tell']>;
}

export async function fleetAt(pool: RedisPool, wishes: Wishes = {}): Promise<FleetNode> {
  const { prefix = 't:', clock = systemClock, node = `node-${(nodes += 1)}` } = wishes;
  const one = await leasesAt(pool, { ...wishes, node });
  const heard: Act[] = [];
  const log = recordedLog();
  let drops = 0;
  let epoch = 1;
  const fleet = openFleet(
    {
      ...{ node, prefix: `${prefix}{journal}`, recordsMax: 1_000, boundMs: 1_000 },
      ...{ aliveMs: 60_000, ackMs: 10_000, actsMax: 100, nodesMax: 100 },
      ...{ waitMs: 5_000, readyMs: 5_000 },
      ...wishes.fleet,
    },
    {
      ...{ pool, clock, ...one, seal: wishes.seal ?? sealOf(), log },
      epoch: () => epoch,
      carryOut(act) {
        epoch += 1;
        heard.push(act);
      },
      drop() {
        epoch += 1;
        drops += 1;
      },
      holdsAny: () => false,
      spreadMs: { record: () => undefined },
    },
  );
  await fleet.ready();
  await until(() => fleet.mark() !== undefined);
  return {
    ...{ ...one, fleet, heard, lines: log.lines, drops: () => drops, epoch: () => epoch },
    purge(tag) {
      const before = epoch;
      epoch += 1;
      const order = { type: 'tag', selectors: [tag], mode: 'delete' } as const;
      return fleet.tell({ kind: 'order', order }, before);
    },
  };
}

/** The tags of the purges that were heard. */
export function tagsOf({ heard }: FleetNode): string[] {
  return heard.flatMap((act) => (act.kind === 'order' ? act.order.selectors : []));
}
