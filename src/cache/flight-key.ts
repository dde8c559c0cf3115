/** The key of a flight: what is asked, and the generation that purges have made of it. */
import { addressOf } from './entry.js';
import type { Task } from './plan.js';
import type { Purges } from './purge.js';
import type { Rooms } from './rooms.js';

/** The newest purge that a computation for this must have begun after. */
export function generationOf(
  { newestOver }: Pick<Purges, 'newestOver'>,
  { route, plan, keyed, request }: Task,
): number {
  const tags = [...plan.tags, `route:${route.pattern}`, `upstream:${route.upstream}`];
  return newestOver({ tags, address: addressOf(request.host, request.path), key: keyed.key });
}

/** The generation is part of the flight's key: who asks after a purge boards another flight. */
export function flightKey(
  rooms: Pick<Rooms, 'purges' | 'store' | 'variants' | 'clock'>,
  task: Task,
): string {
  const { plan, keyed, request } = task;
  const generation = generationOf(rooms.purges, task);
  return `${keyed.key}@${generation}${plan.flightPart(rooms, keyed, request)}`;
}
