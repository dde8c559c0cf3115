/** What a crew is: its processes, what they are made from, and what it can be asked to do. */
import type { Clock } from '../../clock.js';
import type { Log } from '../../log.js';
import type { Line, LineHandlers, Wire } from './line.js';

/** A child process, as far as it is needed. */
export interface Child extends Wire {
  readonly pid: number;
  onExit(listener: (code: number | null, signal: string | null) => void): void;
  kill(signal: 'SIGKILL'): void;
}

export interface CrewOptions {
  readonly size: number;
  readonly restartFirstMs: number;
  readonly restartMaxMs: number;
  /** A worker that has lived for so long is started again at once. */
  readonly steadyMs: number;
  /** So many ends within `loopMs` are a loop, which is said aloud. */
  readonly loopEnds: number;
  readonly loopMs: number;
  readonly asksMax: number;
  readonly startMs: number;
}

export interface CrewTools {
  readonly clock: Clock;
  readonly log: Log;
  readonly fork: () => Child;
  /** What a worker is told when it begins; `isFirst` until one of its slot has been up. */
  readonly begin: (member: Member, isFirst: boolean) => unknown;
  readonly handlersOf: (member: Member) => LineHandlers;
  readonly ended: (member: Member) => void;
}

/** One process; the one that takes its place has another number and the same slot. */
export interface Member {
  readonly worker: number;
  readonly slot: number;
  readonly pid: number;
  readonly line: Line;
  readonly startedMs: number;
  state: 'starting' | 'ready' | 'ended';
  /** Where it listens, once it is ready. */
  place: { readonly address: string; readonly port: number; readonly door: string } | undefined;
}

export interface CrewStats {
  readonly alive: number;
  readonly wanted: number;
  readonly deaths: number;
  readonly restarts: number;
  readonly looping: boolean;
}

export interface Crew {
  /** Rejects when one of them cannot start: then none is left. */
  start(): Promise<void>;
  members(): readonly Member[];
  ready(): readonly Member[];
  find(worker: number): Member | undefined;
  /** Ends it; another one takes its place. */
  replace(member: Member): void;
  /** No more are started; resolves with the codes once all have ended, the last ones by force. */
  end(limitMs: number): Promise<readonly number[]>;
  /** At once and for good, when this process leaves. */
  killAll(): void;
  stats(): CrewStats;
}
