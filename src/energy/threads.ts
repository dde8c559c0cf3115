/** The worker threads behind the crew: piscina, started at the first job, one job a thread. */
import { Piscina } from 'piscina';
import type { JobProgress } from './job.js';

export interface ThreadOptions {
  readonly workerFile: string;
  readonly threads: number;
  readonly heapMegabytesMax: number;
  readonly workerData: unknown;
}

/**
 * Piscina tries `require` first. A thread that is ended while Node loads a module of ours that way
 * takes the whole process down with it; while it loads by `import`, it only ends.
 */
const REQUIRE_FLAG = '--experimental-require-module';
const execArgv = process.allowedNodeEnvironmentFlags.has(REQUIRE_FLAG)
  ? [REQUIRE_FLAG.replace('--', '--no-')]
  : [];

export interface ThreadEvents {
  readonly onProgress: (progress: JobProgress) => void;
  /** A thread came to its end, whatever the reason. */
  readonly onEnd: () => void;
  /** Something arrived that nobody waits for any more. */
  readonly onLate: () => void;
}

export interface Threads {
  run(message: object, signal: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
}

export function openThreads(options: ThreadOptions, events: ThreadEvents): Threads {
  const pool = new Piscina({
    filename: options.workerFile,
    minThreads: options.threads,
    maxThreads: options.threads,
    maxQueue: options.threads,
    concurrentTasksPerWorker: 1,
    // A worker that waits in Atomics.wait could not be seen to be alive.
    atomics: 'disabled',
    recordTiming: false,
    resourceLimits: { maxOldGenerationSizeMb: options.heapMegabytesMax },
    workerData: options.workerData,
    // A worker has no business with the settings and the secrets of the process.
    env: {},
    execArgv,
  });
  // An abort that meets a result on its way makes piscina emit an error; unheard, it would throw.
  pool.on('error', events.onLate);
  pool.on('workerDestroy', events.onEnd);
  pool.on('message', (message: unknown) => {
    if (isProgress(message)) events.onProgress(message);
  });
  return {
    run: (message, signal) => pool.run(message, { signal }) as Promise<unknown>,
    close: () => pool.destroy(),
  };
}

function isProgress(message: unknown): message is JobProgress {
  return (
    typeof message === 'object' &&
    message !== null &&
    'jobId' in message &&
    'done' in message &&
    'total' in message
  );
}
