/** Tracking and the roof: each server of the pool is listened to, unless the settings say no. */
import type { Settings } from '../config/settings.js';
import type { SecondTier } from './cache/second-tier.js';
import { openTracked } from './cache/tracked.js';
import { listenerFor, trackSecond, type TrackedSecondTools } from './cache/tracked-second.js';
import type { Clock } from './clock.js';
import type { Log } from './log.js';
import type { RedisPool } from './redis/pool.js';
import { openTracking, type TrackingState } from './redis/tracking.js';

/** For what no caller waits for. */
const WAIT_MS = 1000;
/** An operator who has given us the right need not start anything anew. */
const REFUSED_MS = 60_000;

export interface TrackingParts {
  readonly pool: RedisPool;
  readonly clock: Clock;
  readonly log: Log;
  readonly familyOf: TrackedSecondTools['familyOf'];
}

export function withTracking(
  second: SecondTier,
  { redis: { prefix, tier, tracking: wanted } }: Settings,
  { pool, clock, log, familyOf }: TrackingParts,
): SecondTier {
  if (wanted === 'off') return second;
  const book = openTracked(tier.maxLife, clock);
  const listener = listenerFor(book, prefix);
  // Leases and the journal begin alike: what has the same braces lies on the same server.
  const options = { prefix: `${prefix}{`, waitMs: WAIT_MS, refusedMs: REFUSED_MS };
  const tracking = openTracking(options, { clock, log, listener });
  pool.eachServer((server) => tracking.watch(server));
  return trackSecond(second, { book, familyOf, tracking });
}

/** `off` also where there is no second tier. */
export function trackingWord(second: SecondTier | undefined): TrackingState {
  return second?.stats().tracking?.state ?? 'off';
}
