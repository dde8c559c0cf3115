/** The crew: a bounded line of jobs, the threads that do them, and what follows a failure. */
import type { Clock, Timer } from '../clock.js';
import { attempt, type AttemptOutcome } from './attempt.js';
import { describeThrown, Failure } from '../errors.js';
import type { Log } from '../log.js';
import { newEntry, type CrewOptions, type Entry, type Job } from './crew-job.js';
import { CrewTally, type CrewStats } from './crew-tally.js';
import { MemoryGuard } from './memory-guard.js';
import { StrikeList } from './strikes.js';
import { openThreads, type Threads } from './threads.js';
import { WaitingLine } from './waiting-line.js';

const GIVEN_UP_JOBS_MAX = 1000;
const BACKOFF_FIRST_MS = 50;
const BACKOFF_MAX_MS = 2000;
export class Crew {
  readonly #options: CrewOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #line: WaitingLine<Entry>;
  readonly #running = new Set<Entry>();
  readonly #strikes: StrikeList;
  readonly #guard: MemoryGuard<Entry>;
  #threads: Threads | undefined;
  #closed = false;
  #backoff: Timer | undefined;
  #crashesInARow = 0;
  #nextId = 1;
  readonly #tally = new CrewTally();

  constructor(options: CrewOptions, deps: { clock: Clock; log: Log }) {
    this.#options = options;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#line = new WaitingLine(options.waitingMax);
    this.#strikes = new StrikeList(
      { triesMax: options.triesMax, givenUpMs: options.givenUpMs, jobsMax: GIVEN_UP_JOBS_MAX },
      deps.clock,
    );
    const endForMemory = (entry: Entry): void => entry.end?.('memory');
    this.#guard = new MemoryGuard(options.memory, this.#running, endForMemory, deps.clock);
  }

  stats(): CrewStats {
    return this.#tally.stats({
      max: this.#options.threads,
      inUse: this.#running.size,
      waiting: this.#line.size,
      waitingMax: this.#options.waitingMax,
      givenUp: this.#strikes.size,
    });
  }

  /** Resolves with what the worker answered to this very job, or rejects with a `Failure`. */
  run(job: Job): Promise<object> {
    const refusal = this.#refusal(job);
    if (refusal !== undefined) {
      this.#tally.refused += 1;
      return Promise.reject(refusal);
    }
    let leave = (): void => undefined;
    const settled = new Promise<object>((resolve, reject) => {
      const entry = newEntry(job, `job-${this.#nextId}`, this.#clock.nowMs(), resolve, reject);
      this.#nextId += 1;
      leave = () => {
        this.#cancel(entry);
      };
      job.signal?.addEventListener('abort', leave, { once: true });
      this.#wait(entry);
      this.#startNext();
    });
    // The signal may outlive the job by far, and must not hold it.
    return settled.finally(() => job.signal?.removeEventListener('abort', leave));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#backoff?.cancel();
    this.#guard.stop();
    for (const entry of this.#line.clear()) {
      entry.waitTimer?.cancel();
      entry.reject(new Failure('draining'));
    }
    await this.#threads?.close();
  }

  #refusal(job: Job): Failure | undefined {
    if (this.#closed) return new Failure('draining');
    if (job.signal?.aborted === true) return new Failure('abandoned');
    return this.#strikes.refusal(job.key) ?? (this.#line.full ? this.#busy() : undefined);
  }

  #busy(): Failure {
    const ahead = (this.#line.size + this.#running.size) / this.#options.threads;
    const seconds = Math.ceil((ahead * this.#tally.meanJobMs) / 1000);
    return new Failure('busy', { retryAfterS: Math.min(60, Math.max(1, seconds)) });
  }

  #wait(entry: Entry): void {
    if (entry.attempt === 0) this.#line.push(entry);
    else this.#line.pushFront(entry);
    entry.waitTimer = this.#clock.after(this.#options.waitMs, () => {
      if (!this.#line.remove(entry)) return;
      this.#tally.refused += 1;
      entry.reject(this.#busy());
    });
  }

  #cancel(entry: Entry): void {
    if (this.#line.remove(entry)) {
      entry.waitTimer?.cancel();
      this.#tally.cancelled += 1;
      entry.reject(new Failure('abandoned'));
      return;
    }
    entry.end?.('cancelled');
  }

  /** One thread is kept free of calibrations, so that quick answers never wait for slow ones. */
  #mayStart(entry: Entry): boolean {
    if (this.#running.size >= this.#options.threads) return false;
    if (entry.alone) return this.#running.size === 0;
    let long = 0;
    for (const one of this.#running) {
      if (one.alone) return false;
      if (one.priority === 2) long += 1;
    }
    return entry.priority !== 2 || long < Math.max(1, this.#options.threads - 1);
  }

  #startNext(): void {
    if (this.#closed || this.#backoff !== undefined) return;
    for (;;) {
      const entry = this.#line.take((one) => this.#mayStart(one));
      if (entry === undefined) return;
      void this.#attempt(entry);
    }
  }

  async #attempt(entry: Entry): Promise<void> {
    entry.waitTimer?.cancel();
    entry.attempt += 1;
    entry.gainedBytes = 0;
    const startedMs = this.#clock.nowMs();
    this.#tally.begins(this.#running.size, startedMs - entry.askedMs);
    this.#running.add(entry);
    this.#guard.started();
    this.#threads ??= this.#open();
    const outcome = await attempt(entry, this.#threads, this.#options.jobMs, this.#clock);
    this.#running.delete(entry);
    this.#tally.ran(this.#clock.nowMs() - startedMs);
    if (this.#closed && outcome.kind !== 'answered') entry.reject(new Failure('draining'));
    else this.#settle(entry, outcome);
    this.#startNext();
  }

  #settle(entry: Entry, outcome: AttemptOutcome): void {
    switch (outcome.kind) {
      case 'answered':
        this.#crashesInARow = 0;
        this.#tally.completed += 1;
        this.#strikes.forgive(entry.key);
        entry.resolve(outcome.result);
        return;
      case 'cancelled':
        this.#tally.cancelled += 1;
        entry.reject(new Failure('abandoned'));
        return;
      case 'deadline':
        this.#tally.timeouts += 1;
        this.#strikes.strike(entry.key);
        this.#log.warn('energy_job_overdue', { job: entry.id });
        entry.reject(new Failure('head_timeout', { detail: 'The computation took too long.' }));
        return;
      case 'memory':
        this.#tally.memoryEnds += 1;
        this.#log.warn('energy_job_too_large', { job: entry.id, alone: entry.alone });
        this.#afterMemory(entry);
        return;
      case 'mismatched':
        this.#tally.mismatched += 1;
        this.#log.error('energy_worker_mistaken', { job: entry.id });
        this.#afterCrash(entry);
        return;
      case 'crashed':
        this.#log.warn('energy_job_failed', {
          job: entry.id,
          ...describeThrown(outcome.thrown),
        });
        this.#afterCrash(entry);
        return;
    }
  }

  /** A first suspicion may be wrong: the job is tried again with nobody beside it. */
  #afterMemory(entry: Entry): void {
    if (!entry.alone && this.#options.threads > 1) {
      entry.alone = true;
      this.#tally.retried += 1;
      this.#wait(entry);
      return;
    }
    this.#strikes.giveUp(entry.key);
    this.#fail(entry, 'The computation needed more memory than it may have.');
  }

  #afterCrash(entry: Entry): void {
    this.#crashesInARow += 1;
    this.#holdBack();
    if (this.#strikes.strike(entry.key)) {
      this.#tally.retried += 1;
      this.#wait(entry);
      return;
    }
    this.#fail(entry, 'The computation failed.');
  }

  #fail(entry: Entry, detail: string): void {
    this.#tally.failed += 1;
    entry.reject(new Failure('internal', { detail }));
  }

  /** One crash costs nothing but its job; several in a row make everyone wait a little. */
  #holdBack(): void {
    if (this.#crashesInARow < 3 || this.#backoff !== undefined) return;
    const delayMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** (this.#crashesInARow - 3));
    this.#backoff = this.#clock.after(delayMs, () => {
      this.#backoff = undefined;
      this.#startNext();
    });
  }

  #open(): Threads {
    return openThreads(this.#options, {
      onProgress: (progress) => {
        for (const entry of this.#running) {
          if (progress.jobId === `${entry.id}.${entry.attempt}`) {
            entry.onProgress?.(progress.done, progress.total);
          }
        }
      },
      onEnd: () => {
        if (!this.#closed) this.#tally.restarts += 1;
      },
      onLate: () => {
        this.#tally.late += 1;
      },
    });
  }
}
