/** What a worker does with a job: finds the state, computes, and writes the answer as bytes. */
import { createHash } from 'node:crypto';
import { deserialize } from 'node:v8';
import type { Clock } from '../clock.js';
import { calibrationAnswer } from './answers/calibration.js';
import type { AnswerContext } from './answers/context.js';
import { gradientAnswer } from './answers/gradient.js';
import { monitorAnswer } from './answers/monitor.js';
import type { BaseShelf } from './base-shelf.js';
import { calibrate } from './calibrate.js';
import { evaluate } from './evaluate.js';
import type { JobMessage, JobProgress, JobResult } from './job.js';
import { seededLedger, type Ledger } from './state/ledger.js';

const CALIBRATION_TASKS = 10;

export interface DeskTools {
  readonly clock: Clock;
  readonly shelf: BaseShelf;
  readonly onProgress: (progress: JobProgress) => void;
}

/** Always a copy of the job's own: a calibration changes it. */
function ledgerOf(job: JobMessage): Ledger {
  if (job.ledger === undefined) return seededLedger(job.parameters.seed, job.parameters.agents);
  // Copied out of the shared memory, for the reader of the format does not take shared bytes.
  return deserialize(Buffer.from(new Uint8Array(job.ledger))) as Ledger;
}

function contextOf(job: JobMessage, clock: Clock): AnswerContext {
  const startedMs = clock.nowMs();
  const hash = createHash('sha256').update(JSON.stringify([job.kind, job.parameters, job.source]));
  if (job.ledger !== undefined) hash.update(new Uint8Array(job.ledger));
  return {
    parameters: job.parameters,
    version: job.version,
    inputsHash: hash.digest('hex').slice(0, 32),
    wallMs: job.wallMs,
    changedAtMs: job.changedAtMs,
    elapsedMs: () => clock.nowMs() - startedMs,
  };
}

export function work(job: JobMessage, tools: DeskTools): JobResult {
  const context = contextOf(job, tools.clock);
  const ledger = ledgerOf(job);
  const { base, memo } = tools.shelf.take(job.source, ledger.seed, ledger.agents);
  if (job.kind === 'calibrate') {
    const calibration = calibrate(base, ledger, job.wallMs, {
      tasks: CALIBRATION_TASKS,
      swarm: job.swarm,
      onProgress: (done, total) => {
        tools.onProgress({ jobId: job.jobId, done, total });
      },
    });
    const answer = calibrationAnswer(ledger, calibration, context, false);
    return done(job, answer, calibration.evaluation.terms, {
      tasks: calibration.tasks,
      history: ledger.history.slice(-calibration.tasks.length),
      coefficients: calibration.after,
      knob: calibration.knob.after,
      lean: calibration.swarm?.lean,
    });
  }
  const evaluation = evaluate(base, ledger, job.wallMs, memo);
  const answer =
    job.kind === 'gradient'
      ? gradientAnswer(ledger, evaluation, context)
      : monitorAnswer(base, ledger, evaluation, context);
  return done(job, answer, evaluation.terms);
}

type Done = Extract<JobResult, { kind: 'done' }>;

function done(
  job: JobMessage,
  answer: object,
  terms: Done['terms'],
  effects?: Done['effects'],
): JobResult {
  const bytes = new TextEncoder().encode(JSON.stringify(answer));
  return { kind: 'done', jobId: job.jobId, bytes, terms, effects };
}
