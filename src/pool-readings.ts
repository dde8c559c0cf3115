/** The pools of the house, each measured by itself: upstreams, and the energy service's threads. */
import type { Budgeted } from './budgeted.js';
import type { EnergyService } from './energy/service.js';
import type { PoolReading, Remedy } from './metrics/reading.js';
import type { RedisPool } from './redis/pool.js';
import { redisPoolReading } from './redis-slice.js';
import type { Directory } from './upstream/directory.js';

export interface PoolSources {
  readonly directory: Directory;
  readonly budgets: Budgeted;
  readonly energy: EnergyService | undefined;
  readonly redis: Pick<RedisPool, 'stats'> | undefined;
  /** Computations that one upstream is asked for at once, whatever its sockets. */
  readonly concurrentMax: number;
}

const LONGER_JOBS: Remedy = { setting: 'energy.jobTimeout', value: 'a longer time' };

/**
 * An upstream lends what its sockets and its budget both allow. Callers wait for either, so both
 * waits count.
 */
function upstreamPools(sources: PoolSources): [string, PoolReading][] {
  const budgets = sources.budgets.stats();
  return Object.entries(sources.directory.stats()).map(([name, sockets]) => {
    const budget = budgets[name];
    const { busy = 0, ...wrong } = sockets.errors;
    const served = budget?.entered ?? 0;
    const byBudget = sources.concurrentMax < sockets.max;
    const isLocal = sockets.origins.every(({ url }) => url === 'local');
    const pool: PoolReading = {
      max: Math.min(sockets.max, sources.concurrentMax),
      inUse: sockets.inUse,
      open: isLocal ? sockets.inUse : sockets.open,
      waiting: sockets.waiting + (budget?.waiting ?? 0),
      dedicated: 0,
      peak: budget?.peak ?? 0,
      served,
      waited: Math.min(served, sockets.waited + (budget?.waited ?? 0)),
      waitedMs: sockets.waitedMs + (budget?.waitedMs ?? 0),
      errors: Object.values(wrong).reduce((sum, count) => sum + count, 0),
      exhaustions: busy + (budget?.refused ?? 0) + (budget?.timedOut ?? 0),
      setting: byBudget ? 'budget.concurrent' : `upstreams.${name}.connections`,
      remedy: isLocal
        ? LONGER_JOBS
        : { setting: `upstreams.${name}.url`, value: 'one more origin' },
    };
    return [name, pool];
  });
}

function crewPool(energy: EnergyService): PoolReading {
  const crew = energy.stats();
  return {
    max: crew.max,
    inUse: crew.in_use,
    open: crew.max,
    waiting: crew.waiting,
    dedicated: 0,
    peak: crew.peak,
    served: crew.started,
    waited: crew.waited,
    waitedMs: crew.waited_ms,
    errors: crew.failed + crew.timeouts,
    exhaustions: crew.refused,
    setting: 'energy.workers',
    remedy: LONGER_JOBS,
  };
}

export function poolsOf(sources: PoolSources): Record<string, PoolReading> {
  const pools = Object.fromEntries(upstreamPools(sources));
  if (sources.energy !== undefined) pools['energy workers'] = crewPool(sources.energy);
  if (sources.redis !== undefined) pools['redis'] = redisPoolReading(sources.redis.stats());
  return pools;
}
