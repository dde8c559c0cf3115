/** What may be done to the state: each act is checked whole, then applied or refused whole. */
import { Failure } from '../errors.js';
import type { RawHeaders } from '../message.js';
import { learn } from './calibrate.js';
import type { Engine, JobDone } from './engine.js';
import { readEvent } from './events.js';
import { Fields, parseJson } from './fields.js';
import type { CalibrationEffects } from './job.js';
import { changeReply, keyOfBody, momentReply, type EnergyReply } from './reply.js';
import { refuseQuery } from './parameters.js';
import { watched } from './reads.js';
import type { EnergyAsk } from './service.js';
import { HISTORY_MAX, keepLast, type Ledger } from './state/ledger.js';
import { leaned } from './swarm-roles.js';
import { readCalibrateRequest, readOptimizeRequest } from './tasks.js';

function isJson(headers: RawHeaders): boolean {
  let value: string | undefined;
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at]?.toLowerCase() === 'content-type') value = headers[at + 1];
  }
  return value !== undefined && /^application\/json\s*(;|$)/i.test(value);
}

/** The bytes of a body that is JSON by its own word and short enough to be read. */
function bodyOf(ask: EnergyAsk, bytesMax: number): Buffer {
  refuseQuery(ask.query);
  const body = ask.body ?? Buffer.alloc(0);
  if (body.length > bytesMax) {
    throw new Failure('body_too_large', { detail: `The body may hold ${bytesMax} bytes.` });
  }
  if (body.length === 0) throw new Failure('bad_request', { detail: 'A JSON body is needed.' });
  if (!isJson(ask.headers)) throw new Failure('unsupported_media');
  return body;
}

/** For acts whose settings all have defaults, no body means no wishes. */
function optionalBody(ask: EnergyAsk, bytesMax: number): unknown {
  refuseQuery(ask.query);
  return ask.body === undefined || ask.body.length === 0 ? {} : parseJson(bodyOf(ask, bytesMax));
}

export function logAct(engine: Engine, ask: EnergyAsk): EnergyReply {
  const event = parseJson(bodyOf(ask, engine.options.bodyBytesMax));
  const { metric, change } = readEvent(event, engine.live.ledger.agents);
  const nowMs = engine.clock.wallMs();
  engine.events.add({ metric, received_at: nowMs / 1000, event });
  if (change !== undefined) {
    engine.live.change((ledger) => {
      change(ledger, nowMs);
    });
  }
  const answer = {
    status: 'ok',
    message: 'The event was logged.',
    event_count: engine.events.count,
    state_version: engine.live.version,
  };
  return change === undefined ? momentReply(answer) : changeReply(answer);
}

export function resetAct(engine: Engine, ask: EnergyAsk): EnergyReply {
  new Fields(optionalBody(ask, engine.options.bodyBytesMax), 'body', []);
  engine.events.clear();
  engine.live.replace(engine.initialLedger());
  return changeReply({
    message: 'The state is as it was at the start.',
    state_version: engine.live.version,
  });
}

/** Replays what a calibration found on the live state as it is now. */
function applyEffects(ledger: Ledger, effects: CalibrationEffects): void {
  for (const task of effects.tasks) learn(ledger, task);
  for (const terms of effects.history) keepLast(ledger.history, terms, HISTORY_MAX);
  ledger.coefficients = effects.coefficients;
  ledger.knob = effects.knob;
  if (effects.lean !== undefined) ledger.roles.set(leaned(ledger.roles, effects.lean));
}

const CALIBRATIONS_WAITING_MAX = 8;
const STARTS_MAX = 3;

/**
 * Calibrations that are applied follow one another, because each tunes what the one before it
 * left. Events may come in while one computes, and its findings are replayed after them; after a
 * reset they would be about a state that is gone, so it begins again.
 */
export class Calibrator {
  readonly #engine: Engine;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async act(ask: EnergyAsk): Promise<EnergyReply> {
    const { options } = this.#engine;
    const wishes = readCalibrateRequest(optionalBody(ask, options.bodyBytesMax), options.swarm);
    if (this.#waiting >= CALIBRATIONS_WAITING_MAX) throw new Failure('busy', { retryAfterS: 5 });
    this.#waiting += 1;
    const turn = this.#last.then(() => this.#run(wishes, ask.signal));
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#waiting -= 1;
    }
  }

  async #run(
    wishes: ReturnType<typeof readCalibrateRequest>,
    signal: AbortSignal | undefined,
  ): Promise<EnergyReply> {
    const engine = this.#engine;
    const request = { kind: 'calibrate', ...wishes, applied: true } as const;
    for (let start = 0; start < STARTS_MAX; start += 1) {
      const { ledger } = engine.live;
      const parameters = { agents: ledger.agents, seed: ledger.seed, limit: 50, offset: 0 };
      const done: JobDone = await watched(engine, request, (onProgress) =>
        engine.compute(request, { parameters, live: true }, { priority: 2, signal, onProgress }),
      );
      const { effects } = done;
      if (engine.live.ledger !== ledger || effects === undefined) continue;
      engine.live.change((live) => {
        applyEffects(live, effects);
      });
      const answer = JSON.parse(Buffer.from(done.bytes).toString()) as object;
      return changeReply({ ...answer, state_version: engine.live.version });
    }
    throw new Failure('busy', { retryAfterS: 1 });
  }
}

export async function computeAct(engine: Engine, ask: EnergyAsk): Promise<EnergyReply> {
  const { stateBytesMax, agentsMax } = engine.options;
  const body = bodyOf(ask, stateBytesMax);
  const { agents, seed } = engine.live.ledger;
  const on = { parameters: { agents, seed, limit: 1, offset: 0 }, live: false };
  const done = await engine.compute({ kind: 'compute', body, agentsMax }, on, {
    priority: 1,
    signal: ask.signal,
    key: keyOfBody('compute', body),
  });
  return momentReply(Buffer.from(done.bytes));
}

export async function optimizeAct(engine: Engine, ask: EnergyAsk): Promise<EnergyReply> {
  const wishes = readOptimizeRequest(parseJson(bodyOf(ask, engine.options.bodyBytesMax)));
  const { agents, seed } = engine.live.ledger;
  const on = { parameters: { agents, seed, limit: wishes.count, offset: 0 }, live: true };
  const done = await engine.compute({ kind: 'optimize', ...wishes }, on, {
    priority: 1,
    signal: ask.signal,
  });
  return momentReply(Buffer.from(done.bytes));
}
