/** Boarding: waiting for the computation of a key, and what goes out when that takes too long. */
import type { Clock } from '../clock.js';
import { asFailure } from '../errors.js';
import type { Joined } from '../guards/flights.js';
import type { MissReason, Outcome, Reply, StaleReason } from '../message.js';
import { refreshBehind } from './behind.js';
import { compute, fetchKeyed, passedReply } from './compute.js';
import type { Entry } from './entry.js';
import { flightKey } from './flight-key.js';
import { fly, lookUp, statusOf } from './flying.js';
import { failureOf } from './marks.js';
import { hit, stale } from './outcomes.js';
import type { Task, Use } from './plan.js';
import type { Computed, Rooms } from './rooms.js';

/** How often a caller boards again after a purge or a Vary parted him from the flight. */
const BOARDINGS_MAX = 4;

/** One caller who has to wait. */
interface Boarding {
  readonly rooms: Rooms;
  readonly task: Task;
  readonly old: Entry | undefined;
  readonly why: MissReason;
  /** The old answer, where it may stand in for this failure or this wait. */
  readonly standIn: (status: number | 'unreachable', reason: StaleReason) => Outcome | undefined;
}

function boarding(rooms: Rooms, task: Task, old: Entry | undefined, use: Use): Boarding {
  const why = old === undefined ? 'uri-miss' : 'stale';
  return {
    ...{ rooms, task, old, why },
    standIn(status, reason) {
      const [entry, may] = rooms.second === undefined ? [old, use] : newest(rooms, task, old, use);
      // What came meanwhile may have learnt of this very failure, and goes out old by itself.
      const isMeant = may.kind === 'ask' ? may.standsIn(status) : may !== use && may.kind === 'old';
      if (entry === undefined || !isMeant) return undefined;
      // It may have been purged, or become too old, while the caller waited.
      const nowMs = rooms.clock.nowMs();
      const isGone = isTaken(rooms, entry) || !task.plan.outlasts(entry, nowMs);
      return isGone ? undefined : stale(entry, nowMs, reason);
    },
  };
}

/** A purge by key or path takes it from the store, and fences only what is under way. */
function isTaken({ store, purges }: Rooms, entry: Entry): boolean {
  const isStored = store.peek(entry.key) === (entry.movedTo ?? entry);
  return (isStored ? purges.judge(entry) : purges.judgeArrival(entry)) === 'deleted';
}

/** The second tier may have brought an old answer meanwhile, or a newer one than there was. */
function newest(rooms: Rooms, { plan, keyed, request }: Task, old: Entry | undefined, use: Use) {
  const entry = lookUp(rooms, plan, keyed, request);
  if (entry === undefined || entry === old) return [old, use] as const;
  const live = rooms.purges.judge(entry) === 'live';
  return [entry, plan.use(entry, request, { nowMs: rooms.clock.nowMs(), live })] as const;
}

/** What lay in the second tier, as this caller gets it; undefined: he looks again. */
function fromSecond({ rooms, task }: Boarding, entry: Entry): Outcome | undefined {
  const { plan, keyed, request } = task;
  // By its language it may be an answer to more than it was asked for.
  const isMine = plan.suits(entry, request) === 'shared';
  if (!isMine && lookUp(rooms, plan, keyed, request) !== entry) return undefined;
  const nowMs = rooms.clock.nowMs();
  const live = rooms.purges.judge(entry) === 'live';
  const use = plan.use(entry, request, { nowMs, live });
  if (use.kind === 'fresh') return hit(entry, nowMs, entry, 'l2');
  if (use.kind === 'ask') return undefined;
  if (use.refresh) void refreshBehind(rooms, task, entry, 'stale');
  return stale(entry, nowMs, use.reason, 'l2');
}

type Miss = Partial<Omit<Outcome & { kind: 'miss' }, 'kind' | 'reply'>>;

function miss({ task, why }: Boarding, reply: Reply, more: Miss): Outcome {
  const rest = { joined: false, refused: undefined, sparedMs: 0, ...more };
  return { kind: 'miss', route: task.route.pattern, why, ...rest, reply };
}

type Landed =
  | { readonly kind: 'landed'; readonly computed: Computed }
  /** He has waited long enough, and something else goes out. */
  | { readonly kind: 'late'; readonly outcome: Outcome };

/** Waits for a flight, but not beyond the soft limit where an old answer may go out then. */
async function awaited(
  clock: Clock,
  { result, leave }: Joined<Computed>,
  limitMs: number | undefined,
  otherwise: () => Outcome | undefined,
): Promise<Landed> {
  if (limitMs === undefined) return { kind: 'landed', computed: await result };
  const late: { outcome?: Outcome | undefined } = {};
  const timer = clock.after(Math.max(0, limitMs), () => {
    late.outcome = otherwise();
    if (late.outcome !== undefined) leave();
  });
  try {
    return { kind: 'landed', computed: await result };
  } catch (thrown) {
    const { outcome } = late;
    if (outcome === undefined) throw thrown;
    return { kind: 'late', outcome };
  } finally {
    timer.cancel();
  }
}

/** Undefined: what came was somebody else's alone. */
async function together(one: Boarding): Promise<Outcome | undefined> {
  const { rooms, task, old, standIn } = one;
  const { plan, request } = task;
  const caller = { gone: request.gone, mayAbandon: plan.abandon };
  const { clock, flights, purges } = rooms;
  const softEndMs = plan.softLimitMs && clock.nowMs() + plan.softLimitMs;
  for (let nth = 1; nth <= BOARDINGS_MAX; nth += 1) {
    const askedAt = purges.epoch();
    const flight = flights.join(
      flightKey(rooms, task),
      (aboard) => fly(rooms, task, aboard),
      caller,
    );
    const { joined, startedMs, waiters } = flight;
    const estimateMs =
      old?.usual?.meanMs ?? old?.costMs ?? rooms.tallies.of(task.route.pattern).missRecentMs;
    request.boarded?.({ startedMs, estimateMs, waiters });
    const limitMs = softEndMs && softEndMs - clock.nowMs();
    const landed = await awaited(clock, flight, limitMs, () =>
      standIn('unreachable', 'soft-limit'),
    );
    if (landed.kind === 'late') return landed.outcome;
    const { computed } = landed;
    if (computed.kind === 'whole' && computed.tier !== undefined) {
      const outcome = fromSecond(one, computed.entry);
      if (outcome !== undefined) return outcome;
      continue;
    }
    const subject = computed.kind === 'whole' ? computed.entry : computed;
    const { epoch } = subject;
    // What only the answer names may have been purged after it began and before we asked; a
    // second purge since hides when the first one was.
    const fencedAt = purges.newestOver(subject);
    if (fencedAt > epoch && askedAt > epoch) continue;
    const status = statusOf(computed);
    const stoodIn = status >= 500 ? standIn(status, 'if-error') : undefined;
    if (stoodIn !== undefined) return stoodIn;
    const { refused } = computed;
    if (computed.kind === 'single') {
      // Under RFC 9111 it was asked for with all that its own caller sent, and is nobody else's.
      if (joined && task.route.cache === 'http') return undefined;
      const reply = computed.claim();
      return reply === undefined ? undefined : miss(one, reply, { refused });
    }
    const { entry } = computed;
    const suits = joined ? plan.suits(entry, request) : 'shared';
    // A flight opens before Vary is known: whoever differs in it flies for himself.
    if (suits === 'other') continue;
    if (suits === 'alone') return undefined;
    const sparedMs = joined ? entry.costMs : 0;
    const reply = joined ? entry : (computed.first ?? entry);
    return miss(one, reply, { joined, refused, sparedMs });
  }
  return undefined;
}

/**
 * While a mark says that answers of this key are not shared, its callers ask side by side; the
 * first answer that can be kept is kept, and ends that.
 */
async function sideBySide(one: Boarding): Promise<Outcome> {
  const { rooms, task, standIn } = one;
  const { plan, keyed, request } = task;
  const old = lookUp(rooms, plan, keyed, request);
  const crew = { waiters: () => 1, signal: request.gone, priority: 'foreground' } as const;
  const computed = await compute(rooms, task, crew, old);
  const status = statusOf(computed);
  const stoodIn = status >= 500 ? standIn(status, 'if-error') : undefined;
  if (stoodIn !== undefined) return stoodIn;
  const { refused } = computed;
  if (computed.kind === 'whole') return miss(one, computed.first ?? computed.entry, { refused });
  // Nobody else knows of it, so nobody else can have claimed it.
  const reply = computed.claim() ?? { status, headers: [], body: undefined };
  return miss(one, reply, { refused });
}

async function byItself(one: Boarding): Promise<Outcome> {
  const { rooms, task } = one;
  const asking = { signal: task.request.gone, priority: 'foreground' } as const;
  const startedMs = rooms.clock.nowMs();
  try {
    const reply = passedReply(await fetchKeyed(rooms, task, asking), task.route);
    return miss(one, reply, { refused: 'not-shared' });
  } finally {
    rooms.tallies.of(task.route.pattern).computeSpentMs += rooms.clock.nowMs() - startedMs;
  }
}

/** Waits for the one computation of this key, and stands an old answer in for its failure. */
export async function board(
  rooms: Rooms,
  task: Task,
  old: Entry | undefined,
  use: Use,
): Promise<Outcome> {
  const one = boarding(rooms, task, old, use);
  try {
    const nowMs = rooms.clock.nowMs();
    const mark = rooms.marks.live(flightKey(rooms, task), nowMs);
    if (mark?.kind === 'failed') throw failureOf(mark, nowMs);
    if (mark?.kind === 'alone') return await sideBySide(one);
    return (await together(one)) ?? (await byItself(one));
  } catch (thrown) {
    const failure = asFailure(thrown);
    const isBusy = failure.code === 'busy' || failure.code === 'too_many_waiters';
    const reason = isBusy ? 'if-busy' : 'if-error';
    const stoodIn = failure.status >= 500 ? one.standIn('unreachable', reason) : undefined;
    const route = task.route.pattern;
    return stoodIn ?? { kind: 'failed', route, bypass: undefined, failure };
  }
}
