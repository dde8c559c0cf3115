/** The gate before new connections: while they fail, who has no leave does not even try. */
import type { Clock } from '../clock.js';
import { kindOf, RedisFailure, type FailureKind } from './failure.js';

export interface Gate {
  /** Leave for one try, whatever happened before. */
  allow(): void;
  /** Why nobody may try now; undefined when one may. */
  readonly why: () => FailureKind | undefined;
  /** Runs the try, or refuses it (as collateral: it is no new failure). */
  pass<T>(open: () => Promise<T>): Promise<T>;
}

export interface GateOptions {
  /** Rest after a failure. */
  readonly restMs: number;
  readonly random: () => number;
}

const JITTER_SHARE = 0.25;

export function openGate({ restMs, random }: GateOptions, clock: Clock): Gate {
  let leaves = 0;
  let closed: { readonly kind: FailureKind; readonly untilMs: number } | undefined;
  const why = (): FailureKind | undefined =>
    closed !== undefined && clock.nowMs() < closed.untilMs ? closed.kind : undefined;
  return {
    allow() {
      leaves += 1;
    },
    why,
    async pass(open) {
      const kind = why();
      if (kind !== undefined && leaves === 0) throw new RedisFailure(kind, true);
      leaves = Math.max(0, leaves - 1);
      try {
        const opened = await open();
        closed = undefined;
        return opened;
      } catch (thrown) {
        const untilMs = clock.nowMs() + restMs * (1 + JITTER_SHARE * random());
        closed = { kind: kindOf(thrown), untilMs };
        throw thrown;
      }
    },
  };
}
