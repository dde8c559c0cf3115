/** Past the cache: the request goes to its upstream as it is, and the answer streams back. */
import type { GatewayRequest, Reply } from '../message.js';
import { passedFields } from '../policy/forward.js';
import { strippedPath, targetOf } from '../policy/key.js';
import type { Route } from '../policy/rules.js';
import { passedReply } from './compute.js';
import { adoptPost, courseOf, heedHead, heedUnsafe } from './effects.js';
import { addressOf } from './entry.js';
import type { Task } from './plan.js';
import type { Rooms } from './rooms.js';

/** Whether its answer may change what is stored, so that purges must be able to reach it. */
function mayStore(route: Route, { method }: GatewayRequest, task: Task | undefined): boolean {
  return (task !== undefined && method === 'HEAD') || (route.cache === 'http' && method === 'POST');
}

async function ask(rooms: Rooms, route: Route, request: GatewayRequest): Promise<Reply> {
  return await rooms.fetch({
    upstream: route.upstream,
    id: request.id,
    method: request.method,
    target: targetOf(strippedPath(route, request.path), request.query),
    headers: passedFields(request, route.request, rooms.trusts),
    body: request.body ?? request.content,
    onInterim: route.cache === 'http' ? request.interim : undefined,
    // Nobody else waits for this one: who leaves takes the upstream's work along.
    signal: request.gone,
    priority: 'foreground',
  });
}

async function heeded(
  rooms: Rooms,
  route: Route,
  request: GatewayRequest,
  task: Task | undefined,
): Promise<Reply> {
  const startedMs = rooms.clock.nowMs();
  const before = rooms.purges.epoch();
  const mark = rooms.second?.mark();
  const reply = await ask(rooms, route, request);
  if (task !== undefined && request.method === 'HEAD') {
    heedHead(rooms, task, reply, courseOf(rooms, before, startedMs), mark);
  }
  const wasPurged = rooms.purges.epoch() !== before;
  heedUnsafe(rooms, request, reply);
  // It may have been computed before that purge.
  if (wasPurged) return reply;
  // What the answer itself brings is newer than the fence that it has just set.
  const course = courseOf(rooms, rooms.purges.epoch(), startedMs);
  return await adoptPost(rooms, route, request, reply, course);
}

export async function pass(
  rooms: Rooms,
  route: Route,
  request: GatewayRequest,
  task: Task | undefined,
): Promise<Reply> {
  if (!mayStore(route, request, task)) {
    const reply = await ask(rooms, route, request);
    heedUnsafe(rooms, request, reply);
    return passedReply(reply, route);
  }
  const ended = rooms.purges.underway.begin({
    kind: 'pass',
    route: route.pattern,
    address: addressOf(request.host, request.path),
    query: request.query,
    partition: request.partition,
    epoch: rooms.purges.epoch(),
    startedMs: rooms.clock.nowMs(),
    usualMs: undefined,
    waiters: () => 1,
  });
  try {
    return passedReply(await heeded(rooms, route, request, task), route);
  } finally {
    ended();
  }
}
