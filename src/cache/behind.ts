/** Behind: computing the next answer while this one goes out, once per key however many ask. */
import { asFailure, describeThrown, Failure } from '../errors.js';
import type { RefreshTrigger, Reply } from '../message.js';
import { isFailing } from '../policy/backoff.js';
import type { Entry } from './entry.js';
import { flightKey } from './flight-key.js';
import { drawsEarly, fly, statusOf } from './flying.js';
import { pauseRefresh } from './keep.js';
import type { Task } from './plan.js';
import type { Computed, Rooms } from './rooms.js';
import { countOne } from './tally.js';

function letGo(reply: Reply | undefined): void {
  if (reply?.body !== undefined && !Buffer.isBuffer(reply.body)) reply.body.destroy();
}

function noteThrown(
  { log }: Rooms,
  { route }: Task,
  trigger: RefreshTrigger,
  thrown: unknown,
): void {
  // That there was no turn for it is counted where turns are given; the next caller tries again.
  if (thrown instanceof Failure && thrown.code === 'busy') return;
  // Whoever warms is told by the thousand, and has a place of his own to count.
  if (trigger === 'warm') return;
  log.warn('refresh_failed', { route: route.pattern, ...describeThrown(thrown) });
}

/** What became of a computation for nobody's request. */
export type Fared =
  | { readonly kind: 'landed'; readonly computed: Computed }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** None was begun: another runs, or it is too early to try again. */
  | { readonly kind: 'idle' };

const IDLE: Fared = { kind: 'idle' };

/** The computation itself keeps what came and notes what failed. */
async function settled(
  rooms: Rooms,
  task: Task,
  trigger: RefreshTrigger,
  flight: Promise<Computed>,
): Promise<Fared> {
  try {
    const computed = await flight;
    // Nobody waits for it: what it holds of the upstream is let go.
    if (computed.kind === 'single') letGo(computed.claim());
    return { kind: 'landed', computed };
  } catch (thrown) {
    noteThrown(rooms, task, trigger, thrown);
    return { kind: 'failed', failure: asFailure(thrown) };
  }
}

function wentWell(fared: Fared): boolean {
  return fared.kind === 'landed' && !isFailing(statusOf(fared.computed));
}

/**
 * A refresh that fails leaves the old answer where it is, and is not tried again at once. Resolves
 * when the one that it began has ended, however it did.
 */
export async function refreshBehind(
  rooms: Rooms,
  task: Task,
  old: Entry | undefined,
  trigger: RefreshTrigger,
): Promise<Fared> {
  if (old !== undefined && rooms.clock.nowMs() < old.refreshNotBeforeMs) return IDLE;
  const tally = rooms.tallies.of(task.route.pattern);
  let flight: Promise<Computed> | undefined;
  try {
    flight = rooms.flights.launch(flightKey(rooms, task), (aboard) =>
      fly(rooms, task, aboard, { trigger, replaced: old }),
    );
  } catch (thrown) {
    if (old !== undefined) pauseRefresh(rooms, old, 'if-busy');
    noteThrown(rooms, task, trigger, thrown);
    return { kind: 'failed', failure: asFailure(thrown) };
  }
  if (flight === undefined) return IDLE;
  countOne(tally.refreshed, trigger);
  const fared = await settled(rooms, task, trigger, flight);
  if (!wentWell(fared)) tally.refreshesFailed += 1;
  return fared;
}

/** The word for what begins at a fixed time before the end. */
export function scheduledTrigger({ route: { cache } }: Task): 'window' | 'scheduled' {
  const isWindowed = typeof cache === 'object' && cache.windowMs !== undefined;
  return isWindowed ? 'window' : 'scheduled';
}

/** Computes the next answer while this one is fresh; no hit begins another until it has ended. */
export async function refreshAhead(
  rooms: Rooms,
  task: Task,
  entry: Entry,
  trigger: RefreshTrigger,
): Promise<void> {
  // One is enough: nobody else is drawn while it runs, nor after it unless it failed.
  entry.earlyFromMs = Infinity;
  await refreshBehind(rooms, task, entry, trigger);
  // Where it was replaced this changes nothing.
  const { clock, negativeRetryMs } = rooms;
  const there = entry.movedTo ?? entry;
  there.earlyFromMs = Math.max(there.refreshNotBeforeMs, clock.nowMs() + negativeRetryMs);
}

/** This hit goes out as it is; where it is drawn, the next answer is computed behind it. */
export async function refreshEarly(
  rooms: Rooms,
  task: Task,
  entry: Entry,
  nowMs: number,
): Promise<void> {
  if (!drawsEarly(rooms, entry, nowMs)) return;
  const trigger = entry.earlyDeltaMs > 0 ? 'early' : scheduledTrigger(task);
  await refreshAhead(rooms, task, entry, trigger);
}
