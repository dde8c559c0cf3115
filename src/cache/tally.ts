/** What the cache path counts, per route, by plain fields that meters read when they are asked. */
import type {
  BypassReason,
  MissReason,
  Outcome,
  RefreshTrigger,
  RefusalReason,
  Tier,
} from '../message.js';

/** Somewhere to put measured times; the metrics room has one, the roof hands it in. */
export interface Distribution {
  record(valueMs: number): void;
}

export interface RouteTally<D extends Distribution = Distribution> {
  readonly route: string;
  hits: number;
  /** Those of the hits that were past their lifetime. */
  stale: number;
  /** Those of the hits that were stored errors. */
  negative: number;
  misses: number;
  /** The misses by what the cache lacked; `failed` got no answer at all. Their sum is `misses`. */
  readonly missed: Map<MissReason | 'failed', number>;
  /** Those of the misses that joined a computation under way. */
  coalesced: number;
  /** Callers who were told where the answer will be; it counts as a miss when it is there. */
  later: number;
  /** 5xx answers that callers saw. */
  errors: number;
  stored: number;
  readonly refused: Map<RefusalReason, number>;
  readonly bypassed: Map<BypassReason, number>;
  latencySavedMs: number;
  /** Computing time that hits and joined callers did not have to spend again. */
  computeSavedMs: number;
  computeSpentMs: number;
  /** Of which for nobody's request: refreshes behind an old answer that had gone out. */
  computeBehindMs: number;
  /** Computations for nobody's request, by what started them, and those of them that failed. */
  readonly refreshed: Map<RefreshTrigger, number>;
  /** The time that these took, by the same; its sum is `computeBehindMs`. */
  readonly refreshMs: Map<RefreshTrigger, number>;
  /** The part of it that was for nothing: what it brought never went out. */
  readonly unusedMs: Map<RefreshTrigger, number>;
  refreshesFailed: number;
  /** Age of everything that went out, added up: with the hits it gives the mean. */
  hitAgeMs: number;
  /** The route's own recent time of a miss: what a hit is compared with. */
  missRecentMs: number | undefined;
  /** By the tier that held the answer; the number of hits of a tier is their count. */
  readonly hitMs: Readonly<Record<Tier, D>>;
  readonly missMs: D;
}

export interface Tallies<D extends Distribution = Distribution> {
  of(route: string): RouteTally<D>;
  all(): readonly RouteTally<D>[];
}

/** Weight of the newest miss; about the last ten decide. */
const RECENT = 0.2;

export function openTallies<D extends Distribution>(newDistribution: () => D): Tallies<D> {
  // Bounded by the settings: its keys are the patterns of routes, never paths.
  const byRoute = new Map<string, RouteTally<D>>();
  return {
    of(route) {
      let tally = byRoute.get(route);
      if (tally === undefined) {
        tally = {
          route,
          hits: 0,
          stale: 0,
          negative: 0,
          misses: 0,
          missed: new Map(),
          coalesced: 0,
          later: 0,
          errors: 0,
          stored: 0,
          refused: new Map(),
          bypassed: new Map(),
          latencySavedMs: 0,
          computeSavedMs: 0,
          computeSpentMs: 0,
          computeBehindMs: 0,
          refreshed: new Map(),
          refreshMs: new Map(),
          unusedMs: new Map(),
          refreshesFailed: 0,
          hitAgeMs: 0,
          missRecentMs: undefined,
          hitMs: { l1: newDistribution(), l2: newDistribution() },
          missMs: newDistribution(),
        };
        byRoute.set(route, tally);
      }
      return tally;
    },
    all: () => [...byRoute.values()],
  };
}

export function countHit(
  tally: RouteTally,
  { tier, life: { ageMs, costMs } }: Outcome & { readonly kind: 'hit' | 'stale' },
  tookMs: number,
): void {
  tally.hits += 1;
  tally.hitMs[tier].record(tookMs);
  tally.hitAgeMs += ageMs;
  tally.computeSavedMs += costMs;
  tally.latencySavedMs += Math.max(0, (tally.missRecentMs ?? costMs) - tookMs);
}

function countMiss(tally: RouteTally, why: MissReason | 'failed', tookMs: number): void {
  tally.misses += 1;
  countOne(tally.missed, why);
  tally.missMs.record(tookMs);
  // How soon a failure is told says nothing of how long an answer takes.
  if (why === 'failed') return;
  const before = tally.missRecentMs;
  tally.missRecentMs = before === undefined ? tookMs : before + RECENT * (tookMs - before);
}

export function countOne<K>(counts: Map<K, number>, name: K): void {
  addTo(counts, name, 1);
}

export function addTo<K>(sums: Map<K, number>, name: K, value: number): void {
  sums.set(name, (sums.get(name) ?? 0) + value);
}

/** Each outcome is counted once: total requests are hits and misses, bypasses stand apart. */
export function countOutcome(
  tallies: Tallies,
  outcome: Exclude<Outcome, { readonly kind: 'no-route' }>,
  tookMs: number,
): void {
  const tally = tallies.of(outcome.route);
  const status = outcome.kind === 'failed' ? outcome.failure.status : outcome.reply.status;
  if (status >= 500) tally.errors += 1;
  switch (outcome.kind) {
    case 'hit':
      countHit(tally, outcome, tookMs);
      if (outcome.negative) tally.negative += 1;
      return;
    case 'stale':
      countHit(tally, outcome, tookMs);
      tally.stale += 1;
      return;
    case 'miss':
      countMiss(tally, outcome.why, tookMs);
      tally.computeSavedMs += outcome.sparedMs;
      if (outcome.joined) tally.coalesced += 1;
      return;
    case 'bypass':
      countOne(tally.bypassed, outcome.reason);
      return;
    case 'failed':
      if (outcome.bypass === undefined) countMiss(tally, 'failed', tookMs);
      else countOne(tally.bypassed, outcome.bypass);
  }
}
