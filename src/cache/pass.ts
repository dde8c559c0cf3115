/** Past the cache: the request goes to its upstream, the answer streams back, and what it changes. */
import type { GatewayRequest, Reply } from '../message.js';
import { passedFields } from '../policy/forward.js';
import { strippedPath, targetOf } from '../policy/key.js';
import { effectOfHead } from '../policy/revalidation.js';
import type { Route } from '../policy/rules.js';
import { passedReply } from './compute.js';
import { lookUp } from './flying.js';
import type { Task } from './plan.js';
import type { Rooms } from './rooms.js';

/** An answer to HEAD speaks of the stored answer to GET as well (RFC 9111 section 4.3.5). */
function heed(rooms: Rooms, { plan, keyed, request }: Task, reply: Reply): void {
  const stored = lookUp(rooms, plan, keyed, request);
  if (stored === undefined) return;
  const { headers, body } = stored;
  const effect = effectOfHead({ headers, bodyBytes: body.byteLength }, reply, rooms.clock.wallMs());
  if (effect.kind === 'outdated') rooms.store.delete(stored.key);
}

export async function pass(
  rooms: Rooms,
  route: Route,
  request: GatewayRequest,
  task: Task | undefined,
): Promise<Reply> {
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
  if (task !== undefined && request.method === 'HEAD') heed(rooms, task, reply);
  return passedReply(reply, route);
}
