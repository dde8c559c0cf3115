/** One computation: ask the upstream, read the answer, decide what may be kept of it, keep it. */
import type { Aboard } from '../guards/flights.js';
import type { RefusalReason, Reply } from '../message.js';
import { editedFields } from '../policy/forward.js';
import { storableFields } from '../policy/headers.js';
import type { Route } from '../policy/rules.js';
import { collect } from './collect.js';
import { addressOf, type Entry } from './entry.js';
import type { Course, Task } from './plan.js';
import { allTagsOf } from './plan-rule.js';
import type { Computed, Rooms } from './rooms.js';
import { countOne } from './tally.js';

/** How long an answer for one caller waits to be claimed before its stream is let go. */
const UNCLAIMED_MS = 1000;
const NOT_MODIFIED = 304;

interface Alone {
  readonly reply: Reply;
  readonly refused: RefusalReason;
  readonly epoch: number;
  readonly tags: readonly string[];
  readonly address: string;
  readonly key: string;
}

function single(rooms: Rooms, { reply, ...about }: Alone): Computed {
  let left: Reply | undefined = reply;
  const claim = (): Reply | undefined => {
    const mine = left;
    left = undefined;
    return mine;
  };
  rooms.clock.after(UNCLAIMED_MS, () => {
    const body = claim()?.body;
    if (body !== undefined && !Buffer.isBuffer(body)) body.destroy();
  });
  return { kind: 'single', ...about, status: reply.status, claim };
}

/** An answer as it goes to the one caller who gets it: the origin's words, the route's edits. */
export function passedReply(reply: Reply, route: Route): Reply {
  // The caller's id is ours to say; an upstream that echoes it would say it twice.
  const headers = storableFields(reply.headers, ['x-request-id']);
  return { ...reply, headers: editedFields(headers, route.response) };
}

/** Asks the upstream for exactly what was keyed. */
export function fetchKeyed(
  rooms: Rooms,
  task: Task,
  signal: AbortSignal | undefined,
  old?: Entry,
): Promise<Reply> {
  const { route, keyed, request, plan } = task;
  return rooms.fetch({
    upstream: route.upstream,
    id: request.id,
    method: keyed.method,
    target: keyed.target,
    headers: plan.fields(task, old, rooms.clock.wallMs()),
    body: keyed.content,
    signal,
    onInterim: route.cache === 'http' ? request.interim : undefined,
  });
}

/**
 * The last look before storing: purges that came meanwhile, and a good answer that is still
 * usable.
 */
export function keep(rooms: Rooms, entry: Entry): RefusalReason | undefined {
  const mayBeAskedAbout = entry.http !== undefined && entry.etag !== undefined;
  // What is old on arrival is kept only where the next caller can ask whether it still holds.
  if (entry.freshUntilMs <= entry.storedAtMs && !mayBeAskedAbout) return 'zero-lifetime';
  if (rooms.purges.judgeArrival(entry) === 'deleted') return 'fenced';
  const older = rooms.store.get(entry.key);
  // A purge parted them: the one that began later is the newer, whichever arrived first.
  if (older !== undefined && older.epoch > entry.epoch) return 'fenced';
  // Who is asked for often stays so; what was long ago counts for less and less.
  entry.hits = (older?.hits ?? 0) >> 1;
  if (entry.negative && entry.status >= 500) {
    const usable =
      older !== undefined &&
      !older.negative &&
      older.partition === entry.partition &&
      rooms.purges.judge(older) !== 'deleted' &&
      entry.storedAtMs < Math.max(older.freshUntilMs, older.staleUntilMs, older.errorUntilMs);
    if (usable) return 'good-kept';
  }
  if (!rooms.store.set(entry)) return 'too-large';
  if (entry.http !== undefined) {
    const { base, names, values, language } = entry.http;
    const gaveWay = rooms.variants.add(base, { key: entry.key, names, values, language });
    if (gaveWay !== undefined) rooms.store.delete(gaveWay.key);
  }
  return undefined;
}

/** The upstream has spoken, and what it said is not kept: the older answer no longer holds. */
function forget(rooms: Rooms, key: string, status: number, epoch: number): void {
  if (status >= 500) return;
  const stored = rooms.store.get(key);
  // A computation that began after a purge may have landed first: its answer is the newer one.
  if (stored !== undefined && stored.epoch <= epoch) rooms.store.delete(key);
}

/** One question, and the plain one behind it when the old answer turns out to be another's. */
async function ask(
  rooms: Rooms,
  task: Task,
  signal: AbortSignal | undefined,
  old: Entry | undefined,
  course: () => Course,
): Promise<{ readonly reply: Reply; readonly renewed: Entry | undefined }> {
  const reply = await fetchKeyed(rooms, task, signal, old);
  if (reply.status !== NOT_MODIFIED || old === undefined) return { reply, renewed: undefined };
  const renewed = task.plan.renewed(task, old, reply, course());
  if (renewed !== undefined) return { reply, renewed };
  return { reply: await fetchKeyed(rooms, task, signal), renewed: undefined };
}

export async function compute(
  rooms: Rooms,
  task: Task,
  aboard: Aboard,
  old: Entry | undefined,
): Promise<Computed> {
  const { route, plan } = task;
  const { clock } = rooms;
  const tally = rooms.tallies.of(route.pattern);
  const startedMs = clock.nowMs();
  const epoch = rooms.purges.epoch();
  const address = addressOf(task.request.host, task.request.path);
  const usualMs = old?.costMs ?? tally.missRecentMs;
  const ended = rooms.purges.underway.begin({
    ...{ epoch, startedMs, usualMs, route: route.pattern, partition: task.keyed.partition },
    ...{ kind: 'flight', address, query: task.request.query, waiters: aboard.waiters },
  });
  const signal = plan.abandon ? aboard.abandoned : undefined;
  const spent = (): number => clock.nowMs() - startedMs;
  let delayMs: number | undefined;
  const course = (): Course => {
    delayMs ??= spent();
    return { epoch, costMs: spent(), delayMs, nowMs: clock.nowMs(), wallMs: clock.wallMs() };
  };
  const stale = old?.key ?? task.keyed.key;
  const whole = (
    entry: Entry,
    refusedBefore: RefusalReason | undefined,
    upstreamStatus: number,
    first?: Reply,
  ): Computed => {
    const refused = refusedBefore ?? keep(rooms, entry);
    if (refused === undefined) tally.stored += 1;
    else {
      countOne(tally.refused, refused);
      forget(rooms, stale, entry.status, epoch);
    }
    return { kind: 'whole', entry, refused, upstreamStatus, first };
  };
  try {
    const { reply, renewed } = await ask(rooms, task, signal, old, course);
    course();
    if (renewed !== undefined) return whole(renewed, undefined, reply.status);
    const verdict = plan.judge(task, reply);
    const alone = (why: RefusalReason, body = reply.body): Computed => {
      countOne(tally.refused, why);
      forget(rooms, stale, reply.status, epoch);
      const passed = { ...passedReply(reply, route), body };
      const tags = allTagsOf(task, reply);
      return single(rooms, {
        ...{ reply: passed, refused: why, epoch, tags, address, key: task.keyed.key },
      });
    };
    if (verdict.alone !== undefined) return alone(verdict.alone);
    const bytesMax = Math.min(plan.bodyBytesMax, rooms.store.bodyBytesMax);
    const collected = await collect(reply.body, bytesMax);
    if (collected.kind === 'over') return alone('too-large', collected.stream);
    const entry = plan.entry(task, reply, collected.body, course());
    const first = plan.firstReply(task, reply, entry);
    return whole(entry, verdict.refused, reply.status, first);
  } finally {
    tally.computeSpentMs += spent();
    if (aboard.behind) tally.computeBehindMs += spent();
    ended();
  }
}
