/** The energy service: has done what a request asks for, and says when the state changes. */
import type { Clock } from '../clock.js';
import { asFailure, describeThrown, Failure } from '../errors.js';
import type { Log } from '../log.js';
import type { RawHeaders } from '../message.js';
import { Calibrator, computeAct, logAct, optimizeAct, resetAct } from './acts.js';
import type { CrewStats } from './crew-tally.js';
import { Engine } from './engine.js';
import type { StateListener } from './live-state.js';
import { defaultEnergyOptions, type EnergyOptions } from './options.js';
import type { CalibrationProgress, ProgressListener } from './progress.js';
import {
  calibrationRead,
  computedRead,
  healthRead,
  logsRead,
  metaRead,
  pairsRead,
  progressRead,
} from './reads.js';
import { failureReply, type EnergyReply } from './reply.js';
import type { WatcherStats } from './watchers.js';

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
  /** Calls back after each change of the state, before the act that made it is answered. */
  onStateChanged(listener: StateListener): () => void;
  version(): number;
  /** The calibrations that wait or run now. */
  progress(): readonly CalibrationProgress[];
  /** Calls back at each step of each calibration; its last word is `finished` or `failed`. */
  onProgress(listener: ProgressListener): () => void;
  /** Who watches calibrations over HTTP. */
  watchers(): WatcherStats;
  /** Ends those answers, which would hold up a shutdown, and gives no more of them. */
  endWatching(): void;
  close(): Promise<void>;
}

type Handler = (engine: Engine, ask: EnergyAsk) => EnergyReply | Promise<EnergyReply>;
type Endpoint = Readonly<Partial<Record<'GET' | 'POST', Handler>>>;

function endpointsOf(engine: Engine): ReadonlyMap<string, Endpoint> {
  const calibrator = new Calibrator(engine);
  return new Map<string, Endpoint>([
    ['/energy/gradient', { GET: computedRead('gradient') }],
    ['/energy/monitor', { GET: computedRead('monitor') }],
    ['/energy/calibrate', { GET: calibrationRead, POST: (_, ask) => calibrator.act(ask) }],
    ['/energy/calibrate/progress', { GET: progressRead }],
    ['/energy/meta', { GET: metaRead }],
    ['/energy/health', { GET: healthRead }],
    ['/energy/logs', { GET: logsRead }],
    ['/energy/pair_stats', { GET: pairsRead }],
    ['/energy/log', { POST: logAct }],
    ['/energy/reset', { POST: resetAct }],
    ['/energy/compute', { POST: computeAct }],
    ['/energy/optimize', { POST: optimizeAct }],
  ]);
}

export function createEnergyService(
  given: Partial<EnergyOptions>,
  deps: { clock: Clock; log: Log },
): EnergyService {
  const engine = new Engine({ ...defaultEnergyOptions, ...given }, deps);
  const endpoints = endpointsOf(engine);

  const answer = async (ask: EnergyAsk): Promise<EnergyReply> => {
    const endpoint = endpoints.get(ask.path);
    if (endpoint === undefined) return failureReply(new Failure('not_found'));
    const method = ask.method === 'HEAD' ? 'GET' : ask.method;
    const handler = method === 'GET' || method === 'POST' ? endpoint[method] : undefined;
    if (handler === undefined) {
      const allow = Object.keys(endpoint).flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : one));
      return failureReply(new Failure('method_refused'), allow);
    }
    try {
      return await handler(engine, ask);
    } catch (thrown) {
      if (!(thrown instanceof Failure)) {
        deps.log.error('energy_request_failed', describeThrown(thrown));
      }
      return failureReply(asFailure(thrown));
    }
  };

  /** What a listener does wrong is logged, and must not undo what it was told about. */
  const guarded =
    <T>(listener: (value: T) => void) =>
    (value: T): void => {
      try {
        listener(value);
      } catch (thrown) {
        deps.log.error('energy_listener_failed', describeThrown(thrown));
      }
    };

  return {
    async answer(ask) {
      const reply = await answer(ask);
      return ask.method === 'HEAD' ? { ...reply, body: Buffer.alloc(0) } : reply;
    },
    stats: () => engine.crew.stats(),
    onStateChanged: (listener) => engine.live.onChanged(guarded(listener)),
    version: () => engine.live.version,
    progress: () => engine.progress.list(),
    onProgress: (listener) => engine.progress.onProgress(guarded(listener)),
    watchers: () => engine.watchers.stats(),
    endWatching() {
      engine.watchers.end();
    },
    close() {
      engine.watchers.end();
      return engine.crew.close();
    },
  };
}
