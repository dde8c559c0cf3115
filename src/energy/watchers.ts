/** Those who watch calibrations: each gets the newest word of each as a server-sent event. */
import { Readable } from 'node:stream';
import type { Clock, Timer } from '../clock.js';
import type { CalibrationProgress, ProgressBoard } from './progress.js';

export interface WatcherOptions {
  /** How many may watch at once. */
  readonly watchersMax: number;
  /** A sign of life while nothing happens, so that nobody on the way takes the line for dead. */
  readonly heartbeatMs: number;
  /** Then the answer ends; who still wants to know asks again, as browsers do by themselves. */
  readonly watchMs: number;
}

export interface WatcherStats {
  readonly open: number;
  readonly max: number;
  readonly refused: number;
}

/** How long a browser waits before it asks again, in the words of the format. */
const HELLO = 'retry: 2000\n\n';
const HEARTBEAT = ': still here\n\n';
/** Calibrations with news that a slow reader has not taken yet. */
const NEWS_MAX = 64;

/** One event of the format that HTML calls server-sent events. */
function eventOf({ id, version, startedAtMs, ...rest }: CalibrationProgress): string {
  const { applied, done, total, state } = rest;
  const data = {
    ...{ id, state, done, total, applied },
    state_version: version,
    started_at: startedAtMs / 1000,
  };
  return `event: progress\ndata: ${JSON.stringify(data)}\n\n`;
}

class Watcher {
  readonly stream: Readable;
  /** Only the newest word of each calibration counts, so a slow reader costs a bounded list. */
  readonly #news = new Map<string, CalibrationProgress>();
  #wanted = false;

  constructor(whenGone: () => void) {
    this.stream = new Readable({
      read: () => {
        this.#wanted = true;
        this.#write();
      },
      destroy(thrown, done) {
        whenGone();
        done(thrown);
      },
    });
    this.stream.push(HELLO);
  }

  tell(progress: CalibrationProgress): void {
    const { id } = progress;
    this.#news.delete(id);
    this.#news.set(id, progress);
    const [oldest] = this.#news.keys();
    if (this.#news.size > NEWS_MAX && oldest !== undefined) this.#news.delete(oldest);
    this.#write();
  }

  beat(): void {
    if (this.#wanted) this.#wanted = this.stream.push(HEARTBEAT);
  }

  #write(): void {
    for (const [id, progress] of this.#news) {
      if (!this.#wanted) return;
      this.#news.delete(id);
      this.#wanted = this.stream.push(eventOf(progress));
    }
  }

  end(): void {
    this.#wanted = false;
    this.stream.push(null);
  }
}

export class Watchers {
  readonly #options: WatcherOptions;
  readonly #clock: Clock;
  readonly #board: ProgressBoard;
  readonly #open = new Map<Watcher, () => void>();
  #refused = 0;
  #ended = false;

  constructor(options: WatcherOptions, board: ProgressBoard, clock: Clock) {
    this.#options = options;
    this.#board = board;
    this.#clock = clock;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Undefined when as many watch as may. */
  watch(): Readable | undefined {
    if (this.#open.size >= this.#options.watchersMax || this.#ended) {
      this.#refused += 1;
      return undefined;
    }
    const { heartbeatMs, watchMs } = this.#options;
    const watcher = new Watcher(() => {
      stop();
      this.#open.delete(watcher);
    });
    const timers: Timer[] = [
      this.#clock.every(heartbeatMs, () => {
        watcher.beat();
      }),
      this.#clock.after(watchMs, () => {
        end();
      }),
    ];
    const ignore = this.#board.onProgress((progress) => {
      watcher.tell(progress);
    });
    const stop = (): void => {
      ignore();
      for (const timer of timers) timer.cancel();
    };
    const end = (): void => {
      stop();
      watcher.end();
    };
    this.#open.set(watcher, end);
    for (const progress of this.#board.list()) watcher.tell(progress);
    return watcher.stream;
  }

  /** Says goodbye to all: a shutdown must not wait for those who only watch. */
  end(): void {
    this.#ended = true;
    for (const end of this.#open.values()) end();
  }

  stats(): WatcherStats {
    return { open: this.#open.size, max: this.#options.watchersMax, refused: this.#refused };
  }
}
