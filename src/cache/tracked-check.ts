/** The check of an answer in doubt: the second tier is asked once, and only when it is wanted. */
import type { Clock, Timer } from '../clock.js';
import { describeThrown } from '../errors.js';
import type { Looked } from '../message.js';
import { endMsOf, type Entry } from './entry.js';
import type { Task } from './plan.js';
import type { Rooms } from './rooms.js';
import type { SecondTier } from './second-tier.js';
import { isSame, promoted } from './tiers.js';
import type { CheckOutcome, Tracked } from './tracked.js';
import type { TrackedTier } from './tracked-second.js';

/** What is not known in time is not certain. */
async function inTime(clock: Clock, waitMs: number, isSo: Promise<boolean>): Promise<boolean> {
  let timer: Timer | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = clock.after(Math.max(0, waitMs), () => {
      resolve(false);
    });
  });
  const answer = await Promise.race([isSo, late]);
  timer?.cancel();
  return answer;
}

async function check(
  rooms: Rooms,
  second: SecondTier,
  book: TrackedTier,
  task: Task,
  entry: Entry,
  tracked: Tracked,
  beganMs: number,
): Promise<CheckOutcome> {
  const { store, clock } = rooms;
  const moment = tracked.moment();
  const look = await second.look(task, second.budgetMs, entry);
  if (look.kind === 'failed') {
    book.rest(tracked);
    return 'failed';
  }
  if (look.kind === 'found') {
    const isNewer = !isSame(entry, look.entry);
    if (isNewer && promoted({ rooms, task }, look.entry) !== undefined) return 'newer';
    tracked.isThere = true;
    tracked.vouch(moment);
    return 'same';
  }
  const endMs = Math.min(endMsOf(entry), entry.storedAtMs + book.lifeMaxMs);
  const nowMs = clock.nowMs();
  const leftMs = beganMs + second.budgetMs - nowMs;
  const isTaken =
    look.isEmpty === true && (await inTime(clock, leftMs, tracked.isTakenAway(endMs, nowMs)));
  if (isTaken) {
    if (store.peek(entry.key)?.tracked === tracked) store.delete(entry.key);
    return 'dropped';
  }
  tracked.isThere = false;
  tracked.vouch(moment);
  return 'kept';
}

/**
 * What is in memory afterwards is what counts. However many ask at once, the second tier is asked
 * once; where nothing was there it need not be asked again for what is computed instead. Never
 * rejects.
 */
export async function checkDoubt(
  rooms: Rooms,
  task: Task,
  entry: Entry,
): Promise<Looked | undefined> {
  const { second, clock, purges, log } = rooms;
  const { tracked } = entry;
  if (tracked === undefined || second?.tracked === undefined) return undefined;
  const live = purges.judge(entry) === 'live';
  const use = task.plan.use(entry, task.request, { nowMs: clock.nowMs(), live });
  // It would not go out: what is computed instead is looked for there first.
  if (use.kind === 'ask') return undefined;
  const { tracked: book } = second;
  const beganMs = clock.nowMs();
  tracked.checking ??= check(rooms, second, book, task, entry, tracked, beganMs)
    .catch((thrown: unknown): CheckOutcome => {
      log.warn('tracked_check_failed', describeThrown(thrown));
      book.rest(tracked);
      return 'failed';
    })
    .then((outcome) => {
      tracked.checking = undefined;
      book.count(outcome);
      return outcome;
    });
  const outcome = await tracked.checking;
  // Under RFC 9111 others may lie there that answer the request as well.
  if (outcome !== 'dropped' || entry.http !== undefined) return undefined;
  return { kind: 'absent', beganMs, endedMs: clock.nowMs() };
}
