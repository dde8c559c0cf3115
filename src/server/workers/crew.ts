/** The crew: worker processes that are started, watched, and started again when they end. */
import type { Timer } from '../../clock.js';
import { describeThrown } from '../../errors.js';
import type { Crew, CrewOptions, CrewStats, CrewTools, Child, Member } from './crew-words.js';
import { openLine, type LineHandlers } from './line.js';
import type { ToPrimary } from './words.js';

/** A worker said in one sentence why it cannot start. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart';
}

interface Slot {
  readonly slot: number;
  member: Member | undefined;
  child: Child | undefined;
  /** How often in a row it ended soon after its start. */
  shortLives: number;
  wasUp: boolean;
  waiting: Timer | undefined;
}

const KILLED = 137;

class WorkerCrew implements Crew {
  private readonly slots: readonly Slot[];
  private ends: number[] = [];
  private forked = 0;
  private deaths = 0;
  private restarts = 0;
  private looping = false;
  private ending = false;
  private readonly codes: number[] = [];
  private changed: () => void = () => undefined;
  private failure: string | undefined;
  private up = false;

  constructor(
    private readonly options: CrewOptions,
    private readonly tools: CrewTools,
  ) {
    this.slots = Array.from({ length: options.size }, (_, at) => ({
      ...{ slot: at + 1, member: undefined, child: undefined },
      ...{ shortLives: 0, wasUp: false, waiting: undefined },
    }));
  }

  async start(): Promise<void> {
    for (const slot of this.slots) this.fork(slot);
    const late = { is: false };
    const limit = this.tools.clock.after(this.options.startMs, () => {
      late.is = true;
      this.changed();
    });
    while (this.failure === undefined && !late.is && this.ready().length < this.slots.length) {
      await new Promise<void>((resolve) => (this.changed = resolve));
    }
    limit.cancel();
    if (this.failure === undefined && !late.is) {
      this.up = true;
      return;
    }
    this.ending = true;
    this.killAll();
    throw new CannotStart(this.failure ?? 'A worker process did not come up in time.');
  }

  members(): readonly Member[] {
    return this.slots.flatMap(({ member }) => member ?? []);
  }

  ready(): readonly Member[] {
    return this.members().filter(({ state }) => state === 'ready');
  }

  find(worker: number): Member | undefined {
    return this.members().find((one) => one.worker === worker);
  }

  replace(member: Member): void {
    this.slots.find((slot) => slot.member === member)?.child?.kill('SIGKILL');
  }

  killAll(): void {
    for (const { child } of this.slots) child?.kill('SIGKILL');
  }

  async end(limitMs: number): Promise<readonly number[]> {
    this.ending = true;
    for (const { waiting } of this.slots) waiting?.cancel();
    const limit = this.tools.clock.after(limitMs, () => {
      for (const { worker, pid } of this.members()) {
        this.tools.log.error('worker_overdue', { worker, pid });
      }
      this.killAll();
    });
    while (this.members().length > 0) {
      await new Promise<void>((resolve) => (this.changed = resolve));
    }
    limit.cancel();
    return this.codes;
  }

  stats(): CrewStats {
    this.judgeLoop();
    const { deaths, restarts, looping } = this;
    const alive = this.ready().length;
    return { alive, wanted: this.slots.length, deaths, restarts, looping };
  }

  private fork(slot: Slot): void {
    const child = this.tools.fork();
    this.forked += 1;
    const { clock, log } = this.tools;
    const own: { handlers?: LineHandlers } = {};
    const line = openLine(
      child,
      { asksMax: this.options.asksMax },
      {
        onTold: (word) => {
          if (!this.heard(slot, member, word as ToPrimary)) own.handlers?.onTold(word);
        },
        onAsked: (word) => own.handlers?.onAsked(word),
      },
      { clock, log },
    );
    const { pid } = child;
    const member: Member = {
      ...{ worker: this.forked, slot: slot.slot, pid, line, startedMs: clock.nowMs() },
      ...{ state: 'starting', place: undefined },
    };
    own.handlers = this.tools.handlersOf(member);
    slot.child = child;
    slot.member = member;
    child.onExit((code, signal) => {
      this.exited(slot, member, code, signal);
    });
  }

  /** What concerns its life; everything else is somebody else's. */
  private heard(slot: Slot, member: Member, word: ToPrimary): boolean {
    if (word.kind === 'hello') {
      const begin = this.tools.begin(member, !slot.wasUp);
      member.line.tell({ kind: 'begin', begin });
    } else if (word.kind === 'failed') {
      if (!this.up) this.failure = word.sentence;
      this.tools.log.error('worker_cannot_start', {
        worker: member.worker,
        sentence: word.sentence,
      });
    } else if (word.kind === 'ready') {
      member.state = 'ready';
      member.place = { address: word.address, port: word.port, door: word.door };
      slot.wasUp = true;
      const { worker, pid } = member;
      this.tools.log.info('worker_ready', { worker, slot: slot.slot, pid });
    } else return false;
    this.changed();
    return true;
  }

  private exited(slot: Slot, member: Member, code: number | null, signal: string | null): void {
    const { log, clock } = this.tools;
    if (member.state === 'ended') return;
    slot.waiting?.cancel();
    member.state = 'ended';
    member.line.end();
    slot.member = undefined;
    slot.child = undefined;
    this.tools.ended(member);
    const { worker, pid } = member;
    if (this.ending) {
      this.codes.push(code ?? KILLED);
      log.info('worker_ended', { worker, pid, code: code ?? 0, signal: signal ?? undefined });
      this.changed();
      return;
    }
    this.deaths += 1;
    if (!this.up) this.failure ??= `A worker process ended (${code ?? signal}) before it was up.`;
    const nowMs = clock.nowMs();
    this.ends.push(nowMs);
    this.judgeLoop();
    const isSteady = nowMs - member.startedMs >= this.options.steadyMs;
    slot.shortLives = isSteady ? 0 : slot.shortLives + 1;
    const { restartFirstMs, restartMaxMs } = this.options;
    const againMs = Math.min(restartMaxMs, restartFirstMs * 2 ** Math.min(20, slot.shortLives));
    const how = { code: code ?? undefined, signal: signal ?? undefined };
    log.error('worker_died', { worker, slot: slot.slot, pid, ...how, again_ms: againMs });
    if (this.up) this.forkAfter(slot, againMs);
    this.changed();
  }

  /** What cannot be made now is tried again; what does not come up is ended, and tried again. */
  private forkAfter(slot: Slot, pauseMs: number): void {
    const { clock, log } = this.tools;
    slot.waiting = clock.after(pauseMs, () => {
      try {
        this.fork(slot);
        this.restarts += 1;
      } catch (thrown) {
        log.error('worker_not_made', { slot: slot.slot, ...describeThrown(thrown) });
        this.forkAfter(slot, this.options.restartMaxMs);
        return;
      }
      slot.waiting = clock.after(this.options.startMs, () => {
        if (slot.member?.state === 'starting') this.replace(slot.member);
      });
    });
  }

  /** It begins and ends aloud; in between each end speaks for itself. */
  private judgeLoop(): void {
    const { loopMs, loopEnds, restartMaxMs } = this.options;
    const sinceMs = this.tools.clock.nowMs() - loopMs;
    this.ends = this.ends.filter((atMs) => atMs >= sinceMs);
    const looping = this.ends.length >= loopEnds;
    if (looping && !this.looping) {
      this.tools.log.error('workers_keep_ending', { ends: this.ends.length, within_ms: loopMs });
    } else if (!looping && this.looping) {
      this.tools.log.info('workers_steady_again', { longest_pause_ms: restartMaxMs });
    }
    this.looping = looping;
  }
}

export function openCrew(options: CrewOptions, tools: CrewTools): Crew {
  return new WorkerCrew(options, tools);
}
