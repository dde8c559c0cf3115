/** One computation: ask the upstream, read the answer, decide what may be kept of it, keep it. */
import type { GatewayRequest, RefusalReason, Reply } from '../message.js';
import { responseDirectives, type ResponseDirectives } from '../policy/cache-control.js';
import { editedFields, keyedFields } from '../policy/forward.js';
import { ageValueMs } from '../policy/freshness.js';
import { storableFields } from '../policy/headers.js';
import type { Keyed } from '../policy/key.js';
import { lifetimeUnderRule } from '../policy/lifetime.js';
import { replayedFields, validatorOf } from '../policy/replay.js';
import type { LifetimeRule, Route } from '../policy/rules.js';
import { storableUnderRule, type AnswerHead } from '../policy/storable.js';
import { tagsOf } from '../policy/tags.js';
import { collect } from './collect.js';
import { chargeOf, type Entry } from './entry.js';
import type { Computed, Rooms } from './rooms.js';
import { countOne } from './tally.js';

export interface Task {
  readonly route: Route;
  readonly rule: LifetimeRule;
  readonly keyed: Keyed;
  readonly request: GatewayRequest;
}

/** Refusals that speak of one caller, or of an end that cannot be trusted: never handed to others. */
const NOT_SHARED: ReadonlySet<RefusalReason> = new Set([
  'no-store',
  'private',
  'no-cache',
  'set-cookie',
  'vary',
  'unparsable',
  'unframed',
  'partial',
  'too-large',
]);

/** How long an answer for one caller waits to be claimed before its stream is let go. */
const UNCLAIMED_MS = 1000;

interface Alone {
  readonly reply: Reply;
  readonly refused: RefusalReason;
  readonly epoch: number;
  readonly tags: readonly string[];
}

function single(rooms: Rooms, { reply, refused, epoch, tags }: Alone): Computed {
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
  return { kind: 'single', refused, status: reply.status, epoch, tags, claim };
}

/**
 * Why an answer may go to one caller only. A status that is not kept hides what else stands in the
 * head, so it is looked at as if it were a good one: a login page's redirect sets cookies too.
 */
function whyAlone(head: AnswerHead, rule: LifetimeRule, said: ResponseDirectives) {
  const first = storableUnderRule(head, rule, said);
  const isByStatus = first === 'status' || first === 'zero-lifetime';
  const why = isByStatus ? storableUnderRule({ ...head, status: 200 }, rule, said) : first;
  return why !== undefined && NOT_SHARED.has(why) ? why : undefined;
}

/** An answer as it goes to the one caller who gets it: the origin's words, the route's edits. */
export function passedReply(reply: Reply, route: Route): Reply {
  return { ...reply, headers: editedFields(storableFields(reply.headers), route.response) };
}

/** Asks the upstream for exactly what was keyed. */
export function fetchKeyed(rooms: Rooms, task: Task, signal?: AbortSignal): Promise<Reply> {
  const { route, keyed, request } = task;
  return rooms.fetch({
    upstream: route.upstream,
    id: request.id,
    method: 'GET',
    target: keyed.target,
    headers: keyedFields(keyed.headers, request, route.request),
    body: undefined,
    signal,
  });
}

function allTagsOf({ route, rule }: Task, reply: Reply): readonly string[] {
  return [
    ...rule.tags,
    ...tagsOf(reply.headers),
    `route:${route.pattern}`,
    `upstream:${route.upstream}`,
    `status:${reply.status}`,
  ];
}

function entryOf(
  task: Task,
  reply: Reply,
  body: Buffer,
  at: { readonly epoch: number; readonly costMs: number; readonly nowMs: number },
  directives: ResponseDirectives,
): Entry {
  const { route, rule, keyed } = task;
  const etag = validatorOf(reply.headers, body);
  const headers = replayedFields(route, rule, { headers: reply.headers, body, etag });
  const initialAgeMs = ageValueMs(reply.headers);
  const windows = lifetimeUnderRule(reply.status, directives, initialAgeMs, rule);
  const tags = allTagsOf(task, reply);
  const freshUntilMs = at.nowMs + windows.ttlMs;
  return {
    key: keyed.key,
    partition: keyed.partition,
    route: route.pattern,
    status: reply.status,
    headers,
    etag,
    body,
    storedAtMs: at.nowMs,
    freshUntilMs,
    staleUntilMs: freshUntilMs + windows.staleWhileRevalidateMs,
    errorUntilMs: freshUntilMs + windows.staleIfErrorMs,
    initialAgeMs: rule.origin === 'override' ? 0 : initialAgeMs,
    costMs: at.costMs,
    negative: windows.negative,
    tags,
    epoch: at.epoch,
    chargedBytes: chargeOf(headers, body, keyed.key, tags),
    refreshNotBeforeMs: 0,
  };
}

/** The last look before storing: purges that came meanwhile, and a good answer that is still usable. */
function keep(rooms: Rooms, entry: Entry): RefusalReason | undefined {
  if (entry.freshUntilMs <= entry.storedAtMs) return 'zero-lifetime';
  if (rooms.purges.judge(entry) === 'deleted') return 'fenced';
  if (entry.negative && entry.status >= 500) {
    const older = rooms.store.get(entry.key);
    const usable =
      older !== undefined &&
      !older.negative &&
      older.partition === entry.partition &&
      rooms.purges.judge(older) !== 'deleted' &&
      entry.storedAtMs < Math.max(older.freshUntilMs, older.staleUntilMs, older.errorUntilMs);
    if (usable) return 'good-kept';
  }
  return rooms.store.set(entry) ? undefined : 'too-large';
}

/** The upstream has spoken, and what it said is not kept: the older answer no longer holds. */
function forget(rooms: Rooms, task: Task, status: number, epoch: number): void {
  if (status >= 500) return;
  const stored = rooms.store.get(task.keyed.key);
  // A computation that began after a purge may have landed first: its answer is the newer one.
  if (stored !== undefined && stored.epoch <= epoch) rooms.store.delete(task.keyed.key);
}

export async function compute(
  rooms: Rooms,
  task: Task,
  abandoned: AbortSignal | undefined,
): Promise<Computed> {
  const { route, rule } = task;
  const tally = rooms.tallies.of(route.pattern);
  const startedMs = rooms.clock.nowMs();
  const epoch = rooms.purges.epoch();
  const spent = (): number => rooms.clock.nowMs() - startedMs;
  try {
    const reply = await fetchKeyed(rooms, task, abandoned);
    const directives = responseDirectives(reply.headers);
    const head = { status: reply.status, headers: reply.headers, framed: reply.framed ?? true };
    const alone = (why: RefusalReason, body = reply.body): Computed => {
      countOne(tally.refused, why);
      forget(rooms, task, reply.status, epoch);
      const passed = { ...passedReply(reply, route), body };
      return single(rooms, { reply: passed, refused: why, epoch, tags: allTagsOf(task, reply) });
    };
    const why = whyAlone(head, rule, directives);
    if (why !== undefined) return alone(why);
    const bytesMax = Math.min(rule.bodyBytesMax, rooms.store.bodyBytesMax);
    const collected = await collect(reply.body, bytesMax);
    if (collected.kind === 'over') return alone('too-large', collected.stream);
    const at = { epoch, costMs: spent(), nowMs: rooms.clock.nowMs() };
    const entry = entryOf(task, reply, collected.body, at, directives);
    const refused = storableUnderRule(head, rule, directives) ?? keep(rooms, entry);
    if (refused === undefined) tally.stored += 1;
    else {
      countOne(tally.refused, refused);
      forget(rooms, task, reply.status, epoch);
    }
    return { kind: 'whole', entry, refused };
  } finally {
    tally.computeSpentMs += spent();
  }
}
