/** Past the cache: the request goes to its upstream and the answer streams back. */
import type { GatewayRequest, Reply } from '../message.js';
import { passedFields } from '../policy/forward.js';
import { strippedPath, targetOf } from '../policy/key.js';
import type { Route } from '../policy/rules.js';
import { passedReply } from './compute.js';
import type { Rooms } from './rooms.js';

export async function pass(rooms: Rooms, route: Route, request: GatewayRequest): Promise<Reply> {
  const reply = await rooms.fetch({
    upstream: route.upstream,
    id: request.id,
    method: request.method,
    target: targetOf(strippedPath(route, request.path), request.query),
    headers: passedFields(request, route.request, rooms.trusts),
    body: request.body,
    // Nobody else waits for this one: who leaves takes the upstream's work along.
    signal: request.gone,
  });
  return passedReply(reply, route);
}
