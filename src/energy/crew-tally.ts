/** The plain counters of a crew and the stats that are read from them. */

export interface CrewStats {
  readonly max: number;
  readonly in_use: number;
  readonly available: number;
  readonly waiting: number;
  readonly waiting_max: number;
  readonly completed: number;
  readonly failed: number;
  readonly refused: number;
  readonly cancelled: number;
  readonly timeouts: number;
  readonly retried: number;
  readonly restarts: number;
  readonly memory_ends: number;
  readonly mismatched: number;
  readonly late: number;
  readonly given_up: number;
  readonly mean_job_ms: number;
  readonly mean_wait_ms: number;
  /** Attempts begun, those of them that had to wait first, and all their waits. */
  readonly started: number;
  readonly waited: number;
  readonly waited_ms: number;
  /** Most threads at work at the same time. */
  readonly peak: number;
}

/** How much the newest job counts in the mean times. */
const NEWEST_SHARE = 0.2;

export class CrewTally {
  completed = 0;
  failed = 0;
  refused = 0;
  cancelled = 0;
  timeouts = 0;
  retried = 0;
  restarts = 0;
  memoryEnds = 0;
  mismatched = 0;
  late = 0;
  #started = 0;
  #waited = 0;
  #waitedMs = 0;
  #peak = 0;
  #meanJobMs = 0;
  #meanWaitMs = 0;

  get meanJobMs(): number {
    return this.#meanJobMs;
  }

  /** A job begins beside so many others, after it waited for so long. */
  begins(beside: number, ms: number): void {
    this.#started += 1;
    this.#peak = Math.max(this.#peak, beside + 1);
    if (ms > 0) this.#waited += 1;
    this.#waitedMs += ms;
    this.#meanWaitMs += NEWEST_SHARE * (ms - this.#meanWaitMs);
  }

  ran(ms: number): void {
    this.#meanJobMs += NEWEST_SHARE * (ms - this.#meanJobMs);
  }

  stats(now: {
    max: number;
    inUse: number;
    waiting: number;
    waitingMax: number;
    givenUp: number;
  }): CrewStats {
    return {
      max: now.max,
      in_use: now.inUse,
      available: now.max - now.inUse,
      waiting: now.waiting,
      waiting_max: now.waitingMax,
      completed: this.completed,
      failed: this.failed,
      refused: this.refused,
      cancelled: this.cancelled,
      timeouts: this.timeouts,
      retried: this.retried,
      restarts: this.restarts,
      memory_ends: this.memoryEnds,
      mismatched: this.mismatched,
      late: this.late,
      given_up: now.givenUp,
      mean_job_ms: this.#meanJobMs,
      mean_wait_ms: this.#meanWaitMs,
      started: this.#started,
      waited: this.#waited,
      waited_ms: this.#waitedMs,
      peak: this.#peak,
    };
  }
}
