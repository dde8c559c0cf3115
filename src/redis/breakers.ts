/** One breaker for each class of command: a failing write must not keep reads from being tried. */
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { openBreaker, type Breaker, type BreakerState, type Verdict } from '../guards/breaker.js';
import type { FailureKind, RedisFailure } from './failure.js';
import { operations, type Operation } from './tally.js';

export interface BreakerNumbers {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** This part of the calls within the window opens it too. */
  readonly share: number;
  readonly callsMin: number;
  readonly windowMs: number;
  /** How long it stays open before one command asks again. */
  readonly openMs: number;
}

export type Breakers = Readonly<Record<Operation, Breaker>>;

/** Answers of a server that is well: the question was at fault, or somebody else has the floor. */
const ANSWERS = new Set<FailureKind>(['wrongtype', 'noscript', 'rejected']);

/** A server that refuses every write is as good as none, so that is bad, too. */
export function verdictOf(
  { code, collateral, elsewhere }: RedisFailure,
  isMember: boolean,
): Verdict {
  // In a Cluster it is a sign of life, and tells where to go.
  if (isMember && elsewhere !== undefined && elsewhere.kind !== 'down') return 'good';
  if (collateral || code === 'full' || code === 'closed' || code === 'readonly') return 'ignored';
  return ANSWERS.has(code) ? 'good' : 'bad';
}

export interface BreakerTools {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** While there is no connection at all that has been said, and is enough. */
  readonly isUp: () => boolean;
  /** The kind of failure that was seen last. */
  readonly lastKind: () => FailureKind | undefined;
}

export function openBreakers(numbers: BreakerNumbers, tools: BreakerTools): Breakers {
  const { clock, log, random, isUp, lastKind } = tools;
  const { failures: rowMax, share, callsMin, windowMs, openMs } = numbers;
  const one = (op: Operation): Breaker => {
    const breaker = openBreaker(
      { rowMax, share, callsMin, windowMs, openMs, goodProbes: 1, slowMs: undefined, random },
      clock,
    );
    let isSaid = false;
    breaker.onChange((state) => {
      if (state === 'open' && !isSaid && isUp()) {
        isSaid = true;
        log.warn('redis_breaker_open', { op, reason: lastKind() });
      } else if (state === 'closed' && isSaid) {
        isSaid = false;
        log.info('redis_breaker_closed', { op });
      }
    });
    return breaker;
  };
  return { read: one('read'), write: one('write'), lock: one('lock'), bus: one('bus') };
}

const RANK: readonly BreakerState[] = ['closed', 'half-open', 'open'];

export function worstState(states: readonly BreakerState[]): BreakerState {
  return states.reduce(
    (worst, state) => (RANK.indexOf(state) > RANK.indexOf(worst) ? state : worst),
    'closed',
  );
}

/** The worst of all. */
export function worstOf(breakers: Breakers): BreakerState {
  return worstState(operations.map((op) => breakers[op].state()));
}
