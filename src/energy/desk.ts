/** What a worker does with a job: finds the state, computes, and writes the answer as bytes. */
import { createHash } from 'node:crypto';
import { deserialize } from 'node:v8';
import type { Clock } from '../clock.js';
import { Failure } from '../errors.js';
import { calibrationAnswer } from './answers/calibration.js';
import { computedAnswer } from './answers/computed.js';
import type { AnswerContext } from './answers/context.js';
import { gradientAnswer } from './answers/gradient.js';
import { monitorAnswer } from './answers/monitor.js';
import { optimizedAnswer } from './answers/optimized.js';
import type { BaseShelf } from './base-shelf.js';
import { calibrate } from './calibrate.js';
import { evaluate } from './evaluate.js';
import { parseJson } from './fields.js';
import type { JobMessage, JobProgress, JobRequest, JobResult } from './job.js';
import type { PreparedBase } from './state/base.js';
import { seededLedger, type Ledger } from './state/ledger.js';
import { moveBase } from './state/moved.js';
import { readComputeRequest } from './state/unified.js';

export interface DeskTools {
  readonly clock: Clock;
  readonly shelf: BaseShelf;
  readonly onProgress: (progress: JobProgress) => void;
}

interface Desk {
  readonly job: JobMessage;
  readonly context: AnswerContext;
  readonly ledger: Ledger;
  readonly base: PreparedBase;
}

/** Always a copy of the job's own: a calibration changes it. */
function ledgerOf(job: JobMessage): Ledger {
  if (job.ledger === undefined) return seededLedger(job.parameters.seed, job.parameters.agents);
  // Copied out of the shared memory, for the reader of the format does not take shared bytes.
  return deserialize(Buffer.from(new Uint8Array(job.ledger))) as Ledger;
}

/** Two answers with the same hash were computed from the same numbers by the same rules. */
function inputsHash(job: JobMessage): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([job.request.kind, job.parameters, job.source]));
  if (job.ledger !== undefined) hash.update(new Uint8Array(job.ledger));
  return hash.digest('hex').slice(0, 32);
}

function setDesk(job: JobMessage, tools: DeskTools): Desk {
  const startedMs = tools.clock.nowMs();
  const ledger = ledgerOf(job);
  const base = tools.shelf.take(job.source, ledger.seed, ledger.agents);
  const context: AnswerContext = {
    parameters: job.parameters,
    version: job.version,
    inputsHash: inputsHash(job),
    wallMs: job.wallMs,
    changedAtMs: job.changedAtMs,
    elapsedMs: () => tools.clock.nowMs() - startedMs,
  };
  return { job, context, ledger, base: moveBase(base, ledger.moved) };
}

export function work(job: JobMessage, tools: DeskTools): JobResult {
  try {
    const { request } = job;
    switch (request.kind) {
      case 'compute':
        return compute(job, request, tools.clock);
      case 'calibrate':
        return calibration(setDesk(job, tools), request, tools);
      case 'gradient':
      case 'monitor':
      case 'optimize':
        return reading(setDesk(job, tools), request);
    }
  } catch (thrown) {
    // What the caller got wrong is an answer; anything else is a fault and brings the job down.
    if (!(thrown instanceof Failure)) throw thrown;
    const detail = thrown.detail ?? thrown.message;
    return { kind: 'refused', jobId: job.jobId, code: thrown.code, detail };
  }
}

type Of<Kind extends JobRequest['kind']> = Extract<JobRequest, { kind: Kind }>;

function reading(desk: Desk, request: Of<'gradient' | 'monitor' | 'optimize'>): JobResult {
  const { job, base, ledger, context } = desk;
  const evaluation = evaluate(base, ledger, job.wallMs);
  switch (request.kind) {
    case 'gradient':
      return done(job, gradientAnswer(ledger, evaluation, context), evaluation.terms);
    case 'monitor':
      return done(job, monitorAnswer(base, ledger, evaluation, context), evaluation.terms);
    case 'optimize':
      return done(job, optimizedAnswer(base, ledger, evaluation, context, request));
  }
}

function calibration(desk: Desk, request: Of<'calibrate'>, tools: DeskTools): JobResult {
  const { job, base, ledger, context } = desk;
  const result = calibrate(base, ledger, job.wallMs, {
    tasks: request.tasks,
    swarm: request.swarm,
    onProgress: (finished, total) => {
      tools.onProgress({ jobId: job.jobId, done: finished, total });
    },
  });
  const answer = calibrationAnswer(ledger, result, context, request.applied);
  return done(job, answer, undefined, {
    tasks: result.tasks,
    history: ledger.history.slice(-result.tasks.length),
    coefficients: result.after,
    knob: result.knob.after,
    lean: result.swarm?.lean,
  });
}

function compute(job: JobMessage, request: Of<'compute'>, clock: Clock): JobResult {
  const startedMs = clock.nowMs();
  const read = readComputeRequest(parseJson(request.body), request.agentsMax);
  return done(
    job,
    computedAnswer(read, job.wallMs, () => clock.nowMs() - startedMs),
  );
}

type Done = Extract<JobResult, { kind: 'done' }>;

function done(
  job: JobMessage,
  answer: object,
  terms?: Done['terms'],
  effects?: Done['effects'],
): JobResult {
  const bytes = new TextEncoder().encode(JSON.stringify(answer));
  return { kind: 'done', jobId: job.jobId, bytes, terms, effects };
}
