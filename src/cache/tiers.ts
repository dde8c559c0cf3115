/** Tiers: a flight looks in the second tier, and lets one node compute for the whole fleet. */
import { asFailure, Failure } from '../errors.js';
import type { Looked } from '../message.js';
import { isFailing } from '../policy/backoff.js';
import type { Entry } from './entry.js';
import type { Lead } from './fleet.js';
import { isGoodYet, shelve } from './keep.js';
import type { Task } from './plan.js';
import type { Computed, Rooms } from './rooms.js';
import type { Look, SecondTier } from './second-tier.js';

/** How often a purge may spoil what others land before we compute ourselves. */
const CONTENTIONS_MAX = 3;

interface Request {
  readonly rooms: Rooms;
  readonly task: Task;
}

export interface Flight extends Request {
  readonly second: SecondTier;
  readonly signal: AbortSignal | undefined;
  /** Computes here, and leaves what came of it. */
  readonly compute: () => Promise<Computed>;
  /** Begun for nobody's request: only what is fresh ends it. */
  readonly isErrand: boolean;
  /** What is to be replaced: the same answer in another tier is no news. */
  readonly replaced: Entry | undefined;
}

/** The same computation, whatever clocks it was read by. */
export function isSame(one: Entry, other: Entry): boolean {
  return one.arrivedWallMs === other.arrivedWallMs && one.costMs === other.costMs;
}

/**
 * Takes an answer of the second tier into the first, where it is newer than what lies there and no
 * purge stands between. Its times are those that its computation gave it: they do not add up.
 */
export function promoted({ rooms, task }: Request, entry: Entry): Entry | undefined {
  const { store, purges, clock } = rooms;
  if (purges.judgeArrival(entry) === 'deleted') return undefined;
  const older = store.peek(entry.key);
  // Under RFC 9111 another variant may answer as well: the newer one does (section 4.1).
  const now = task.plan.step && task.plan.find(rooms, task.keyed, task.request);
  const isOther = now !== undefined && now.key !== entry.key;
  if (isOther && now.storedAtMs >= entry.storedAtMs) return undefined;
  if (older !== undefined) {
    if (older.epoch > entry.epoch || isSame(older, entry)) return undefined;
    if (older.storedAtMs > entry.storedAtMs) return undefined;
    const isCovered = entry.negative && isFailing(entry.status);
    if (isCovered && isGoodYet(rooms, older, clock.nowMs())) return undefined;
  }
  entry.hits = (older?.hits ?? 0) >> 1;
  entry.hitsBefore = entry.hits;
  // Where memory has no place for it, those who wait get it all the same.
  if (store.set(entry) === 'stored') {
    shelve(rooms, entry);
    if (entry.tracked !== undefined) rooms.second?.tracked?.joined(entry.tracked);
    rooms.ahead?.stored(entry, older);
    rooms.coder?.stored(entry, older, task.request.headers);
  }
  return entry;
}

/** What ends this flight without a computation; undefined: nothing there does. */
function landed(flight: Flight, look: Look): Computed | undefined {
  if (look.kind !== 'found') return undefined;
  const { rooms, task, replaced, isErrand } = flight;
  if (replaced !== undefined && isSame(replaced, look.entry)) return undefined;
  const entry = promoted(flight, look.entry);
  if (entry === undefined) return undefined;
  const nowMs = rooms.clock.nowMs();
  const live = rooms.purges.judge(entry) === 'live';
  const { kind } = task.plan.use(entry, task.request, { nowMs, live });
  if (kind === 'ask' || (kind === 'old' && isErrand)) return undefined;
  const { status: upstreamStatus } = entry;
  return { kind: 'whole', entry, refused: undefined, upstreamStatus, first: undefined, tier: 'l2' };
}

/** For whoever waits for no computation: what lies there is in memory afterwards, if it may be. */
export async function fetchFromSecond(rooms: Rooms, task: Task): Promise<boolean> {
  const { second } = rooms;
  if (second?.covers(task) !== true) return false;
  const look = await second.look(task, second.budgetMs);
  return look.kind === 'found' && promoted({ rooms, task }, look.entry) !== undefined;
}

/** The lane has been there for this very request a moment ago. */
function justLooked({ rooms, second, task, isErrand }: Flight): Looked | undefined {
  const { looked } = task.request;
  if (looked === undefined || isErrand) return undefined;
  return rooms.clock.nowMs() - looked.endedMs < second.budgetMs ? looked : undefined;
}

function nothingThere({ kind }: Looked): Look {
  return { kind: kind === 'failed' ? 'failed' : 'absent' };
}

/**
 * We compute, and where we lead, all others wait for it. They are told when it can be read, which
 * nobody here waits for; and whether the next one is worth waiting for.
 */
async function computeHere(flight: Flight, lead?: Lead & { kind: 'lead' }): Promise<Computed> {
  const { second, task } = flight;
  let computed: Computed;
  try {
    computed = await flight.compute();
  } catch (thrown) {
    void lead?.release('failed', asFailure(thrown));
    throw thrown;
  }
  const written = computed.kind === 'whole' ? computed.written : undefined;
  void Promise.resolve(written ?? false).then(async (isWritten) => {
    const isLasting = second.noteLanding?.(task, computed, isWritten) === true;
    await lead?.release(isWritten ? 'stored' : 'not-stored', undefined, isLasting);
  });
  return computed;
}

/**
 * One budget for all that a caller waits for Redis: when it is used up, or Redis is of no help,
 * the computation goes on here and alone.
 *   1. look: it may be there
 *   2. contend for the lead; whoever gets it looks again, for another may just have landed
 *   3. whoever does not get it waits for the one who has, and looks again
 */
export async function flyThroughTiers(flight: Flight): Promise<Computed> {
  const { second, task, signal, rooms } = flight;
  const { clock, purges } = rooms;
  const looked = justLooked(flight);
  let endMs = (looked?.beganMs ?? clock.nowMs()) + second.budgetMs;
  const leftMs = (): number => endMs - clock.nowMs();
  for (let nth = 0; nth < CONTENTIONS_MAX; nth += 1) {
    const epoch = purges.epoch();
    const isKnown = nth === 0 && looked !== undefined && looked.kind !== 'found';
    const look = isKnown ? nothingThere(looked) : await second.look(task, Math.max(1, leftMs()));
    const found = landed(flight, look);
    if (found !== undefined) return found;
    if (look.kind === 'failed' || leftMs() <= 0) break;
    const lead = await second.lead(task, signal, leftMs());
    if (lead.kind === 'alone') break;
    if (lead.kind === 'failed') throw lead.failure;
    if (lead.kind === 'lead') {
      const again = leftMs() > 0 ? landed(flight, await second.look(task, leftMs())) : undefined;
      if (again === undefined) return await computeHere(flight, lead);
      void lead.release('stored');
      return again;
    }
    // The wait was for a computation, and is no longer one for Redis.
    endMs = clock.nowMs() + second.budgetMs;
    if (purges.epoch() !== epoch) continue;
    // Nothing came in its way, so whatever has landed is there, or is not kept at all: then the
    // others must not wait in line, each for the computation of the one before him.
    const last = landed(flight, await second.look(task, second.budgetMs));
    if (last !== undefined) return last;
    break;
  }
  if (signal?.aborted === true) throw new Failure('abandoned');
  return await computeHere(flight);
}
