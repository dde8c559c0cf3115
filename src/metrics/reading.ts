/** One reading of every number in the house, as the rooms keep them; all exposition starts here. */

export interface TimesReading {
  quantileMs(share: number): number;
}

export interface RouteReading {
  readonly route: string;
  readonly hits: number;
  readonly stale: number;
  readonly negative: number;
  readonly misses: number;
  readonly coalesced: number;
  readonly errors: number;
  readonly stored: number;
  readonly refused: ReadonlyMap<string, number>;
  readonly bypassed: ReadonlyMap<string, number>;
  readonly latencySavedMs: number;
  readonly computeSavedMs: number;
  readonly computeSpentMs: number;
  readonly hitMs: TimesReading;
  readonly missMs: TimesReading;
}

export interface MemoryReading {
  readonly entries: number;
  readonly bytes: number;
  readonly entriesMax: number;
  readonly bytesMax: number;
  readonly evictions: number;
  readonly oldestMs: number;
}

export interface PoolReading {
  readonly max: number;
  readonly inUse: number;
  readonly waiting: number;
  readonly errors: number;
  readonly served: number;
}

export interface LastMinute {
  readonly hits: number;
  readonly misses: number;
  readonly errors: number;
}

/** Numbers of one kind by a name from a closed set: what is full, what was refused. */
export type Gauges = Readonly<Record<string, number>>;

export interface Reading {
  readonly version: string;
  readonly status: 'healthy' | 'degraded';
  readonly wallMs: number;
  readonly uptimeMs: number;
  readonly workers: number;
  readonly runtimeEndOfLife: boolean;
  readonly routes: readonly RouteReading[];
  readonly cacheErrors: number;
  readonly memory: MemoryReading;
  readonly lastMinute: LastMinute;
  readonly pools: Readonly<Record<string, PoolReading>>;
  /** What waits and what is held at this moment, each with its ceiling beside it (`…Max`). */
  readonly held: Gauges;
  /** What was refused at the door, by the code of the refusal. */
  readonly doorRefused: Gauges;
}

export interface Sums {
  readonly hits: number;
  readonly misses: number;
  readonly errors: number;
  readonly stale: number;
  readonly coalesced: number;
  readonly stored: number;
  readonly refused: number;
  readonly bypassed: number;
  readonly latencySavedMs: number;
  readonly computeSavedMs: number;
  readonly computeSpentMs: number;
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}

/** Over all routes. Every total is a sum of parts, so no total can drift from them. */
export function sumsOf(routes: readonly RouteReading[]): Sums {
  const over = (part: (route: RouteReading) => number): number =>
    routes.reduce((sum, route) => sum + part(route), 0);
  return {
    hits: over((route) => route.hits),
    misses: over((route) => route.misses),
    errors: over((route) => route.errors),
    stale: over((route) => route.stale),
    coalesced: over((route) => route.coalesced),
    stored: over((route) => route.stored),
    refused: over((route) => sumOf(route.refused)),
    bypassed: over((route) => sumOf(route.bypassed)),
    latencySavedMs: over((route) => route.latencySavedMs),
    computeSavedMs: over((route) => route.computeSavedMs),
    computeSpentMs: over((route) => route.computeSpentMs),
  };
}
