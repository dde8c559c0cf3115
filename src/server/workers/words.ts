/** What the primary process and its workers say to each other, in both directions. */
import type { Act, Reach } from '../../cache/spread.js';
import type { FailureCode } from '../../errors.js';
import type { LogLevel } from '../../log.js';

/** An act in the order that all workers share; the one that did it first only learns its place. */
export interface PlacedAct {
  readonly seq: number;
  /** Whose act it is; undefined for those of the primary. */
  readonly from: number | undefined;
  readonly nth: number;
  readonly act: Act;
  /** Whether this worker tells other machines of it, where there are any. */
  readonly spreads: boolean;
}

/** What became of it in one worker. */
export interface Acted {
  /** Stored answers that were touched; null where that is not counted. */
  readonly matched: number | null;
  /** It was not carried out, and why. */
  readonly refused?: FailureCode | undefined;
  /** By which its way to other machines can be followed. */
  readonly id?: string | undefined;
}

export type LeadWord =
  /** With it comes who holds an answer already, be it an old one. */
  | { readonly kind: 'lead'; readonly holder: Neighbour | undefined }
  /** Somebody computes it; what comes of it is told later. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'alone' };

export type LandedHow = 'stored' | 'not-stored' | 'failed' | 'lead';

export type ToPrimary =
  /** It can hear: what is sent before that is lost. */
  | { readonly kind: 'hello' }
  | {
      readonly kind: 'ready';
      readonly address: string;
      readonly port: number;
      readonly door: string;
    }
  /** It cannot start, for a reason that an operator can mend. */
  | { readonly kind: 'failed'; readonly sentence: string }
  /** This worker holds an answer that others may have. */
  | { readonly kind: 'kept'; readonly family: string }
  | {
      readonly kind: 'released';
      readonly family: string;
      readonly how: Exclude<LandedHow, 'lead'>;
      readonly code: FailureCode | undefined;
    }
  /** It waits for that no longer. */
  | { readonly kind: 'left'; readonly family: string };

export type AskPrimary =
  | { readonly kind: 'act'; readonly nth: number; readonly act: Act }
  | { readonly kind: 'where'; readonly family: string }
  | { readonly kind: 'lead'; readonly family: string }
  /** From now on it hears of every act; the answer is the place of the last one before. */
  | { readonly kind: 'join' }
  | { readonly kind: 'neighbours' };

export type ToWorker =
  | { readonly kind: 'begin'; readonly begin: unknown }
  | { readonly kind: 'level'; readonly level: LogLevel }
  | { readonly kind: 'drain'; readonly energyVersion: number }
  | {
      readonly kind: 'landed';
      readonly family: string;
      readonly how: LandedHow;
      readonly code: FailureCode | undefined;
    };

export type AskWorker =
  | { readonly kind: 'count'; readonly sights: boolean }
  | { readonly kind: 'act'; readonly placed: PlacedAct }
  | { readonly kind: 'apply'; readonly settings: unknown }
  | { readonly kind: 'reach'; readonly id: string; readonly wait: boolean };

export type { Reach };

/** Another worker's door, for whoever looks for something there. */
export interface Neighbour {
  readonly worker: number;
  readonly door: string;
}
