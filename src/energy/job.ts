/** What the service and its worker threads say to each other. */
import type { FailureCode } from '../errors.js';
import type { TaskResult } from './calibrate.js';
import type { Coefficients } from './model/coefficients.js';
import type { Terms } from './model/terms.js';
import type { CalibrateRequest, OptimizeRequest } from './tasks.js';

export type JobRequest =
  | { readonly kind: 'gradient' }
  | { readonly kind: 'monitor' }
  /** `applied` only says in the answer what the service does with the result. */
  | (CalibrateRequest & { readonly kind: 'calibrate'; readonly applied: boolean })
  | (OptimizeRequest & { readonly kind: 'optimize' })
  /** The state to compute on is in the body, which is read in the worker: it may be long. */
  | { readonly kind: 'compute'; readonly body: Uint8Array; readonly agentsMax: number };

export interface Parameters {
  readonly agents: number;
  readonly seed: number;
  readonly limit: number;
  readonly offset: number;
}

/** A job as it goes to a worker: it names everything that the answer is computed from. */
export interface JobMessage {
  readonly jobId: string;
  readonly request: JobRequest;
  readonly parameters: Parameters;
  readonly version: number;
  /** The live state, as bytes shared by all jobs of one version; none: a fresh one of the seed. */
  readonly ledger: SharedArrayBuffer | undefined;
  readonly source: 'seed' | 'file';
  readonly wallMs: number;
  readonly changedAtMs: number;
}

/** What a calibration found, small enough to be replayed on the live state. */
export interface CalibrationEffects {
  readonly tasks: readonly TaskResult[];
  readonly history: readonly Terms[];
  readonly coefficients: Coefficients;
  readonly knob: number;
  readonly lean: readonly number[] | undefined;
}

export type JobResult =
  | {
      readonly kind: 'done';
      readonly jobId: string;
      readonly bytes: Uint8Array;
      readonly terms: Terms | undefined;
      readonly effects: CalibrationEffects | undefined;
    }
  /** The job itself was not valid; `detail` is a sentence of ours and names the field. */
  | {
      readonly kind: 'refused';
      readonly jobId: string;
      readonly code: FailureCode;
      readonly detail: string;
    };

export interface JobProgress {
  readonly jobId: string;
  readonly done: number;
  readonly total: number;
}
