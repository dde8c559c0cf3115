/** The engine of the service: the live state, the crew that computes on it, the making of jobs. */
import type { Clock } from '../clock.js';
import { Failure } from '../errors.js';
import type { Log } from '../log.js';
import { Crew } from './crew.js';
import { EventLog } from './event-log.js';
import type { JobMessage, JobRequest, JobResult, Parameters } from './job.js';
import { LiveState } from './live-state.js';
import type { Terms } from './model/terms.js';
import { workerFileOf, type EnergyOptions } from './options.js';
import { ProgressBoard } from './progress.js';
import { loadStateFile, type LoadedState } from './state/file.js';
import { seededLedger, type Ledger } from './state/ledger.js';
import type { Priority } from './waiting-line.js';
import { Watchers } from './watchers.js';
import type { WorkerData } from './worker.js';

export type JobDone = Extract<JobResult, { kind: 'done' }> & { readonly version: number };

/** No answer of ours comes near this; a worker that says more than that is not believed. */
const ANSWER_BYTES_MAX = 64 * 1024 ** 2;

export class Engine {
  readonly options: EnergyOptions;
  readonly clock: Clock;
  readonly live: LiveState;
  readonly crew: Crew;
  readonly events: EventLog;
  readonly progress = new ProgressBoard();
  readonly watchers: Watchers;
  readonly #loaded: LoadedState | undefined;
  /** The energy of the live state, as it was last computed and for which version. */
  lastEnergy: { readonly version: number; readonly terms: Terms } | undefined;
  /** One bad job says little; several in a row say that nothing is computed any more. */
  failuresInARow = 0;

  constructor(options: EnergyOptions, deps: { clock: Clock; log: Log }) {
    this.options = options;
    this.clock = deps.clock;
    this.#loaded =
      options.stateFile === undefined
        ? options.state
        : loadStateFile(options.stateFile, options.seed, options.agentsMax);
    this.live = new LiveState(this.initialLedger(), deps.clock);
    this.events = new EventLog(options.eventsMax);
    this.watchers = new Watchers(options, this.progress, deps.clock);
    const workerData: WorkerData = {
      loaded: this.#loaded?.base,
      shelfBytesMax: options.shelfBytesMax,
    };
    this.crew = new Crew(
      {
        ...options,
        workerFile: workerFileOf(options),
        threads: options.workers,
        workerData,
        memory: {
          // What workers keep on their shelves by right is no gain of the job that put it there.
          gainBytesMax: options.jobBytesMax + options.workers * options.shelfBytesMax,
          lookMs: options.memoryLookMs,
          readBytes: () => process.memoryUsage.rss(),
        },
      },
      deps,
    );
  }

  /** The state as it was when the service began. */
  initialLedger(): Ledger {
    return this.#loaded === undefined
      ? seededLedger(this.options.seed, this.options.agents)
      : structuredClone(this.#loaded.ledger);
  }

  /** Whether these parameters mean the live state, and not a fresh one of their own. */
  isLive(parameters: Parameters, named: boolean): boolean {
    const { ledger } = this.live;
    if (ledger.source === 'file') return !named;
    return parameters.seed === ledger.seed && parameters.agents === ledger.agents;
  }

  /** Has one job done by the crew; rejects with a `Failure`. */
  async compute(
    request: JobRequest,
    on: { readonly parameters: Parameters; readonly live: boolean },
    how: {
      readonly priority: Priority;
      readonly signal: AbortSignal | undefined;
      readonly key?: string;
      readonly onProgress?: (done: number, total: number) => void;
    },
  ): Promise<JobDone> {
    const { version } = this.live;
    const message: Omit<JobMessage, 'jobId'> = {
      request,
      parameters: on.parameters,
      version,
      ledger: on.live ? this.live.shared() : undefined,
      source: on.live ? this.live.ledger.source : 'seed',
      wallMs: this.clock.wallMs(),
      changedAtMs: this.live.changedAtMs,
    };
    const key = how.key ?? JSON.stringify([request, on.parameters, version]);
    try {
      const result = (await this.crew.run({ ...how, key, message })) as JobResult;
      this.failuresInARow = 0;
      if (result.kind === 'refused') throw new Failure(result.code, { detail: result.detail });
      if (result.bytes.length > ANSWER_BYTES_MAX) throw new Failure('internal');
      if (on.live && result.terms !== undefined) this.lastEnergy = { version, terms: result.terms };
      return { ...result, version };
    } catch (thrown) {
      if (thrown instanceof Failure && thrown.status >= 500 && thrown.code !== 'busy') {
        this.failuresInARow += 1;
      }
      throw thrown;
    }
  }
}
