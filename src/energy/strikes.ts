/** Remembers which jobs brought a worker down, and gives up on them for a while. */
import type { Clock } from '../clock.js';
import { Failure } from '../errors.js';

interface Strikes {
  count: number;
  untilMs: number;
}

export interface StrikeOptions {
  /** Failures after which a job is given up. */
  readonly triesMax: number;
  readonly givenUpMs: number;
  readonly jobsMax: number;
}

export class StrikeList {
  readonly #strikes = new Map<string, Strikes>();
  readonly #options: StrikeOptions;
  readonly #clock: Clock;

  constructor(options: StrikeOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  get size(): number {
    return this.#strikes.size;
  }

  /** What a job that was given up is answered with until its time is over. */
  refusal(key: string): Failure | undefined {
    const known = this.#strikes.get(key);
    if (known === undefined) return undefined;
    const leftMs = known.untilMs - this.#clock.nowMs();
    if (leftMs <= 0) this.#strikes.delete(key);
    if (leftMs <= 0 || known.count < this.#options.triesMax) return undefined;
    return new Failure('internal', {
      retryAfterS: Math.ceil(leftMs / 1000),
      detail: 'This computation failed again and again and is not tried for a while.',
    });
  }

  /** Counts a failure; true when the job may be tried once more. */
  strike(key: string): boolean {
    const count = (this.#strikes.get(key)?.count ?? 0) + 1;
    this.#strikes.delete(key);
    this.#strikes.set(key, { count, untilMs: this.#clock.nowMs() + this.#options.givenUpMs });
    if (this.#strikes.size > this.#options.jobsMax) {
      const oldest = this.#strikes.keys().next().value;
      if (oldest !== undefined) this.#strikes.delete(oldest);
    }
    return count < this.#options.triesMax;
  }

  /** For a failure that is certain to come again. */
  giveUp(key: string): void {
    while (this.strike(key)) continue;
  }

  forgive(key: string): void {
    this.#strikes.delete(key);
  }
}
