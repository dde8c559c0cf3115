/** Lifecycle: signals, the way down in order, and the end when something unexpected was thrown. */
import type { Clock } from './clock.js';
import { describeThrown } from './errors.js';
import type { Log } from './log.js';

/** What was to end by itself had to be ended, or ended with an error. */
export class UncleanEnd extends Error {
  override readonly name = 'UncleanEnd';
}

export interface Process {
  on(event: string, listener: (thrown: unknown) => void): unknown;
  exit(code: number): never;
}

export interface LifecycleOptions {
  readonly process: Process;
  readonly clock: Clock;
  readonly log: Log;
  /** Everything that must end, in order; resolves when it has. Unsound after an accident. */
  readonly shutDown: (isSound: boolean) => Promise<void>;
  /** From the first signal on; then the process leaves whatever is left. */
  readonly limitMs: number;
}

export interface Lifecycle {
  /** Resolves with the exit code once everything is down. */
  readonly done: Promise<number>;
  /** Begins to shut down, as a signal would. */
  stop(): void;
}

const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;
/** Ctrl-C reaches us from the terminal and once more through npm: both are one wish. */
const ECHO_MS = 250;
/** How long the pools may take to close after the last request. */
const GRACE_MS = 5000;

export function watchLifecycle(options: LifecycleOptions): Lifecycle {
  const { process, log, clock } = options;
  let ending = false;
  let firstMs = 0;
  let finish: (code: number) => void = () => undefined;
  const done = new Promise<number>((resolve) => {
    finish = resolve;
  });
  const end = (code: number): void => {
    if (ending) return;
    ending = true;
    // Whatever hangs, the process does not: a dead dependency is not waited for.
    const overdue = clock.after(options.limitMs + GRACE_MS, () => {
      log.error('shutdown_overdue');
      finish(code === 0 ? 1 : code);
    });
    let unclean = false;
    options
      .shutDown(code === 0)
      .catch((thrown: unknown) => {
        unclean = thrown instanceof UncleanEnd;
        log.error('shutdown_failed', describeThrown(thrown));
      })
      .finally(() => {
        overdue.cancel();
        // What did not end as it should must not look as if it had.
        finish(code === 0 && unclean ? 1 : code);
      });
  };
  const signalled = (name: keyof typeof SIGNAL_NUMBERS) => (): void => {
    if (ending && name === 'SIGINT' && clock.nowMs() - firstMs < ECHO_MS) return;
    if (ending) {
      // Asked twice: leave at once, and say by which signal.
      process.exit(128 + SIGNAL_NUMBERS[name]);
    }
    firstMs = clock.nowMs();
    log.info('shutdown_begins', { signal: name });
    end(0);
  };
  const onTerm = signalled('SIGTERM');
  const onInt = signalled('SIGINT');
  // After something unexpected nobody knows what still holds: finish what runs, then leave.
  const onThrown = (thrown: unknown): void => {
    log.error('unexpected', describeThrown(thrown));
    end(1);
  };
  process.on('SIGTERM', onTerm);
  process.on('SIGINT', onInt);
  process.on('uncaughtException', onThrown);
  process.on('unhandledRejection', onThrown);
  return {
    done,
    stop() {
      end(0);
    },
  };
}
