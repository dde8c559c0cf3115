/** Scores: how well a cache or a pool did within a span, from 0 to 100; pure sums. */

/** Below these there is nothing to judge. */
export const REQUESTS_MIN = 50;
export const COMMANDS_MIN = 20;

/** What a cache did within a span, and how full it is. */
export interface CacheEvidence {
  readonly name: string;
  readonly hits: number;
  readonly misses: number;
  readonly stale: number;
  readonly stored: number;
  readonly evictions: number;
  /** Those of the evictions that made room in numbers, not in bytes. */
  readonly evictedForEntries: number;
  /** Those of the evictions that were newcomers worth less than what they would have displaced. */
  readonly evictedNotAdmitted: number;
  /** Those of the evictions that could serve nobody any more. */
  readonly evictedEnded: number;
  /** Evicted within a minute of being stored, for want of room. */
  readonly evictedEarly: number;
  /** Those of the evictions that were asked for again within a minute. */
  readonly evictedAskedAgain: number;
  readonly entries: number;
  readonly entriesMax: number;
  readonly bytes: number;
  readonly bytesMax: number;
  /** Mean time of a hit. */
  readonly hitMeanMs: number;
}

/** What a pool did within a span. */
export interface PoolEvidence {
  readonly name: string;
  readonly max: number;
  readonly inUse: number;
  /** Over the span, as looked at once a step. */
  readonly inUseMean: number;
  readonly inUsePeak: number;
  readonly commands: number;
  readonly waitedMs: number;
  readonly errors: number;
  readonly exhaustions: number;
  /** The setting that bounds it. */
  readonly setting: string;
  /** What may be changed when much goes wrong behind it. */
  readonly remedy: { readonly setting: string; readonly value: string };
}

/** A part of a whole, from 0 to 1; nothing of nothing is nothing. */
export function share(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.min(1, Math.max(0, part / whole));
}

export function hitRate({ hits, misses }: Pick<CacheEvidence, 'hits' | 'misses'>): number {
  return share(hits, hits + misses);
}

/** Evictions that took something away: neither what had ended nor what was never let in. */
export function displaced(cache: CacheEvidence): number {
  const { evictions, evictedNotAdmitted, evictedEnded } = cache;
  return Math.max(0, evictions - evictedNotAdmitted - evictedEnded);
}

/** What passes through once, as a crawler's answers do, says nothing of the room there is. */
export function evictionRate(cache: CacheEvidence): number {
  return share(displaced(cache), cache.stored);
}

/** Full memory is what memory is for; it costs points only when what leaves it was young. */
function memoryPart({ bytes, bytesMax, evictedEarly, stored }: CacheEvidence): number {
  return bytes <= 0.8 * bytesMax ? 20 : 20 * (1 - share(evictedEarly, stored));
}

/** Undefined when too little was asked. */
export function cacheEfficiency(cache: CacheEvidence): number | undefined {
  if (cache.hits + cache.misses < REQUESTS_MIN) return undefined;
  return 60 * hitRate(cache) + 20 * (1 - evictionRate(cache)) + memoryPart(cache);
}

export function utilization({ inUseMean, max }: PoolEvidence): number {
  return share(inUseMean, max);
}

export function meanWaitMs({ waitedMs, commands }: Pick<PoolEvidence, 'waitedMs' | 'commands'>) {
  return commands === 0 ? 0 : waitedMs / commands;
}

export function errorRate({ errors, commands }: PoolEvidence): number {
  return share(errors, commands);
}

/** Undefined when it was used too little. */
export function poolEfficiency(pool: PoolEvidence): number | undefined {
  if (pool.commands < COMMANDS_MIN) return undefined;
  const used = Math.min(100 * utilization(pool), 80) / 80;
  const waiting = Math.max(0, 30 - meanWaitMs(pool) / 10);
  return 40 * used + waiting + 30 * (1 - errorRate(pool));
}

export type Band = 'excellent' | 'good' | 'fair' | 'poor';

export function bandOf(score: number): Band {
  if (score >= 80) return 'excellent';
  if (score >= 60) return 'good';
  return score >= 40 ? 'fair' : 'poor';
}
