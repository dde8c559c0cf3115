/** Rejections: how often a value of the second tier was not believed, and why. */
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { AbsentReason } from './frame.js';
import { countOne } from './tally.js';

/** Why a value counts as absent: what its frame shows, or that it is no text at all. */
export type RejectReason = AbsentReason | 'type' | 'scope';

const LINE_EVERY_MS = 10_000;

/** Counts what was not believed; the log gets a line now and then, not one for each. */
export function openRejections({
  clock,
  log,
}: {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Pick<Log, 'warn'>;
}) {
  const counts = new Map<RejectReason, number>();
  let saidMs = -Infinity;
  let suppressed = 0;
  return {
    counts,
    count(reason: RejectReason): void {
      countOne(counts, reason);
      // An end that was reached is no reason for anybody to look.
      if (reason === 'expired') return;
      const nowMs = clock.nowMs();
      if (nowMs - saidMs < LINE_EVERY_MS) {
        suppressed += 1;
        return;
      }
      log.warn('second_tier_rejected', { reason, suppressed });
      saidMs = nowMs;
      suppressed = 0;
    },
  };
}
