/** The energy service: takes a request apart, has it computed, and says when the state changes. */
import type { Clock } from '../clock.js';
import { asFailure, describeThrown, Failure } from '../errors.js';
import type { Log } from '../log.js';
import type { RawHeaders } from '../message.js';
import { Crew } from './crew.js';
import type { CrewStats } from './crew-tally.js';
import type { JobKind, JobMessage, JobResult } from './job.js';
import { LiveState, type StateListener } from './live-state.js';
import { defaultEnergyOptions, workerFileOf, type EnergyOptions } from './options.js';
import { parseParameters } from './parameters.js';
import { failureReply, stateReply, type EnergyReply } from './reply.js';
import { seededLedger } from './state/ledger.js';
import type { WorkerData } from './worker.js';

export interface EnergyAsk {
  readonly method: string;
  readonly path: string;
  readonly query: string | undefined;
  readonly headers: RawHeaders;
  readonly body: Buffer | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface EnergyService {
  /** Never rejects: what goes wrong is an answer with an honest status. */
  answer(ask: EnergyAsk): Promise<EnergyReply>;
  stats(): CrewStats;
  /** Calls back after each change of the state; gives back what ends that. */
  onStateChanged(listener: StateListener): () => void;
  close(): Promise<void>;
}

const computed: Readonly<Record<string, { kind: JobKind; limit: number; priority: 1 | 2 }>> = {
  '/energy/gradient': { kind: 'gradient', limit: 5, priority: 1 },
  '/energy/monitor': { kind: 'monitor', limit: 50, priority: 1 },
  '/energy/calibrate': { kind: 'calibrate', limit: 50, priority: 2 },
};

export function createEnergyService(
  given: Partial<EnergyOptions>,
  deps: { clock: Clock; log: Log },
): EnergyService {
  const options: EnergyOptions = { ...defaultEnergyOptions, ...given };
  const workerData: WorkerData = { loaded: undefined, shelfBytesMax: options.shelfBytesMax };
  const live = new LiveState(seededLedger(options.seed, options.agents), deps.clock);
  const crew = new Crew(
    {
      ...options,
      workerFile: workerFileOf(options),
      threads: options.workers,
      workerData,
      memory: {
        gainBytesMax: options.jobBytesMax,
        lookMs: options.memoryLookMs,
        readBytes: () => process.memoryUsage.rss(),
      },
    },
    deps,
  );

  const compute = async (ask: EnergyAsk): Promise<EnergyReply> => {
    const endpoint = computed[ask.path];
    if (endpoint === undefined) throw new Failure('not_found');
    const defaults = { ...live.ledger, limit: endpoint.limit };
    const { parameters } = parseParameters(ask.query, defaults, options);
    const isLive = parameters.seed === live.ledger.seed && parameters.agents === live.ledger.agents;
    const message: Omit<JobMessage, 'jobId'> = {
      kind: endpoint.kind,
      parameters,
      version: live.version,
      ledger: isLive ? live.shared() : undefined,
      source: 'seed',
      wallMs: deps.clock.wallMs(),
      changedAtMs: live.changedAtMs,
      swarm: options.swarm,
      body: undefined,
    };
    const key = JSON.stringify([endpoint.kind, parameters, live.version]);
    const result = (await crew.run({
      key,
      priority: endpoint.priority,
      message,
      signal: ask.signal,
    })) as JobResult;
    if (result.kind === 'refused') throw new Failure(result.code, { detail: result.detail });
    return stateReply(Buffer.from(result.bytes), message.version);
  };

  return {
    async answer(ask) {
      try {
        return await compute(ask);
      } catch (thrown) {
        if (!(thrown instanceof Failure)) {
          deps.log.error('energy request failed', describeThrown(thrown));
        }
        return failureReply(asFailure(thrown));
      }
    },
    stats: () => crew.stats(),
    onStateChanged: (listener) => live.onChanged(listener),
    close: () => crew.close(),
  };
}
