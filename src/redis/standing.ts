/** How the pool stands: up or down, since when and why; each change is said once. */
import type { Clock, Timer } from '../clock.js';
import type { Log } from '../log.js';
import type { FailureKind } from './failure.js';

export interface PoolStanding {
  readonly up: () => void;
  failed(kind: FailureKind, isLast: boolean): void;
  readonly isUp: () => boolean;
  readonly lastKind: () => FailureKind | undefined;
  /** Resolves at the first `up` or `failed`. */
  readonly tried: () => Promise<void>;
  close(): void;
}

export interface StandingOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** After a fall it is said to be up again when it has been for so long. */
  readonly stableMs: number;
}

/** What an operator must mend; all else may heal by itself. */
const LOUD = new Set<FailureKind>(['auth', 'tls']);

export function openStanding({ clock, log, stableMs }: StandingOptions): PoolStanding {
  let isUp = false;
  let said: 'nothing' | 'up' | 'down' = 'nothing';
  let lastKind: FailureKind | undefined;
  let calm: Timer | undefined;
  let settle: () => void = () => undefined;
  const tried = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const sayUp = (): void => {
    calm = undefined;
    if (said === 'up') return;
    said = 'up';
    log.info('redis_up');
  };
  return {
    up() {
      isUp = true;
      settle();
      if (said === 'nothing') sayUp();
      else calm ??= clock.after(stableMs, sayUp);
    },
    failed(kind, isLast) {
      lastKind = kind;
      if (!isLast) return;
      isUp = false;
      calm?.cancel();
      calm = undefined;
      if (said !== 'down') {
        said = 'down';
        log[LOUD.has(kind) ? 'error' : 'warn']('redis_down', { reason: kind });
      }
      settle();
    },
    isUp: () => isUp,
    lastKind: () => lastKind,
    tried: () => tried,
    close() {
      calm?.cancel();
      settle();
    },
  };
}
