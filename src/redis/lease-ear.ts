/** One who waits for the end of a lease: what it has heard, and how it is woken. */
import type { Clock } from '../clock.js';

/** What the holder left for those who waited. */
export const leaseEnds = ['stored', 'not-stored', 'failed'] as const;
export type LeaseEnd = (typeof leaseEnds)[number];

export interface Ended {
  readonly how: LeaseEnd;
  /** A word about it, from a list that this room does not know. */
  readonly word: string;
}

/** What it remembers until it knows whom it waits for; more are long over. */
const HEARD_MAX = 16;

export class Ear {
  readonly #heard = new Map<string, Ended>();
  #closed = false;
  #wake: () => void = () => undefined;

  constructor(private readonly clock: Clock) {}

  /** Somebody's holding of this key has ended, perhaps not the one that is waited for. */
  heard(holding: string, ended: Ended): void {
    if (this.#heard.size >= HEARD_MAX) this.#heard.clear();
    this.#heard.set(holding, ended);
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** How this holding ended; undefined when the time is over first, or nobody waits any more. */
  async end(
    holding: string,
    waitMs: number,
    signal: AbortSignal | undefined,
  ): Promise<Ended | undefined> {
    const isDue = (): boolean =>
      this.#heard.has(holding) || signal?.aborted === true || this.#closed;
    if (!isDue()) {
      await new Promise<void>((resolve) => {
        const over = (): void => {
          timer.cancel();
          this.#wake = () => undefined;
          signal?.removeEventListener('abort', over);
          resolve();
        };
        const timer = this.clock.after(waitMs, over);
        this.#wake = () => {
          if (isDue()) over();
        };
        signal?.addEventListener('abort', over);
      });
    }
    return this.#heard.get(holding);
  }
}
