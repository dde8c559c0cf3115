/** One computation: ask the upstream, read the answer, decide what may be kept of it, keep it. */
import { asFailure } from '../errors.js';
import type { Priority, RefreshTrigger, RefusalReason, Reply } from '../message.js';
import { editedFields } from '../policy/forward.js';
import { storableFields } from '../policy/headers.js';
import type { Route } from '../policy/rules.js';
import { collect } from './collect.js';
import { addressOf, type Entry } from './entry.js';
import { noteFailure, noteStatus } from './failing.js';
import type { FleetMark } from './fleet.js';
import { flightKey } from './flight-key.js';
import { failuresOf, forget, keep, supersede } from './keep.js';
import type { Course, Task } from './plan.js';
import { allTagsOf } from './plan-rule.js';
import type { Computed, Rooms } from './rooms.js';
import { addTo, countOne, type RouteTally } from './tally.js';

/** How long an answer for one caller waits to be claimed before its stream is let go. */
const UNCLAIMED_MS = 1000;
const NOT_MODIFIED = 304;

/** For whom a question is asked, and when it is given up. */
export interface Asking {
  readonly signal: AbortSignal | undefined;
  readonly priority: Priority;
  /** Fires when somebody begins to wait for what was asked for nobody. */
  readonly urgent?: AbortSignal | undefined;
}

/** Those for whom something is computed. */
export interface Crew extends Asking {
  readonly waiters: () => number;
  /** What began it where no caller did. */
  readonly trigger?: RefreshTrigger | undefined;
}

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
  { signal, priority, urgent }: Asking,
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
    priority,
    patienceMs: plan.patienceMs,
    urgent,
  });
}

/** One computation that has begun. */
export interface Work {
  readonly rooms: Rooms;
  readonly task: Task;
  readonly crew: Crew;
  readonly old: Entry | undefined;
  readonly epoch: number;
  /** Where the fleet stood then. */
  readonly mark: FleetMark | undefined;
  readonly address: string;
  /** Of the flight, with the generation that stood at its beginning. */
  readonly name: string;
  readonly course: () => Course;
}

/** It goes to one caller; the others need not wait for each other for a while. */
function landAlone(
  work: Work,
  reply: Reply,
  refused: RefusalReason,
  more: { readonly body?: Reply['body']; readonly byRequest: boolean },
): Computed {
  const { rooms, task, old, epoch, address, name } = work;
  const { key } = task.keyed;
  countOne(rooms.tallies.of(task.route.pattern).refused, refused);
  if (!more.byRequest) {
    forget(rooms, old?.key ?? key, reply.status, epoch);
    rooms.marks.alone(name, refused, rooms.clock.nowMs());
  }
  const passed = { ...passedReply(reply, task.route), body: more.body ?? reply.body };
  const tags = allTagsOf(task, reply);
  return single(rooms, { reply: passed, refused, epoch, tags, address, key });
}

interface Landed {
  readonly entry: Entry;
  readonly refused: RefusalReason | undefined;
  readonly byRequest: boolean;
  readonly upstreamStatus: number;
  readonly first: Reply | undefined;
}

/** Whether anybody will have been glad of it is not known while nobody waits for it. */
function behindOf({ crew, course }: Work): Entry['behind'] {
  const { trigger, waiters } = crew;
  if (trigger === undefined || waiters() > 0) return undefined;
  return { trigger, spentMs: course().costMs };
}

/** Everybody who waits may have it, be it stored or not. */
function landWhole(work: Work, landed: Landed): Computed {
  const { rooms, task, old, epoch, name } = work;
  const { entry, upstreamStatus, first } = landed;
  const tally = rooms.tallies.of(task.route.pattern);
  const refused = landed.refused ?? keep(rooms, entry);
  let written: Promise<boolean> | undefined;
  if (refused === undefined) {
    tally.stored += 1;
    rooms.marks.clear(name);
    entry.behind = behindOf(work);
    rooms.ahead?.stored(entry, old);
    rooms.coder?.stored(entry, old, task.request.headers);
    if (rooms.second?.covers(task) === true) written = rooms.second.keep(entry, work.mark);
  } else {
    countOne(tally.refused, refused);
    if (!landed.byRequest) forget(rooms, old?.key ?? task.keyed.key, entry.status, epoch);
  }
  const more = written === undefined ? {} : { written };
  return { kind: 'whole', entry, refused, upstreamStatus, first, ...more };
}

/** One question, and the plain one behind it when the old answer turns out to be another's. */
async function ask({ rooms, task, crew, old, course }: Work) {
  const reply = await fetchKeyed(rooms, task, crew, old);
  if (reply.status !== NOT_MODIFIED || old === undefined) return { reply, renewed: undefined };
  const renewed = task.plan.renewed(task, old, reply, course());
  if (renewed !== undefined) return { reply, renewed };
  return { reply: await fetchKeyed(rooms, task, crew), renewed: undefined };
}

async function land(work: Work): Promise<Computed> {
  const { rooms, task, old, name, course } = work;
  const { plan } = task;
  const { reply, renewed } = await ask(work);
  const { status: upstreamStatus } = reply;
  if (renewed !== undefined) {
    const none = { refused: undefined, byRequest: false, first: undefined };
    const landed = landWhole(work, { entry: renewed, upstreamStatus, ...none });
    if (old !== undefined && old.key !== renewed.key) supersede(rooms, old);
    return landed;
  }
  noteStatus(work, reply);
  const { alone, refused, byRequest } = plan.judge(task, reply);
  if (alone !== undefined) return landAlone(work, reply, alone, { byRequest });
  const bytesMax = Math.min(plan.bodyBytesMax, rooms.store.bodyBytesMax);
  const collected = await collect(reply.body, bytesMax);
  if (collected.kind === 'over') {
    const { stream: body } = collected;
    return landAlone(work, reply, 'too-large', { body, byRequest: false });
  }
  const at = course();
  const failures = Math.max(failuresOf(old, at.nowMs), rooms.marks.failures(name, at.nowMs));
  const entry = plan.entry(task, reply, collected.body, at, { old, failures });
  const first = plan.firstReply(task, reply, entry);
  return landWhole(work, { entry, refused, byRequest, upstreamStatus, first });
}

/** Time spent for nobody's request, of which nothing is left, was spent for nothing. */
function countSpent(tally: RouteTally, { trigger, waiters }: Crew, ms: number, stored: boolean) {
  tally.computeSpentMs += ms;
  if (trigger === undefined) return;
  tally.computeBehindMs += ms;
  addTo(tally.refreshMs, trigger, ms);
  if (!stored && waiters() === 0) addTo(tally.unusedMs, trigger, ms);
}

export async function compute(
  rooms: Rooms,
  task: Task,
  crew: Crew,
  old: Entry | undefined,
): Promise<Computed> {
  const { route, keyed, request } = task;
  const { clock } = rooms;
  const tally = rooms.tallies.of(route.pattern);
  const startedMs = clock.nowMs();
  const epoch = rooms.purges.epoch();
  const mark = rooms.second?.mark();
  const address = addressOf(request.host, request.path);
  const usualMs = old?.usual?.meanMs ?? old?.costMs ?? tally.missRecentMs;
  const ended = rooms.purges.underway.begin({
    ...{ epoch, startedMs, usualMs, route: route.pattern, partition: keyed.partition },
    ...{ kind: 'flight', address, query: request.query, waiters: crew.waiters },
  });
  const spent = (): number => clock.nowMs() - startedMs;
  const course = (): Course => {
    return { epoch, costMs: spent(), nowMs: clock.nowMs(), wallMs: clock.wallMs() };
  };
  const name = flightKey(rooms, task);
  const work: Work = { rooms, task, crew, old, epoch, mark, address, name, course };
  let stored = false;
  try {
    const computed = await land(work);
    stored = computed.kind === 'whole' && computed.refused === undefined;
    return computed;
  } catch (thrown) {
    noteFailure(work, asFailure(thrown));
    throw thrown;
  } finally {
    countSpent(tally, crew, spent(), stored);
    ended();
  }
}
