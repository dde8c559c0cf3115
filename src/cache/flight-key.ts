/** The key of a flight: what is asked, and the generation that purges have made of it. */
import { addressOf } from './entry.js';
import type { Task } from './plan.js';
import type { Rooms } from './rooms.js';

/** The generation is part of the flight's key: who asks after a purge boards another flight. */
export function flightKey(
  rooms: Pick<Rooms, 'purges' | 'store' | 'variants' | 'clock'>,
  { route, plan, keyed, request }: Task,
): string {
  const tags = [...plan.tags, `route:${route.pattern}`, `upstream:${route.upstream}`];
  const address = addressOf(request.host, request.path);
  const generation = rooms.purges.newestOver({ tags, address, key: keyed.key });
  return `${keyed.key}@${generation}${plan.flightPart(rooms, keyed, request)}`;
}
