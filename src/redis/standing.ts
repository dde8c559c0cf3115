/** How the pool stands: up or down, since when and why; each change is said once. */
import type { Clock, Timer } from '../clock.js';
import type { Log } from '../log.js';
import type { FailureKind } from './failure.js';

export interface PoolStanding {
  readonly up: () => void;
  failed(kind: FailureKind, isLast: boolean): void;
  /** Redis has answered a question of ours that asked for nothing else. */
  readonly checked: () => void;
  /** Undefined before the first answer. */
  readonly checkedWallMs: () => number | undefined;
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
  let checkedWallMs: number | undefined;
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
  const checked = (): void => {
    checkedWallMs = clock.wallMs();
  };
  return {
    checked,
    checkedWallMs: () => checkedWallMs,
    up() {
      isUp = true;
      // The handshake asks, and was answered.
      checked();
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
