/** Sums over all routes: every total is a sum of parts, so no total can drift from them. */
import type { RouteReading } from './reading.js';

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
  readonly computeBehindMs: number;
  readonly unusedMs: number;
}

/**
 * What the cache spared in all: without it every hit and everybody who joined would have had to be
 * computed for, and nothing would have been computed that nobody waited for.
 */
export function computeNetMs(
  one: Pick<RouteReading, 'computeSavedMs' | 'computeBehindMs'>,
): number {
  return one.computeSavedMs - one.computeBehindMs;
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}

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
    computeBehindMs: over((route) => route.computeBehindMs),
    unusedMs: over((route) => sumOf(route.unusedMs)),
  };
}
