/** What many nodes agree on: where they stand in the order of purges, and who computes. */
import type { Failure } from '../errors.js';

/** A place in the order of purges that all nodes share. */
export interface FleetMark {
  /** The journal that counts; another one counts another order. */
  readonly journal: string;
  readonly seq: number;
}

export interface Fleet {
  /**
   * Where in the shared order of purges this node stands; it goes into each frame. Undefined: not
   * known now, so nothing may be written to the second tier or read from it.
   */
  mark(): FleetMark | undefined;
  /** Tries to know it again, and waits for that no longer than this; never rejects. */
  catchUp?(waitMs: number): Promise<void>;
  /**
   * Our own purge epoch that stood when the fleet stood at that mark. Undefined: it is too old, or
   * of another journal, so the value counts as absent.
   */
  epochAt(mark: FleetMark): number | undefined;
  /**
   * One computation in the fleet. Never waits longer than its budget before it says `alone`;
   * `budgetMs` is what the caller has left for Redis where that is less. The wait for somebody
   * else's computation is no wait for Redis, and of none that began before our own purge epoch
   * `since`: whoever leads that is taken over.
   */
  lead(
    key: string,
    signal: AbortSignal | undefined,
    budgetMs?: number,
    since?: () => number,
  ): Promise<Lead>;
}

/** What a computation left for the others. */
export type Released = 'stored' | 'not-stored' | 'failed';

export type Lead =
  /** Compute; the lead is renewed for as long as it is held. */
  | {
      readonly kind: 'lead';
      /** `isLasting`: the next answer will not be stored either. */
      release(how: Released, failure?: Failure, isLasting?: boolean): Promise<void>;
    }
  /** Somebody else has computed it: look again in the second tier. */
  | { readonly kind: 'landed' }
  /** Whoever computed it failed: learn it at once. */
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** Redis is gone or takes no writes, or nobody stores this answer (`isLasting`): compute here. */
  | { readonly kind: 'alone'; readonly isLasting?: true };
