/** What a computation that failed leaves behind: a pause before the next one. */
import type { Failure, FailureCode } from '../errors.js';
import type { Reply } from '../message.js';
import { isFailing, retryAfterMs } from '../policy/backoff.js';
import type { Work } from './compute.js';
import { flightKey } from './flight-key.js';
import { failuresOf, isGoodYet, pauseRefresh } from './keep.js';

/**
 * Failures that the next caller would most likely meet again, after as long a wait. One connection
 * that broke is no such sign, and what never reached the upstream says nothing about this key.
 */
const COSTLY: ReadonlySet<FailureCode> = new Set([
  'connect',
  'connect_timeout',
  'head_timeout',
  'body_timeout',
]);

/** The old answer waits for its next attempt; where there is none, the key itself remembers. */
export function noteFailure({ rooms, task, old, name }: Work, failure: Failure): void {
  const { status, code, retryAfterS = 0 } = failure;
  const nowMs = rooms.clock.nowMs();
  if (status < 500) return;
  if (isGoodYet(rooms, old, nowMs)) {
    if (code === 'busy') pauseRefresh(rooms, old, 'if-busy');
    else pauseRefresh(rooms, old, 'if-error', retryAfterS * 1000);
    return;
  }
  if (!COSTLY.has(code)) return;
  // A purge came meanwhile: whoever asks after it is not told what was met before it.
  if (flightKey(rooms, task) !== name) return;
  const before = Math.max(failuresOf(old, nowMs), rooms.marks.failures(name, nowMs));
  const failures = before + 1;
  const holdMs = task.plan.failureHoldMs(status, failures);
  if (holdMs > 0) rooms.marks.failed(name, { code, failures, untilMs: nowMs + holdMs });
}

export function noteStatus({ rooms, old }: Work, { status, headers }: Reply): void {
  const nowMs = rooms.clock.nowMs();
  if (!isFailing(status) || !isGoodYet(rooms, old, nowMs)) return;
  pauseRefresh(rooms, old, 'if-error', retryAfterMs(status, headers, rooms.clock.wallMs()));
}
