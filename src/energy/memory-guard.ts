/** Watches what memory the process gains while jobs run: Buffers escape a worker's own limits. */
import type { Clock, Timer } from '../clock.js';

export interface Watched {
  /** The most this job has been blamed for, in bytes. */
  gainedBytes: number;
}

export interface MemoryGuardOptions {
  /** What the process may gain while jobs run before one of them is ended. */
  readonly gainBytesMax: number;
  readonly lookMs: number;
  readonly readBytes: () => number;
}

/**
 * Memory is measured for the process, not for a thread, so a gain is blamed on all jobs that ran
 * while it came about, in equal parts. The owner of a wrong guess is tried again alone, where
 * there is nobody else to blame, so that no job is lost for the appetite of another.
 */
export class MemoryGuard<T extends Watched> {
  readonly #options: MemoryGuardOptions;
  readonly #running: ReadonlySet<T>;
  readonly #end: (job: T) => void;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #floorBytes = 0;
  #lastBytes = 0;

  constructor(
    options: MemoryGuardOptions,
    running: ReadonlySet<T>,
    end: (job: T) => void,
    clock: Clock,
  ) {
    this.#options = options;
    this.#running = running;
    this.#end = end;
    this.#clock = clock;
  }

  /** To be called when a job starts. */
  started(): void {
    if (this.#timer !== undefined) return;
    this.#floorBytes = this.#options.readBytes();
    this.#lastBytes = this.#floorBytes;
    this.#timer = this.#clock.every(this.#options.lookMs, () => {
      this.#look();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #look(): void {
    if (this.#running.size === 0) {
      this.stop();
      return;
    }
    const bytes = this.#options.readBytes();
    const gained = bytes - this.#lastBytes;
    this.#lastBytes = bytes;
    this.#floorBytes = Math.min(this.#floorBytes, bytes);
    for (const job of this.#running) job.gainedBytes += gained / this.#running.size;
    if (bytes - this.#floorBytes <= this.#options.gainBytesMax) return;
    let suspect: T | undefined;
    for (const job of this.#running) {
      if (suspect === undefined || job.gainedBytes > suspect.gainedBytes) suspect = job;
    }
    // What the ended worker held comes back in a moment; until then the others get a new start.
    this.#floorBytes = bytes;
    if (suspect !== undefined) this.#end(suspect);
  }
}
