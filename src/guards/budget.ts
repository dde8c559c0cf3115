/** A budget: so many at once, so many waiting in turn, and an honest "try again" for the rest. */
import type { Clock } from '../clock.js';
import { Failure } from '../errors.js';
import type { Priority } from '../message.js';
import { countClass, sumOfClasses, type BudgetStats, type ClassCounts } from './budget-counts.js';
import { PRIORITIES, Waiter, WaitingLine, perClass } from './waiting-line.js';

export interface BudgetOptions {
  /** Holders at the same time. */
  readonly concurrent: number;
  /** Callers that may wait for a place, of all classes together. */
  readonly queued: number;
  /** The longest wait for a place. */
  readonly waitMs: number;
}

export type { BudgetStats } from './budget-counts.js';
export type Release = () => void;

/** How somebody waits; whoever says nothing is a caller in the foreground. */
export interface Terms {
  readonly priority?: Priority | undefined;
  /** Waits no longer than this, and not at all where the wait is known to be longer. */
  readonly patienceMs?: number | undefined;
  /** When it fires, a waiter goes on as one in the foreground; only then his patience begins. */
  readonly urgent?: AbortSignal | undefined;
}

export interface Budget {
  /** Gives a place, or rejects with `busy` or, when the signal fires, `abandoned`. */
  enter(signal?: AbortSignal, terms?: Terms): Promise<Release>;
  /** A place in the foreground if one is free this moment, without waiting. */
  tryEnter(): Release | undefined;
  /** How long someone who comes now would wait, judged by how long places are held. */
  estimateMs(priority: Priority): number;
  /** Sends all who wait away, for what they wait for will not come. */
  turnAway(failure: Failure): void;
  stats(): BudgetStats;
  /** Resolves as soon as nobody holds a place or waits for one. */
  whenIdle(): Promise<void>;
}

/** How much the newest held time weighs in the mean. */
const NEWEST_SHARE = 0.2;
const RETRY_AFTER_MAX_S = 120;
/** The part of the places that warming leaves free, so that no caller waits for it. */
const KEPT_FROM_WARMING = 0.25;

export function openBudget(options: BudgetOptions, clock: Clock): Budget {
  return new PriorityBudget(options, clock);
}

/**
 * A higher class is always served first, so a lower one may wait for as long as the higher ones
 * fill every place. That ends all the same: each waiter has a deadline of its own.
 */
class PriorityBudget implements Budget {
  private readonly line = new WaitingLine();
  private readonly counts: Record<Priority, ClassCounts> = perClass(() => countClass());
  private readonly idleListeners: (() => void)[] = [];
  private running = 0;
  /** All the moments at which those who run began, added up: from it comes their mean age. */
  private begunSumMs = 0;
  private peak = 0;
  private heldMeanMs = 0;

  constructor(
    private readonly options: BudgetOptions,
    private readonly clock: Clock,
  ) {}

  tryEnter(): Release | undefined {
    return this.isFreeFor('foreground') ? this.take('foreground') : undefined;
  }

  enter(signal?: AbortSignal, terms: Terms = {}): Promise<Release> {
    if (signal?.aborted === true) return Promise.reject(new Failure('abandoned'));
    const priority =
      terms.urgent?.aborted === true ? 'foreground' : (terms.priority ?? 'foreground');
    if (this.isFreeFor(priority)) return Promise.resolve(this.take(priority));
    const counts = this.counts[priority];
    const patienceMs = terms.urgent?.aborted === false ? undefined : terms.patienceMs;
    const waitMs = Math.min(this.options.waitMs, patienceMs ?? Infinity);
    if (waitMs <= 0 || this.estimateMs(priority) > waitMs) {
      counts.refused += 1;
      counts.hopeless += 1;
      return Promise.reject(this.busy(priority));
    }
    if (this.line.size >= this.options.queued) {
      const gives = this.line.newestBelow(priority);
      if (gives === undefined) {
        counts.refused += 1;
        return Promise.reject(this.busy(priority));
      }
      this.counts[gives.priority].refused += 1;
      this.counts[gives.priority].displaced += 1;
      gives.refuse(this.busy(gives.priority));
    }
    return this.wait(priority, waitMs, signal, terms);
  }

  estimateMs(priority: Priority): number {
    const leaving = this.running - this.placesOf(priority) + 1;
    const turns = this.line.aheadOf(priority) + leaving;
    return Math.max(0, (turns * this.heldMs()) / this.options.concurrent);
  }

  turnAway(failure: Failure): void {
    for (let next = this.first(); next !== undefined; next = this.first()) {
      this.counts[next.priority].refused += 1;
      next.refuse(failure);
    }
  }

  stats(): BudgetStats {
    const classes = perClass((priority) => ({
      ...this.counts[priority],
      waiting: this.line.sizeOf(priority),
    }));
    return {
      ...sumOfClasses(PRIORITIES.map((priority) => classes[priority])),
      max: this.options.concurrent,
      queueMax: this.options.queued,
      peak: this.peak,
      heldMeanMs: this.heldMeanMs,
      classes,
    };
  }

  whenIdle(): Promise<void> {
    if (this.running === 0 && this.line.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.idleListeners.push(resolve));
  }

  private first(): Waiter | undefined {
    return this.line.first(() => true);
  }

  /** How many may run before this class has to wait. */
  private placesOf(priority: Priority): number {
    const { concurrent } = this.options;
    if (priority !== 'warm') return concurrent;
    // Where there is only one place they may have it.
    return Math.max(1, concurrent - Math.ceil(concurrent * KEPT_FROM_WARMING));
  }

  /** Nobody passes those of the own class or a higher one. */
  private isFreeFor(priority: Priority): boolean {
    return this.running < this.placesOf(priority) && this.line.aheadOf(priority) === 0;
  }

  /** What holders needed lately; at least as long as those who hold now have needed already. */
  private heldMs(): number {
    if (this.running === 0) return this.heldMeanMs;
    return Math.max(this.heldMeanMs, this.clock.nowMs() - this.begunSumMs / this.running);
  }

  private busy(priority: Priority): Failure {
    const seconds = Math.ceil(this.estimateMs(priority) / 1000);
    return new Failure('busy', { retryAfterS: Math.min(Math.max(seconds, 1), RETRY_AFTER_MAX_S) });
  }

  private take(priority: Priority): Release {
    const counts = this.counts[priority];
    const sinceMs = this.clock.nowMs();
    counts.entered += 1;
    counts.running += 1;
    this.running += 1;
    this.begunSumMs += sinceMs;
    if (this.running > this.peak) this.peak = this.running;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      counts.running -= 1;
      this.running -= 1;
      this.begunSumMs -= sinceMs;
      this.learn(this.clock.nowMs() - sinceMs);
      this.serve();
    };
  }

  private learn(heldMs: number): void {
    const mean = this.heldMeanMs;
    this.heldMeanMs = mean === 0 ? heldMs : mean + NEWEST_SHARE * (heldMs - mean);
  }

  /** Gives every free place to whoever is first in the line for it. */
  private serve(): void {
    const isFree = (priority: Priority): boolean => this.running < this.placesOf(priority);
    for (let next = this.line.first(isFree); next !== undefined; next = this.line.first(isFree)) {
      next.give();
    }
    this.tellIfIdle();
  }

  private tellIfIdle(): void {
    if (this.running > 0 || this.line.size > 0) return;
    for (const listener of this.idleListeners.splice(0)) listener();
  }

  private wait(
    priority: Priority,
    waitMs: number,
    signal: AbortSignal | undefined,
    { urgent, patienceMs = Infinity }: Terms,
  ): Promise<Release> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.counts[waiter.priority].left += 1;
        waiter.refuse(new Failure('abandoned'));
      };
      const hurry = (): void => {
        this.line.move(waiter, 'foreground');
        const leftMs = waiter.sinceMs + waitMs - this.clock.nowMs();
        timer.cancel();
        timer = this.clock.after(Math.max(0, Math.min(leftMs, patienceMs)), giveUp);
        // Who waited for warming may find a place free that was kept from it.
        this.serve();
      };
      const giveUp = (): void => {
        this.counts[waiter.priority].timedOut += 1;
        waiter.refuse(this.busy(waiter.priority));
      };
      let timer = this.clock.after(waitMs, giveUp);
      const leaveLine = (): void => {
        this.line.remove(waiter);
        timer.cancel();
        signal?.removeEventListener('abort', leave);
        urgent?.removeEventListener('abort', hurry);
      };
      const give = (): void => {
        leaveLine();
        const counts = this.counts[waiter.priority];
        counts.waited += 1;
        counts.waitedMs += this.clock.nowMs() - waiter.sinceMs;
        resolve(this.take(waiter.priority));
      };
      const refuse = (failure: Failure): void => {
        leaveLine();
        reject(failure);
        this.tellIfIdle();
      };
      const waiter = new Waiter(priority, this.clock.nowMs(), give, refuse);
      this.line.add(waiter);
      signal?.addEventListener('abort', leave, { once: true });
      urgent?.addEventListener('abort', hurry, { once: true });
    });
  }
}
