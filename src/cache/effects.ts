/** What an answer that passed by changes in the store: HEAD, unsafe methods, a POST for GET. */
import type { GatewayRequest, Reply } from '../message.js';
import { invalidatedBy, type Address } from '../policy/invalidation.js';
import { sameSearch } from '../policy/no-vary-search.js';
import { requestDirectives } from '../policy/request-directives.js';
import { effectOfHead } from '../policy/revalidation.js';
import type { Route } from '../policy/rules.js';
import { tagsOf } from '../policy/tags.js';
import { collect } from './collect.js';

import { addressOf } from './entry.js';
import { saidBy } from './entry-http.js';
import { lookUp } from './flying.js';
import type { FleetMark } from './fleet.js';
import { keep, supersede } from './keep.js';
import type { Course, Task } from './plan.js';
import { groupTag } from './plan-rule.js';
import type { Rooms } from './rooms.js';
import type { Act } from './spread.js';

type Change = Extract<Act, { kind: 'change' }>;

/** What answers to these methods is kept, by one plan or another. */
const STORING_METHODS = ['GET', 'QUERY', 'POST'];

export function courseOf(rooms: Rooms, epoch: number, startedMs: number): Course {
  const nowMs = rooms.clock.nowMs();
  const costMs = nowMs - startedMs;
  return { epoch, costMs, nowMs, wallMs: rooms.clock.wallMs() };
}

/** An answer to HEAD speaks of the stored answer to GET as well (RFC 9111 section 4.3.5). */
export function heedHead(
  rooms: Rooms,
  task: Task,
  reply: Reply,
  course: Course,
  mark: FleetMark | undefined,
): void {
  const { plan, keyed, request } = task;
  // Nothing that answers such a request may be kept (RFC 9111 section 5.2.1.5).
  if (requestDirectives(request.headers).noStore) return;
  const stored = lookUp(rooms, plan, keyed, request);
  if (stored === undefined) return;
  const headers = saidBy(stored);
  const { byteLength: bodyBytes } = stored.body;
  const effect = effectOfHead({ headers, bodyBytes }, reply, course.wallMs);
  if (effect.kind === 'none') return;
  const renewed =
    effect.kind === 'updated' ? plan.described(task, stored, effect.headers, course) : undefined;
  rooms.store.delete(stored.key);
  const isKept = renewed !== undefined && keep(rooms, renewed) === undefined;
  if (!isKept || renewed.key !== stored.key) supersede(rooms, stored);
  if (isKept && rooms.second?.covers(task) === true) void rooms.second.keep(renewed, mark);
}

/** The query as each plan keys it that keeps answers of this path, by whatever method. */
function queriesAt(rooms: Rooms, path: string, query: string | undefined) {
  const queries = new Set<string | undefined>();
  for (const method of STORING_METHODS) {
    const match = rooms.rules.match(method, path);
    const plan = match.kind === 'route' ? rooms.plans.get(match.route) : undefined;
    if (plan !== undefined) queries.add(plan.queryOf(query));
  }
  return [...queries];
}

/** Everything stored for the address that this caller could have read. */
function forgetAt(rooms: Rooms, own: string, { host, path, query }: Address): boolean {
  const address = addressOf(host, path);
  const wanted = queriesAt(rooms, path, query);
  if (wanted.length === 0) return false;
  for (const key of rooms.store.keysAt(address)) {
    const entry = rooms.store.get(key);
    if (entry === undefined) continue;
    if (!wanted.some((one) => sameSearch(entry.query, one, entry.http?.search))) continue;
    const { partition } = entry;
    // Another's own answer is not his to throw away; it lives by its own rule.
    if (partition === own || partition === 'anon' || partition === 'shared') {
      rooms.store.delete(key);
      rooms.second?.forget(entry);
    }
  }
  const atStake = rooms.flights.stats().inFlight + rooms.marks.stats().marks;
  rooms.purges.fenceFlights([address], 'delete', atStake);
  return true;
}

/** Carries out what a change makes old, here; false when nothing of it could be stored anywhere. */
export function forgetChanged(rooms: Rooms, { addresses, partition, tags }: Change): boolean {
  let couldMatter = tags.length > 0;
  for (const address of addresses) {
    if (forgetAt(rooms, partition, address)) couldMatter = true;
  }
  if (tags.length > 0) rooms.purges.purge(tags, 'delete');
  return couldMatter;
}

/** RFC 9111 section 4.4: what changes a resource makes the stored answers about it wrong. */
export function heedUnsafe(rooms: Rooms, request: GatewayRequest, reply: Reply): void {
  const { addresses, groups } = invalidatedBy(request, reply);
  const tags = groups.map((group) => groupTag(request.host, group));
  // The answer to a change names by its tags what the change made old, under every host.
  if (addresses.length > 0) tags.push(...tagsOf(reply.headers));
  if (addresses.length === 0 && tags.length === 0) return;
  const change = { kind: 'change' as const, addresses, partition: request.partition, tags };
  const before = rooms.purges.epoch();
  if (forgetChanged(rooms, change)) rooms.spread?.tell(change, before);
}

/** RFC 9110 section 9.3.3: a POST whose answer says that it stands for GET is kept for GET. */
export async function adoptPost(
  rooms: Rooms,
  route: Route,
  request: GatewayRequest,
  reply: Reply,
  course: Course,
): Promise<Reply> {
  const plan = rooms.plans.get(route);
  if (plan === undefined || request.method !== 'POST' || route.cache !== 'http') return reply;
  const asGet = { ...request, method: 'GET', body: undefined };
  const keyed = plan.key(route, asGet, rooms.credentials);
  if (keyed.kind === 'bypass') return reply;
  if (plan.judge({ route, plan, keyed, request }, reply).refused !== undefined) return reply;
  const collected = await collect(
    reply.body,
    Math.min(plan.bodyBytesMax, rooms.store.bodyBytesMax),
  );
  if (collected.kind === 'over') return { ...reply, body: collected.stream };
  const past = { old: undefined, failures: 0 };
  const asked = { route, plan, keyed, request: asGet };
  keep(rooms, plan.entry(asked, reply, collected.body, course, past));
  return { ...reply, body: collected.body };
}
