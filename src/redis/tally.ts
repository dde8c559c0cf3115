/** Counts commands and errors by closed words, and says each error to the log. */
import type { Log } from '../log.js';
import type { FailureKind } from './failure.js';

/** What a command is for; each class has a breaker of its own. */
export const operations = ['read', 'write', 'lock', 'bus'] as const;
export type Operation = (typeof operations)[number];

/** Beside the classes: opening, health checks, and connections that one caller has for itself. */
export type Doing = Operation | 'connect' | 'exclusive' | 'dedicated';

export interface ErrorCount {
  readonly op: Doing;
  readonly kind: FailureKind;
  readonly count: number;
}

export interface Tally {
  commands: number;
  error(op: Doing, kind: FailureKind): void;
  errors(): number;
  errorCounts(): readonly ErrorCount[];
}

/** The log itself writes one line a second of what says the same thing. */
export function openTally(log: Pick<Log, 'warn'>): Tally {
  const counts = new Map<Doing, Map<FailureKind, number>>();
  let errors = 0;
  return {
    commands: 0,
    error(op, kind) {
      // A script that a new server has not met is sent again at once: nothing went wrong.
      if (kind === 'noscript') return;
      errors += 1;
      const kinds = counts.get(op) ?? new Map<FailureKind, number>();
      counts.set(op, kinds.set(kind, (kinds.get(kind) ?? 0) + 1));
      log.warn('redis_error', { op, kind });
    },
    errors: () => errors,
    errorCounts: () =>
      [...counts].flatMap(([op, kinds]) =>
        [...kinds].map(([kind, count]) => ({ op, kind, count })),
      ),
  };
}
