/** What a crew is asked to do, and how it remembers each job until it is settled. */
import type { Timer } from '../clock.js';
import type { Failure } from '../errors.js';
import type { MemoryGuardOptions } from './memory-guard.js';
import type { Priority } from './waiting-line.js';

export interface CrewOptions {
  readonly workerFile: string;
  readonly threads: number;
  readonly heapMegabytesMax: number;
  readonly workerData: unknown;
  /** Jobs that may wait; one more is refused. */
  readonly waitingMax: number;
  /** How long a job may wait for a worker. */
  readonly waitMs: number;
  /** How long a job may run; then its worker is ended. */
  readonly jobMs: number;
  readonly triesMax: number;
  /** How long a job that brought down its worker again and again is refused at once. */
  readonly givenUpMs: number;
  readonly memory: MemoryGuardOptions;
}

export interface Job {
  /** The same for jobs that compute the same, so that one that kills workers is known again. */
  readonly key: string;
  readonly priority: Priority;
  readonly message: object;
  /** A shorter or longer time for this job alone. */
  readonly jobMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Why a job's worker was ended from outside. */
export type EndReason = 'deadline' | 'memory' | 'cancelled';

export interface Entry extends Job {
  readonly id: string;
  readonly askedMs: number;
  readonly resolve: (result: object) => void;
  readonly reject: (failure: Failure) => void;
  attempt: number;
  alone: boolean;
  gainedBytes: number;
  end: ((reason: EndReason) => void) | undefined;
  waitTimer: Timer | undefined;
}

/** A worker may only answer the job that it was given. */
export function isResultOf(result: unknown, jobId: string): result is object {
  return (
    typeof result === 'object' && result !== null && 'jobId' in result && result.jobId === jobId
  );
}

export function newEntry(
  job: Job,
  id: string,
  askedMs: number,
  resolve: Entry['resolve'],
  reject: Entry['reject'],
): Entry {
  return {
    ...job,
    id,
    askedMs,
    resolve,
    reject,
    attempt: 0,
    alone: false,
    gainedBytes: 0,
    end: undefined,
    waitTimer: undefined,
  };
}
