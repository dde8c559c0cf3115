/** Acts: each purge gets its place in the one order of all workers, and is followed to them. */
import type { Clock } from '../../clock.js';
import type { Act, Reach, Spreading } from '../../cache/spread.js';
import { Failure, type FailureCode } from '../../errors.js';
import type { Acted, PlacedAct } from './words.js';

export interface ActsOptions {
  /** Longest that anybody waits until all workers have it. */
  readonly waitMs: number;
  /** A worker that has not answered by then counts as not having it. */
  readonly askMs: number;
}

export interface ActsTools {
  readonly clock: Clock;
  /** Those that live, by their number. */
  readonly workers: () => readonly number[];
  /** Rejects when the worker is gone, or has not answered in time. */
  readonly ask: (worker: number, placed: PlacedAct, waitMs: number) => Promise<Acted>;
  /** A worker is gone, and whatever it held with it. */
  readonly isGone: (worker: number) => boolean;
}

/** An act on its way to all workers of this machine. */
export interface ActUnderWay extends Spreading {
  readonly seq: number;
  /** The sum over all workers; null where it is not counted. */
  matched(): number | null;
  /** Resolves like `reached`; rejects when a worker refused it. */
  settled(): Promise<Reach>;
  /** By which the worker that tells other machines of it can be asked how far it is. */
  spreader(): { readonly worker: number; readonly id: string } | undefined;
}

export interface Acts {
  /** `from` has done it already, and only learns its place. */
  begin(act: Act, from?: { readonly worker: number; readonly nth: number }): ActUnderWay;
  seq(): number;
  stats(): { readonly acts: number; readonly underWay: number };
}

const nameOf = (worker: number): string => `worker ${worker}`;

class Following implements ActUnderWay {
  private readonly acted = new Map<number, Acted>();
  private readonly startedMs: number;
  private tookMs: number | undefined;
  private readonly waiting = new Set<() => void>();

  constructor(
    readonly seq: number,
    private readonly asked: ReadonlySet<number>,
    private readonly tools: Pick<ActsTools, 'clock' | 'isGone'>,
    private readonly waitMs: number,
  ) {
    this.startedMs = tools.clock.nowMs();
    this.look();
  }

  heard(worker: number, acted: Acted): void {
    this.acted.set(worker, acted);
    this.look();
  }

  look(): void {
    if (this.tookMs !== undefined || this.missing().length > 0) return;
    this.tookMs = this.tools.clock.nowMs() - this.startedMs;
    for (const wake of [...this.waiting]) wake();
  }

  /** What a worker that has ended held, nobody gets. */
  private missing(): number[] {
    return [...this.asked].filter((one) => !this.acted.has(one) && !this.tools.isGone(one));
  }

  reach(): Reach {
    const missing = this.missing();
    const { tookMs } = this;
    return {
      acked: this.asked.size - missing.length,
      pending: missing.length,
      waitingFor: missing.map(nameOf),
      ...(tookMs === undefined ? {} : { tookMs }),
    };
  }

  async reached(): Promise<Reach> {
    if (this.tookMs === undefined) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          limit.cancel();
          this.waiting.delete(wake);
          resolve();
        };
        const limit = this.tools.clock.after(this.waitMs, wake);
        this.waiting.add(wake);
      });
    }
    return this.reach();
  }

  async settled(): Promise<Reach> {
    const reach = await this.reached();
    const code = [...this.acted.values()].find(({ refused }) => refused !== undefined)?.refused;
    if (code !== undefined) throw refusal(code);
    return reach;
  }

  matched(): number | null {
    let sum: number | null = null;
    for (const { matched } of this.acted.values()) {
      if (matched !== null) sum = (sum ?? 0) + matched;
    }
    return sum;
  }

  spreader() {
    for (const [worker, { id }] of this.acted) if (id !== undefined) return { worker, id };
    return undefined;
  }
}

function refusal(code: FailureCode): Failure {
  const detail = 'A worker process could not take it; try again a little later.';
  return new Failure(code, { retryAfterS: 1, detail });
}

export function openActs(options: ActsOptions, tools: ActsTools): Acts {
  let seq = 0;
  let underWay = 0;
  return {
    begin(act, from) {
      seq += 1;
      const workers = tools.workers();
      const following = new Following(seq, new Set(workers), tools, options.waitMs);
      const [first] = workers;
      for (const worker of workers) {
        underWay += 1;
        const placed = {
          ...{ seq, act, from: from?.worker, nth: from?.nth ?? 0 },
          spreads: from === undefined && worker === first,
        };
        tools
          .ask(worker, placed, options.askMs)
          .then((acted) => {
            following.heard(worker, acted);
          })
          .catch(() => {
            // It is gone, which the look sees, or it hangs, and the answer names it.
            following.look();
          })
          .finally(() => {
            underWay -= 1;
          });
      }
      return following;
    },
    seq: () => seq,
    stats: () => ({ acts: seq, underWay }),
  };
}
