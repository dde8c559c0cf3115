/** The fleet and the roof: opened from the settings, where there is Redis and a secret. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Settings } from '../config/settings.js';
import { forgetChanged } from './cache/effects.js';
import { openFleet, type OpenFleet } from './cache/fleet-open.js';
import type { FleetOptions } from './cache/fleet-parts.js';
import { openSeal } from './cache/fleet-seal.js';
import { openKeyRing } from './cache/key-ring.js';
import { createHistogram, type Histogram } from './metrics/histogram.js';
import { openBus } from './redis/bus.js';
import { openLeases } from './redis/lease.js';
import type { FleetParts } from './second-slice.js';

const NODE_BYTES = 6;
const NAME_LENGTH_MAX = 64;
const MESSAGE_BYTES_MAX = 512;
/** For what no caller waits for: longer than a caller's wait, for one late reply ends a lane. */
const WAIT_MS = 1000;
const READY_MS = 1000;
/** An answer of which no more than so many parts come late. */
const IDLE_TIMES = 10;

/** Who reads it knows where to look, and two processes on one machine are two nodes. */
function nodeName(): string {
  const name = hostname()
    .replace(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, NAME_LENGTH_MAX);
  return `${name || 'node'}:${randomBytes(NODE_BYTES).toString('hex')}`;
}

/** The longest that any computation may take which makes any progress. */
function longestMs({ upstreams, budget }: Settings): number {
  const times = Object.values(upstreams).map(
    ({ timeout: { head, idle } }) => head + IDLE_TIMES * idle,
  );
  return budget.wait + Math.max(0, ...times);
}

function fleetSlice({ redis: { prefix, journal } }: Settings, node: string): FleetOptions {
  return {
    ...{ node, prefix: `${prefix}{journal}`, recordsMax: journal.records },
    ...{ boundMs: journal.behind, aliveMs: journal.alive, ackMs: journal.wait },
    ...{ actsMax: journal.queue, nodesMax: journal.nodes, waitMs: WAIT_MS, readyMs: READY_MS },
  };
}

export interface JoinedFleet extends OpenFleet {
  /** From a purge here until all nodes had it. */
  readonly spreadMs: Histogram;
}

/** Undefined without a secret: nobody could be believed. */
export function joinFleet(parts: FleetParts): JoinedFleet | undefined {
  const { settings, rooms, invalidations, pool } = parts;
  const { purges, store, flights, clock, log } = rooms;
  const ring = openKeyRing(settings.secret, 'bus');
  if (ring === undefined) return undefined;
  const { prefix, bus: limits } = settings.redis;
  const seal = openSeal(ring);
  const node = nodeName();
  const bus = openBus(
    {
      channel: `${prefix}bus`,
      ...{ messageBytesMax: MESSAGE_BYTES_MAX, messagesMax: limits.messages, waitMs: WAIT_MS },
    },
    { pool, seal, clock, log },
  );
  const longest = longestMs(settings);
  const leases = openLeases(
    {
      keyOf: (family) => `${prefix}{${family}}:lease`,
      ...{ node, leaseMs: settings.lease, holdMsMax: longest, patienceMs: longest },
      ...{ waitersMax: limits.waiters, random: rooms.random },
    },
    { pool, bus, clock },
  );
  const spreadMs = createHistogram();
  const fleet = openFleet(fleetSlice(settings, node), {
    ...{ pool, bus, seal, leases, clock, log, spreadMs },
    epoch: () => purges.epoch(),
    carryOut(act) {
      if (act.kind === 'order') invalidations.heed(act.order);
      else forgetChanged(rooms, act);
    },
    drop() {
      invalidations.heed({ type: 'all', selectors: [], mode: 'delete' });
    },
    holdsAny: () => store.stats().entries > 0 || flights.stats().inFlight > 0,
  });
  rooms.spread = fleet;
  // What others call us while they wait for us.
  log.info('fleet_joined', { node });
  return { ...fleet, spreadMs };
}
