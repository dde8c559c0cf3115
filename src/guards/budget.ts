/** A budget: so many at once, so many waiting in turn, and an honest "try again" for the rest. */
import type { Clock, Timer } from '../clock.js';
import { Failure } from '../errors.js';

export interface BudgetOptions {
  /** Holders at the same time. */
  readonly concurrent: number;
  /** Callers that may wait for a place. */
  readonly queued: number;
  /** The longest wait for a place. */
  readonly waitMs: number;
}

export interface BudgetStats {
  readonly running: number;
  readonly max: number;
  readonly waiting: number;
  readonly queueMax: number;
  /** Places given since the start. */
  readonly entered: number;
  /** Refused because the queue was full. */
  readonly refused: number;
  /** Refused because no place became free in time. */
  readonly timedOut: number;
  /** Left the queue by themselves. */
  readonly left: number;
  /** Those of the entered who had to wait, and all their waits in milliseconds. */
  readonly waited: number;
  readonly waitedMs: number;
  /** Most holders at the same time since the start. */
  readonly peak: number;
  /** How long a place is held, averaged over recent ones. */
  readonly heldMeanMs: number;
}

export type Release = () => void;

export interface Budget {
  /** Gives a place, or rejects with `busy` or, when the signal fires, `abandoned`. */
  enter(signal?: AbortSignal): Promise<Release>;
  /** A place if one is free this moment, without waiting. */
  tryEnter(): Release | undefined;
  stats(): BudgetStats;
  /** Resolves as soon as nobody holds a place or waits for one. */
  whenIdle(): Promise<void>;
}

interface Waiter {
  readonly sinceMs: number;
  readonly give: (release: Release) => void;
  readonly refuse: (failure: Failure) => void;
}

/** How much the newest held time weighs in the mean. */
const NEWEST_SHARE = 0.2;
const RETRY_AFTER_MAX_S = 120;

export function openBudget(options: BudgetOptions, clock: Clock): Budget {
  // A Set keeps the order of arrival and lets anyone leave from the middle at once.
  const waiters = new Set<Waiter>();
  const idleListeners: (() => void)[] = [];
  let running = 0;
  let entered = 0;
  let refused = 0;
  let timedOut = 0;
  let left = 0;
  let waited = 0;
  let waitedMs = 0;
  let peak = 0;
  let heldMeanMs = 0;

  /** When the callers now in line have been served, judged by how long places are held. */
  const busy = (): Failure => {
    const rounds = Math.ceil((waiters.size + 1) / options.concurrent);
    const seconds = Math.ceil((rounds * heldMeanMs) / 1000);
    return new Failure('busy', { retryAfterS: Math.min(Math.max(seconds, 1), RETRY_AFTER_MAX_S) });
  };

  const settle = (): void => {
    if (running > 0 || waiters.size > 0) return;
    for (const listener of idleListeners.splice(0)) listener();
  };

  const take = (): Release => {
    running += 1;
    entered += 1;
    if (running > peak) peak = running;
    const sinceMs = clock.nowMs();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const heldMs = clock.nowMs() - sinceMs;
      heldMeanMs = heldMeanMs === 0 ? heldMs : heldMeanMs + NEWEST_SHARE * (heldMs - heldMeanMs);
      running -= 1;
      const [next] = waiters;
      if (next === undefined) {
        settle();
        return;
      }
      waited += 1;
      waitedMs += clock.nowMs() - next.sinceMs;
      next.give(take());
    };
  };

  const wait = (signal: AbortSignal | undefined): Promise<Release> =>
    new Promise((resolve, reject) => {
      const listener = (): void => {
        left += 1;
        waiter.refuse(new Failure('abandoned'));
      };
      const timer: Timer = clock.after(options.waitMs, () => {
        timedOut += 1;
        waiter.refuse(busy());
      });
      const leaveQueue = (): void => {
        waiters.delete(waiter);
        timer.cancel();
        signal?.removeEventListener('abort', listener);
      };
      const waiter: Waiter = {
        sinceMs: clock.nowMs(),
        give(release) {
          leaveQueue();
          resolve(release);
        },
        refuse(failure) {
          leaveQueue();
          reject(failure);
          settle();
        },
      };
      waiters.add(waiter);
      signal?.addEventListener('abort', listener, { once: true });
    });

  const tryEnter = (): Release | undefined =>
    running < options.concurrent && waiters.size === 0 ? take() : undefined;

  return {
    tryEnter,
    enter(signal) {
      if (signal?.aborted === true) return Promise.reject(new Failure('abandoned'));
      const release = tryEnter();
      if (release !== undefined) return Promise.resolve(release);
      if (waiters.size < options.queued) return wait(signal);
      refused += 1;
      return Promise.reject(busy());
    },
    stats: () => ({
      running,
      max: options.concurrent,
      waiting: waiters.size,
      queueMax: options.queued,
      entered,
      refused,
      timedOut,
      left,
      waited,
      waitedMs,
      peak,
      heldMeanMs,
    }),
    whenIdle() {
      if (running === 0 && waiters.size === 0) return Promise.resolve();
      return new Promise((resolve) => idleListeners.push(resolve));
    },
  };
}
