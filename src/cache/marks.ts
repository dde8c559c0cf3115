/** Marks: for a while, keys remember that their answers are not shared, or that asking failed. */
import { Failure, type FailureCode } from '../errors.js';
import { ERROR_HOLD_MAX_MS } from '../policy/backoff.js';
import type { RefusalReason } from '../message.js';

export type Mark =
  /** Its answer was one caller's own: others need not wait for one another. */
  | { readonly kind: 'alone'; readonly reason: RefusalReason; readonly untilMs: number }
  /** Nobody answered: whoever asks before its end hears the same at once. */
  | {
      readonly kind: 'failed';
      readonly code: FailureCode;
      /** So many in a row. */
      readonly failures: number;
      readonly untilMs: number;
    };

export interface MarksOptions {
  /** How long callers of a key ask side by side after an answer for one alone; zero: never. */
  readonly aloneMs: number;
  readonly marksMax: number;
}

export interface Marks {
  /** The mark that holds now. */
  live(name: string, nowMs: number): Mark | undefined;
  /** Failures in a row until now; those of long ago do not count. */
  failures(name: string, nowMs: number): number;
  alone(name: string, reason: RefusalReason, nowMs: number): void;
  failed(name: string, failure: Omit<Mark & { kind: 'failed' }, 'kind'>): void;
  clear(name: string): void;
  /** Nothing is known of any key. */
  reset(): void;
  stats(): { readonly marks: number; readonly marksMax: number };
}

/** Twice as many would still be small; a client can make one with every new path. */
export const MARKS_MAX = 10_000;

export function openMarks({ aloneMs, marksMax }: MarksOptions): Marks {
  // In the order in which they were made: the first is the oldest.
  const marks = new Map<string, Mark>();
  const put = (name: string, mark: Mark): void => {
    marks.delete(name);
    marks.set(name, mark);
    if (marks.size <= marksMax) return;
    const [oldest] = marks.keys();
    if (oldest !== undefined) marks.delete(oldest);
  };
  return {
    live(name, nowMs) {
      const mark = marks.get(name);
      if (mark === undefined || nowMs < mark.untilMs) return mark;
      // How often it failed counts a while longer than the mark itself holds.
      if (mark.kind === 'alone' || nowMs >= mark.untilMs + ERROR_HOLD_MAX_MS) marks.delete(name);
      return undefined;
    },
    failures(name, nowMs) {
      const mark = marks.get(name);
      if (mark?.kind !== 'failed') return 0;
      return nowMs < mark.untilMs + ERROR_HOLD_MAX_MS ? mark.failures : 0;
    },
    alone(name, reason, nowMs) {
      if (aloneMs > 0) put(name, { kind: 'alone', reason, untilMs: nowMs + aloneMs });
    },
    failed(name, failure) {
      put(name, { kind: 'failed', ...failure });
    },
    clear: (name) => void marks.delete(name),
    reset() {
      marks.clear();
    },
    stats: () => ({ marks: marks.size, marksMax }),
  };
}

/** The failure as whoever asks now hears it, with the time after which asking helps. */
export function failureOf({ code, untilMs }: Mark & { kind: 'failed' }, nowMs: number): Failure {
  return new Failure(code, { retryAfterS: Math.max(1, Math.ceil((untilMs - nowMs) / 1000)) });
}
