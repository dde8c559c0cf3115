/** The options of the energy service, their defaults, and where its worker file is found. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { OperatorError } from '../errors.js';
import type { LoadedState } from './state/file.js';
import type { WatcherOptions } from './watchers.js';

export interface EnergyOptions extends WatcherOptions {
  /** Agents in the live state. */
  readonly agents: number;
  readonly seed: number;
  /** The most agents that a query may ask for. */
  readonly agentsMax: number;
  /** The longest page of agents or log lines. */
  readonly limitMax: number;
  /** Worker threads. */
  readonly workers: number;
  /** Jobs that may wait for a worker; one more is answered with 503. */
  readonly waitingMax: number;
  /** How long a job may wait for a worker; then 503. */
  readonly waitMs: number;
  /** How long a job may run; then its worker is ended and the answer is 504. */
  readonly jobMs: number;
  /** Failures after which a job is given up, and for how long. */
  readonly triesMax: number;
  readonly givenUpMs: number;
  /** What a worker may keep on its heap. */
  readonly heapMegabytesMax: number;
  /** What the process may gain while jobs run; typed arrays and Buffers count here. */
  readonly jobBytesMax: number;
  readonly memoryLookMs: number;
  /** What each worker may keep of states it has computed on. */
  readonly shelfBytesMax: number;
  /** Whether a calibration lets a particle swarm choose the roles as well. */
  readonly swarm: boolean;
  /** Request bodies: events and settings; whole states to compute on. */
  readonly bodyBytesMax: number;
  readonly stateBytesMax: number;
  /** Log events that are kept. */
  readonly eventsMax: number;
  /** A JSON file with the state to begin with, instead of a seeded one. */
  readonly stateFile: string | undefined;
  /** A state that was read elsewhere, from a database for instance (see `readState`). */
  readonly state: LoadedState | undefined;
  /** The promotion gate of /energy/meta. */
  readonly betaRouter: number;
  readonly betaMeta: number;
  readonly rhoClip: number;
  readonly promotionCap: number;
  /** The compiled worker; none: the one that was built with this file. */
  readonly workerFile: string | undefined;
}

export const defaultEnergyOptions: EnergyOptions = {
  agents: 512,
  seed: 42,
  agentsMax: 4096,
  limitMax: 1000,
  workers: Math.max(2, Math.min(16, availableParallelism() - 1)),
  waitingMax: 256,
  waitMs: 30_000,
  jobMs: 80_000,
  triesMax: 2,
  givenUpMs: 30_000,
  heapMegabytesMax: 256,
  jobBytesMax: 1024 ** 3,
  memoryLookMs: 50,
  shelfBytesMax: 256 * 1024 ** 2,
  swarm: true,
  bodyBytesMax: 64 * 1024,
  stateBytesMax: 4 * 1024 ** 2,
  eventsMax: 10_000,
  watchersMax: 16,
  heartbeatMs: 15_000,
  watchMs: 600_000,
  stateFile: undefined,
  state: undefined,
  betaRouter: 1,
  betaMeta: 0.8,
  rhoClip: 0.95,
  promotionCap: 0.98,
  workerFile: undefined,
};

/** Threads need JavaScript: seen from the sources, the worker is what the build left in `dist`. */
export function workerFileOf(options: EnergyOptions): string {
  const beside = import.meta.url.endsWith('.ts')
    ? new URL('../../dist/src/energy/worker.js', import.meta.url)
    : new URL('./worker.js', import.meta.url);
  const file = options.workerFile ?? fileURLToPath(beside);
  if (!existsSync(file)) {
    throw new OperatorError('The worker of the energy service is not built; run "npm run build".');
  }
  return file;
}
