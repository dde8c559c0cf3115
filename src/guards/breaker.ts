/** A circuit breaker: a helper found sick is left alone, then asked again by one call at a time. */
import type { Clock } from '../clock.js';
import { openShare } from './failure-share.js';

export interface BreakerOptions {
  /** Failures in a row that open it. */
  readonly rowMax: number;
  /** This part of the calls of a window opens it too, once there were enough of them. */
  readonly share: number;
  readonly callsMin: number;
  readonly windowMs: number;
  /** How long it stays open, give or take a fifth. */
  readonly openMs: number;
  /** Good probes in a row that close it; more than one calms what comes and goes. */
  readonly goodProbes: number;
  /** A good call that took longer counts as a poor one; undefined where slowness is no fault. */
  readonly slowMs: number | undefined;
  /** From 0 up to 1, so that many gateways do not ask again at the same moment. */
  readonly random: () => number;
}

/**
 * What a call told. `poor` is an answer, but a failing one: it counts in the share and not in the
 * row, for whoever answers is there. `ignored` proves nothing, like a caller who left.
 */
export type Verdict = 'good' | 'poor' | 'bad' | 'ignored';

export type BreakerState = 'closed' | 'open' | 'half-open';

/** Which of the two rules opened it. */
export type Cause = 'row' | 'share';

export interface Pass {
  /** True for the call that asks whether the helper is well again. */
  readonly probe: boolean;
  /** Only the first verdict counts, and none that comes after the state has changed. */
  done(verdict: Verdict): void;
}

export interface BreakerStats {
  readonly state: BreakerState;
  /** Times it opened since the start; a probe that fails does not count again. */
  readonly opened: number;
  /** Calls that got no pass. */
  readonly refused: number;
  readonly probes: number;
  /** Failures in a row now. */
  readonly row: number;
}

export type BreakerListener = (state: 'closed' | 'open', cause: Cause) => void;

export interface Breaker {
  /** A pass for one call, or undefined while the helper is left alone. */
  enter(): Pass | undefined;
  /** Whether `enter` would give a pass now. */
  admits(): boolean;
  state(): BreakerState;
  /** How long until it is worth coming back; 0 when it is now. */
  waitMs(): number;
  stats(): BreakerStats;
  /** Hears of every opening and closing once; what happens in between is silent. */
  onChange(listener: BreakerListener): void;
}

const JITTER_SHARE = 0.2;

type State =
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'open';
      readonly cause: Cause;
      /** No probe before; while one is out, until when it may be silent before it is given up. */
      untilMs: number;
      /** Good probes in a row so far. */
      good: number;
    };

export function openBreaker(options: BreakerOptions, clock: Clock): Breaker {
  const { rowMax, openMs, goodProbes, slowMs, random } = options;
  const calls = openShare(options);
  const listeners: BreakerListener[] = [];
  let state: State = { kind: 'closed' };
  // A pass speaks only to the state that gave it: what began before brings nothing new.
  let era = 0;
  let row = 0;
  let opened = 0;
  let refused = 0;
  let probes = 0;

  const rest = (): number => openMs * (1 + JITTER_SHARE * (2 * random() - 1));
  const tell = (now: 'closed' | 'open', cause: Cause): void => {
    for (const listener of listeners) listener(now, cause);
  };

  const open = (cause: Cause): void => {
    era += 1;
    opened += 1;
    state = { kind: 'open', cause, untilMs: clock.nowMs() + rest(), good: 0 };
    tell('open', cause);
  };

  const close = (cause: Cause): void => {
    era += 1;
    row = 0;
    calls.clear();
    state = { kind: 'closed' };
    tell('closed', cause);
  };

  const learn = (verdict: Verdict): void => {
    if (verdict === 'ignored') return;
    const nowMs = clock.nowMs();
    row = verdict === 'bad' ? row + 1 : 0;
    calls.add(verdict === 'good', nowMs);
    if (row >= rowMax) open('row');
    else if (verdict !== 'good' && calls.isReached(nowMs)) open('share');
  };

  const learnFromProbe = (asked: Extract<State, { kind: 'open' }>, verdict: Verdict): void => {
    const nowMs = clock.nowMs();
    // Where nobody answered somebody does now, which is all that was missing.
    const well = verdict === 'good' || (verdict === 'poor' && asked.cause === 'row');
    if (well) {
      asked.good += 1;
      asked.untilMs = nowMs;
      if (asked.good >= goodProbes) close(asked.cause);
    } else if (verdict === 'ignored') {
      asked.untilMs = nowMs;
    } else {
      era += 1;
      state = { ...asked, untilMs: nowMs + rest(), good: 0 };
    }
  };

  const pass = (probed: Extract<State, { kind: 'open' }> | undefined): Pass => {
    const given = era;
    const sinceMs = slowMs === undefined ? 0 : clock.nowMs();
    let isDone = false;
    return {
      probe: probed !== undefined,
      done(verdict) {
        if (isDone || given !== era) return;
        isDone = true;
        const slow = slowMs !== undefined && clock.nowMs() - sinceMs > slowMs;
        const judged = verdict === 'good' && slow ? 'poor' : verdict;
        if (probed === undefined) learn(judged);
        else learnFromProbe(probed, judged);
      },
    };
  };

  const admits = (): boolean => state.kind === 'closed' || clock.nowMs() >= state.untilMs;

  /** Half-open once it has been asked, or may be asked, and has not said enough yet. */
  let probedEra = -1;
  const nameOf = (): BreakerState => {
    if (state.kind === 'closed') return 'closed';
    return probedEra === era || admits() ? 'half-open' : 'open';
  };

  return {
    enter() {
      if (!admits()) {
        refused += 1;
        return undefined;
      }
      if (state.kind === 'closed') return pass(undefined);
      probes += 1;
      probedEra = era;
      state.untilMs = clock.nowMs() + openMs;
      return pass(state);
    },
    admits,
    state: nameOf,
    waitMs: () => (state.kind === 'closed' ? 0 : Math.max(0, state.untilMs - clock.nowMs())),
    stats: () => ({ state: nameOf(), opened, refused, probes, row }),
    onChange(listener) {
      listeners.push(listener);
    },
  };
}
