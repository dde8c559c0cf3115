/** Warming: computes answers before anybody asks for them, where nothing else wants the place. */
import { describeThrown, type Failure } from '../errors.js';
import { refreshBehind, type Fared } from './behind.js';
import type { Entry } from './entry.js';
import { flightKey } from './flight-key.js';
import { lookUp } from './flying.js';
import { taskFor } from './refresh.js';
import type { Rooms } from './rooms.js';
import { addTo } from './tally.js';
import { topSaved } from './top.js';
import {
  faultOf,
  isOver,
  isOldSoon,
  judgeAddresses,
  newRun,
  progressOf,
  taskOf,
  tellIfOver,
  untilOver,
  type Admit,
  type Job,
  type RefusedAddress,
  type Run,
  type WarmProgress,
  type WarmStats,
} from './warm-run.js';

export interface WarmOptions {
  /** How many are computed side by side, of all runs together. */
  readonly concurrent: number;
  /** Addresses of all runs that wait for their turn. */
  readonly waitingMax: number;
  /** What a run has not computed by then is given up. */
  readonly deadlineMs: number;
}

export interface Begun {
  readonly progress: WarmProgress;
  readonly refused: readonly RefusedAddress[];
}

export interface Warming {
  /** Undefined when too many addresses wait already. */
  begin(urls: readonly string[], admit: Admit): Begun | undefined;
  /** Those that saved the most and are old, or soon will be. */
  beginTop(count: number): Promise<Begun | undefined>;
  /** How far it is, as soon as it has ended and after so long a wait at the latest. */
  find(id: string, waitMs?: number): Promise<WarmProgress | undefined>;
  /** Whatever waits is given up; what runs runs on. */
  close(): void;
  stats(): WarmStats;
}

/** Runs that are over and can still be asked about. */
const RUNS_KEPT = 100;
const PAUSE_MIN_MS = 1_000;
const PAUSE_MAX_MS = 30_000;

export function openWarming(rooms: Rooms, options: WarmOptions): Warming {
  return new Workshop(rooms, options);
}

class Workshop implements Warming {
  private readonly runs = new Map<string, Run>();
  private running = 0;
  private waiting = 0;
  /** Until then the upstream is left alone. */
  private pausedUntilMs = 0;
  private closed = false;
  private readonly counts = { computed: 0, fresh: 0, failed: 0, refused: 0 };

  constructor(
    private readonly rooms: Rooms,
    private readonly options: WarmOptions,
  ) {}

  begin(urls: readonly string[], admit: Admit): Begun | undefined {
    if (this.isFullFor(urls.length)) return undefined;
    const { jobs, refused } = judgeAddresses(this.rooms, urls, admit);
    this.counts.refused += refused.length;
    return { progress: progressOf(this.open(jobs)), refused };
  }

  async beginTop(count: number): Promise<Begun | undefined> {
    const { rooms } = this;
    if (this.isFullFor(count)) return undefined;
    const nowMs = rooms.clock.nowMs();
    const isWanted = (entry: Entry): boolean =>
      entry.recipe !== undefined && isOldSoon(entry, nowMs);
    const jobs = (await topSaved(rooms, count, isWanted)).flatMap((entry) => {
      const task = taskFor(rooms, entry);
      return task === undefined ? [] : [{ request: task.request, replaced: entry }];
    });
    // Others may have come while we looked.
    if (this.isFullFor(jobs.length)) return undefined;
    return { progress: progressOf(this.open(jobs)), refused: [] };
  }

  async find(id: string, waitMs = 0): Promise<WarmProgress | undefined> {
    const run = this.runs.get(id);
    if (run === undefined) return undefined;
    await untilOver(run, waitMs, this.rooms.clock);
    return progressOf(run);
  }

  close(): void {
    this.closed = true;
    for (const run of this.runs.values()) {
      this.giveUp(run, 'cancelled');
      // Whoever waits for what still runs need not hold up the end.
      for (const tell of run.waiting) tell();
    }
  }

  stats(): WarmStats {
    return { waiting: this.waiting, waitingMax: this.options.waitingMax, ...this.counts };
  }

  private isFullFor(count: number): boolean {
    return this.closed || this.waiting + count > this.options.waitingMax;
  }

  private open(jobs: Job[]): Run {
    const { rooms, options } = this;
    const run = newRun(jobs, rooms.clock.nowMs() + options.deadlineMs);
    this.runs.set(run.id, run);
    this.waiting += jobs.length;
    this.forgetOld();
    this.serve();
    return run;
  }

  private forgetOld(): void {
    for (const [id, run] of this.runs) {
      if (this.runs.size <= RUNS_KEPT) return;
      if (isOver(run)) this.runs.delete(id);
    }
  }

  private giveUp(run: Run, reason: string): void {
    const count = run.queue.splice(0).length;
    if (count === 0) return;
    run.cancelled ||= reason === 'cancelled';
    this.waiting -= count;
    this.counts.failed += count;
    addTo(run.failed, reason, count);
    tellIfOver(run);
  }

  /** The oldest run first. */
  private serve(): void {
    const nowMs = this.rooms.clock.nowMs();
    if (nowMs < this.pausedUntilMs) return;
    for (const run of this.runs.values()) {
      if (nowMs >= run.endsMs) this.giveUp(run, 'deadline');
      while (this.running < this.options.concurrent) {
        const job = run.queue.shift();
        if (job === undefined) break;
        this.waiting -= 1;
        this.start(run, job);
      }
    }
  }

  private start(run: Run, job: Job): void {
    this.running += 1;
    run.running += 1;
    this.work(run, job)
      .catch((thrown: unknown) => {
        this.fail(run, 'internal');
        this.rooms.log.error('warm_failed', describeThrown(thrown));
      })
      .finally(() => {
        this.running -= 1;
        run.running -= 1;
        this.serve();
        tellIfOver(run);
      });
  }

  private fail(run: Run, reason: string): void {
    this.counts.failed += 1;
    addTo(run.failed, reason, 1);
  }

  private async work(run: Run, { request, replaced }: Job): Promise<void> {
    const { rooms } = this;
    const { clock, marks, purges } = rooms;
    // The settings may have changed since it was accepted.
    const task = taskOf(rooms, request);
    if (typeof task === 'string') {
      this.fail(run, task);
      return;
    }
    const nowMs = clock.nowMs();
    const mark = marks.live(flightKey(rooms, task), nowMs);
    if (mark !== undefined) {
      this.fail(run, mark.kind === 'failed' ? mark.code : mark.reason);
      return;
    }
    const found = lookUp(rooms, task.plan, task.keyed, request);
    const live = found !== undefined && purges.judge(found) === 'live';
    const isThere =
      found !== undefined &&
      found !== replaced &&
      task.plan.use(found, request, { nowMs, live }).kind === 'fresh';
    const fared: Fared = isThere
      ? { kind: 'idle' }
      : await refreshBehind(rooms, task, found, 'warm');
    this.note(run, { request, replaced }, fared);
  }

  private note(run: Run, job: Job, fared: Fared): void {
    if (fared.kind === 'idle') {
      run.fresh += 1;
      this.counts.fresh += 1;
      return;
    }
    if (fared.kind === 'failed') {
      if (fared.failure.code === 'busy') this.pause(run, job, fared.failure);
      else this.fail(run, fared.failure.code);
      return;
    }
    const fault = faultOf(fared);
    if (fault !== undefined) {
      this.fail(run, fault);
      return;
    }
    run.computed += 1;
    this.counts.computed += 1;
  }

  /** The upstream has too much to do: only time is lost, and the run has an end of its own. */
  private pause(run: Run, job: Job, { retryAfterS = 0 }: Failure): void {
    if (this.closed) {
      this.fail(run, 'cancelled');
      return;
    }
    const { clock } = this.rooms;
    const pauseMs = Math.min(Math.max(retryAfterS * 1000, PAUSE_MIN_MS), PAUSE_MAX_MS);
    run.queue.unshift(job);
    this.waiting += 1;
    run.pauses += 1;
    this.pausedUntilMs = clock.nowMs() + pauseMs;
    clock.after(pauseMs, () => {
      this.serve();
    });
  }
}
