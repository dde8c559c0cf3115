/** Deadlines: a limit on silence that every sign of life restarts, and one on a whole promise. */
import type { Clock, Timer } from '../clock.js';
import { Failure } from '../errors.js';

/** Ends a wait that became too long. `touch` costs one reading of the clock and sets no timer. */
export class SilenceLimit {
  private timer: Timer | undefined;
  private limitMs = 0;
  private lastMs = 0;
  private whenLate: (() => void) | undefined;

  constructor(private readonly clock: Clock) {}

  start(limitMs: number, whenLate: () => void): void {
    this.stop();
    this.limitMs = limitMs;
    this.whenLate = whenLate;
    this.lastMs = this.clock.nowMs();
    this.wait(limitMs);
  }

  touch(): void {
    this.lastMs = this.clock.nowMs();
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.whenLate = undefined;
  }

  private wait(delayMs: number): void {
    this.timer = this.clock.after(delayMs, () => {
      const leftMs = this.lastMs + this.limitMs - this.clock.nowMs();
      if (leftMs > 0) {
        this.wait(leftMs);
        return;
      }
      const late = this.whenLate;
      this.stop();
      late?.();
    });
  }
}

export interface DeadlineOptions {
  readonly clock: Clock;
  readonly limitMs: number;
  /** The caller's own signal; when it fires nobody waits any longer. */
  readonly signal: AbortSignal | undefined;
  readonly late: () => Failure;
}

/**
 * Runs `work` until it ends, the limit passes or the caller leaves, whichever comes first. The
 * signal handed to `work` fires in the last two cases; what it answers afterwards is dropped.
 */
export function withDeadline<T>(
  options: DeadlineOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clock, limitMs, signal: caller, late } = options;
  if (caller?.aborted === true) return Promise.reject(new Failure('abandoned'));
  const stop = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const give = (failure: Failure): void => {
      reject(failure);
      stop.abort(failure);
    };
    const leave = (): void => {
      give(new Failure('abandoned'));
    };
    const timer = clock.after(limitMs, () => {
      give(late());
    });
    caller?.addEventListener('abort', leave, { once: true });
    const begin = async (): Promise<T> => work(stop.signal);
    begin()
      .then(resolve, reject)
      .finally(() => {
        timer.cancel();
        caller?.removeEventListener('abort', leave);
      });
  });
}
