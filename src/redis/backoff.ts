/** When to try again: at once after a stable time, then ever later, with jitter. */
import type { Clock } from '../clock.js';

export interface BackoffOptions {
  /** The second try; the first comes at once. */
  readonly firstMs: number;
  readonly maxMs: number;
  /** What lasted for so long was well: the next loss begins a new count. */
  readonly stableMs: number;
  readonly random: () => number;
}

export interface Backoff {
  /** A try failed, or what it opened was lost; answers how long to wait before the next. */
  failed(): number;
  succeeded(): void;
  /** Failures since the last stable time. */
  failures(): number;
}

/** Added and never taken away, so that `maxMs` is a promise to the server. */
const JITTER_SHARE = 0.25;

export function openBackoff(options: BackoffOptions, clock: Clock): Backoff {
  const { firstMs, maxMs, stableMs, random } = options;
  let failures = 0;
  let wellSinceMs: number | undefined;
  return {
    failed() {
      if (wellSinceMs !== undefined && clock.nowMs() - wellSinceMs >= stableMs) failures = 0;
      wellSinceMs = undefined;
      failures += 1;
      if (failures === 1) return 0;
      const waitMs = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 2, 30));
      return waitMs * (1 + JITTER_SHARE * random());
    },
    succeeded() {
      wellSinceMs ??= clock.nowMs();
    },
    failures: () => failures,
  };
}
