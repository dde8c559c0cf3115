/** Past the cache: the request goes to its upstream as it is, and the answer streams back. */
import type { GatewayRequest, Reply } from '../message.js';
import { passedFields } from '../policy/forward.js';
import { strippedPath, targetOf } from '../policy/key.js';
import type { Route } from '../policy/rules.js';
import { passedReply } from './compute.js';
import { adoptPost, courseOf, heedHead, heedUnsafe } from './effects.js';
import type { Task } from './plan.js';
import type { Rooms } from './rooms.js';

export async function pass(
  rooms: Rooms,
  route: Route,
  request: GatewayRequest,
  task: Task | undefined,
): Promise<Reply> {
  const startedMs = rooms.clock.nowMs();
  const before = rooms.purges.epoch();
  const reply = await rooms.fetch({
    upstream: route.upstream,
    id: request.id,
    method: request.method,
    target: targetOf(strippedPath(route, request.path), request.query),
    headers: passedFields(request, route.request, rooms.trusts),
    body: request.body ?? request.content,
    onInterim: route.cache === 'http' ? request.interim : undefined,
    // Nobody else waits for this one: who leaves takes the upstream's work along.
    signal: request.gone,
  });
  if (task !== undefined && request.method === 'HEAD') {
    heedHead(rooms, task, reply, courseOf(rooms, before, startedMs));
  }
  heedUnsafe(rooms, request, reply);
  // What the answer itself brings is newer than the fence that it has just set.
  const course = courseOf(rooms, rooms.purges.epoch(), startedMs);
  return passedReply(await adoptPost(rooms, route, request, reply, course), route);
}
