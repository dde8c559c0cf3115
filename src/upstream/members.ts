/** The origins of one upstream: which one is asked, which are left out, and their numbers. */
import type { FailureCode } from '../errors.js';
import { Failure } from '../errors.js';
import type { Breaker, BreakerState } from '../guards/breaker.js';
import type { Origin, OriginStats } from './http.js';

export interface Member {
  readonly origin: Origin;
  /** The one judgement of its health: an origin whose breaker is open is left out. */
  readonly breaker: Breaker;
  /** What the origin was opened with; it is kept while this stays the same. */
  readonly openedWith: string;
}

export interface Upstream {
  readonly members: readonly Member[];
  readonly ownerEcho: boolean;
  /** Where the next tie is broken. */
  turn: number;
  /** Questions that no origin was well enough for. */
  refused: number;
}

export interface MemberStats extends OriginStats {
  readonly breaker: BreakerState;
  readonly sick: boolean;
}

export interface UpstreamStats {
  readonly inUse: number;
  readonly max: number;
  readonly waiting: number;
  readonly waited: number;
  readonly waitedMs: number;
  readonly open: number;
  readonly opened: number;
  readonly retries: number;
  readonly retriesRefused: number;
  readonly abandoned: number;
  /** Origins that are left out now. */
  readonly sick: number;
  /** Questions refused because all were, and times that one fell sick. */
  readonly refused: number;
  readonly fell: number;
  readonly errors: Readonly<Partial<Record<FailureCode, number>>>;
  readonly origins: readonly MemberStats[];
}

/** An origin whose rest is over comes first; then the least busy, ties in turn. */
export function choose(upstream: Upstream, not: Member | undefined): Member | undefined {
  const { members } = upstream;
  let best: Member | undefined;
  let bestLoad = Infinity;
  upstream.turn = (upstream.turn + 1) % Math.max(members.length, 1);
  for (let step = 0; step < members.length; step += 1) {
    const member = members[(upstream.turn + step) % members.length];
    if (member === undefined || member === not || !member.breaker.admits()) continue;
    if (member.breaker.state() !== 'closed') return member;
    const load = member.origin.load();
    if (load >= bestLoad) continue;
    best = member;
    bestLoad = load;
  }
  return best;
}

/** Why nothing may be asked now, or undefined while at least one origin may be. */
export function sicknessOf({ members }: Upstream): Failure | undefined {
  if (members.length === 0 || members.some(({ breaker }) => breaker.admits())) return undefined;
  const waitMs = Math.min(...members.map(({ breaker }) => breaker.waitMs()));
  return new Failure('upstream_sick', { retryAfterS: Math.max(1, Math.ceil(waitMs / 1000)) });
}

export function statsOf(upstream: Upstream): UpstreamStats {
  const origins = upstream.members.map(({ origin, breaker }) => {
    const state = breaker.state();
    return { ...origin.stats(), breaker: state, sick: state !== 'closed' };
  });
  const sum = (pick: (stats: OriginStats) => number): number =>
    origins.reduce((total, stats) => total + pick(stats), 0);
  const errors: Partial<Record<FailureCode, number>> = {};
  for (const stats of origins) {
    for (const [code, count] of Object.entries(stats.errors)) {
      errors[code as FailureCode] = (errors[code as FailureCode] ?? 0) + count;
    }
  }
  return {
    inUse: sum((stats) => stats.inUse),
    max: sum((stats) => stats.max),
    waiting: sum((stats) => stats.waiting),
    waited: sum((stats) => stats.waited),
    waitedMs: sum((stats) => stats.waitedMs),
    open: sum((stats) => stats.open),
    opened: sum((stats) => stats.opened),
    retries: sum((stats) => stats.retries),
    retriesRefused: sum((stats) => stats.retriesRefused),
    abandoned: sum((stats) => stats.abandoned),
    sick: origins.filter((stats) => stats.sick).length,
    refused: upstream.refused,
    fell: upstream.members.reduce((total, { breaker }) => total + breaker.stats().opened, 0),
    errors,
    origins,
  };
}
