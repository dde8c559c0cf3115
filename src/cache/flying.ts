/** Boarding and launching flights: which computation a request belongs to, and how it begins. */
import { describeThrown, Failure } from '../errors.js';
import type { Aboard } from '../guards/flights.js';
import type { GatewayRequest, Reply } from '../message.js';
import type { Keyed } from '../policy/key.js';
import { compute } from './compute.js';
import { addressOf, type Entry } from './entry.js';
import type { Plan, Task } from './plan.js';
import type { Computed, Rooms } from './rooms.js';

/** A stored answer that may be looked at by this caller: any doubt is a miss. */
export function lookUp(
  rooms: Rooms,
  plan: Plan,
  keyed: Keyed,
  request: GatewayRequest,
): Entry | undefined {
  const entry = plan.find(rooms, keyed, request);
  if (entry?.partition !== keyed.partition) return undefined;
  if (rooms.purges.judge(entry) !== 'deleted') return entry;
  rooms.store.delete(entry.key);
  return undefined;
}

/** The fresh answer under this very key, for whoever has no time to ask a plan. */
export function freshEntry(
  rooms: Rooms,
  key: string,
  partition: string,
  nowMs: number,
): Entry | undefined {
  const entry = rooms.store.get(key);
  if (entry?.partition !== partition || nowMs >= entry.freshUntilMs) return undefined;
  return rooms.purges.judge(entry) === 'live' ? entry : undefined;
}

/** The generation is part of the flight's key: who asks after a purge boards another flight. */
export function flightKey(rooms: Rooms, { route, plan, keyed, request }: Task): string {
  const tags = [...plan.tags, `route:${route.pattern}`, `upstream:${route.upstream}`];
  const address = addressOf(request.host, request.path);
  const generation = rooms.purges.newestOver({ tags, address, key: keyed.key });
  return `${keyed.key}@${generation}${plan.flightPart(rooms, keyed, request)}`;
}

/** Law 3: a flight looks again before it goes upstream, for another may just have landed. */
export function fly(rooms: Rooms, task: Task, aboard: Aboard): Promise<Computed> {
  const { plan, keyed, request } = task;
  const again = lookUp(rooms, plan, keyed, request);
  if (again !== undefined) {
    const nowMs = rooms.clock.nowMs();
    const live = rooms.purges.judge(again) === 'live';
    if (plan.use(again, request, { nowMs, live }).kind === 'fresh') {
      const upstreamStatus = again.status;
      const landed = { entry: again, refused: undefined, upstreamStatus, first: undefined };
      return Promise.resolve({ kind: 'whole', ...landed });
    }
  }
  return compute(rooms, task, aboard, again);
}

export function statusOf(computed: Computed): number {
  return computed.kind === 'whole' ? computed.entry.status : computed.status;
}

function letGo(reply: Reply | undefined): void {
  if (reply?.body !== undefined && !Buffer.isBuffer(reply.body)) reply.body.destroy();
}

/**
 * A refresh that fails leaves the old answer where it is, and is not tried again at once. Resolves
 * when the one that it began has ended, however it did.
 */
export async function refreshBehind(
  rooms: Rooms,
  task: Task,
  old: Entry,
  nowMs: number,
): Promise<void> {
  if (nowMs < old.refreshNotBeforeMs) return;
  const backOff = (): void => {
    old.refreshNotBeforeMs = rooms.clock.nowMs() + rooms.negativeRetryMs;
  };
  try {
    const computed = await rooms.flights.launch(flightKey(rooms, task), (aboard) =>
      fly(rooms, task, aboard),
    );
    if (computed === undefined) return;
    if (statusOf(computed) >= 500) backOff();
    // Nobody waits for it: what it holds of the upstream is let go.
    if (computed.kind === 'single') letGo(computed.claim());
  } catch (thrown) {
    backOff();
    // No place for another flight is counted there, and the next caller tries again.
    if (thrown instanceof Failure && thrown.code === 'busy') return;
    rooms.log.warn('refresh_failed', { route: task.route.pattern, ...describeThrown(thrown) });
  }
}
