/** Flying: what a request finds before it asks, and the computation that flies for its key. */
import type { Aboard } from '../guards/flights.js';
import type { GatewayRequest, Priority, RefreshTrigger } from '../message.js';
import type { Keyed } from '../policy/key.js';
import { isDrawn } from '../policy/early.js';
import { compute, type Crew } from './compute.js';
import { DRAWN, type Entry } from './entry.js';
import type { Plan, Task } from './plan.js';
import type { Computed, Rooms } from './rooms.js';
import { flyThroughTiers } from './tiers.js';

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

/** Whether this hit starts the next computation; whoever is drawn leaves word of it. */
export function drawsEarly({ random }: Pick<Rooms, 'random'>, entry: Entry, nowMs: number) {
  if (entry.earlyFromMs === DRAWN) return true;
  if (nowMs < entry.earlyFromMs) return false;
  if (!isDrawn(entry, entry.freshUntilMs - nowMs, random)) return false;
  entry.earlyFromMs = DRAWN;
  return true;
}

/**
 * The fresh answer under this very key, for whoever has no time to ask a plan; nor has he for the
 * hit that starts the next computation, nor where the second tier must be asked first.
 */
export function freshEntry(
  rooms: Rooms,
  key: string,
  partition: string,
  nowMs: number,
): Entry | undefined {
  const entry = rooms.store.get(key);
  if (entry?.partition !== partition || nowMs >= entry.freshUntilMs) return undefined;
  if (nowMs >= entry.earlyFromMs && drawsEarly(rooms, entry, nowMs)) return undefined;
  if (entry.tracked?.isDoubtful === true) return undefined;
  return rooms.purges.judge(entry) === 'live' ? entry : undefined;
}

/** A flight that no caller began. */
export interface Errand {
  readonly trigger: RefreshTrigger;
  /** What it is to replace, be it before its end. */
  readonly replaced: Entry | undefined;
}

/** What nobody has asked for yet comes after everything else. */
function priorityOf(errand: Errand | undefined): Priority {
  if (errand === undefined) return 'foreground';
  const { trigger } = errand;
  return trigger === 'warm' || trigger === 'predicted' ? 'warm' : 'revalidate';
}

/**
 * Law 3: a flight looks again before it goes upstream, for another may just have landed; but not
 * the one that is to be replaced before its end.
 */
export function fly(rooms: Rooms, task: Task, aboard: Aboard, errand?: Errand): Promise<Computed> {
  const { plan, keyed, request } = task;
  const again = lookUp(rooms, plan, keyed, request);
  if (again !== undefined && again !== errand?.replaced) {
    const nowMs = rooms.clock.nowMs();
    const live = rooms.purges.judge(again) === 'live';
    if (plan.use(again, request, { nowMs, live }).kind === 'fresh') {
      const upstreamStatus = again.status;
      const landed = { entry: again, refused: undefined, upstreamStatus, first: undefined };
      return Promise.resolve({ kind: 'whole', ...landed });
    }
  }
  const crew: Crew = {
    waiters: aboard.waiters,
    signal: plan.abandon ? aboard.abandoned : undefined,
    priority: priorityOf(errand),
    urgent: errand === undefined ? undefined : aboard.urgent,
    trigger: errand?.trigger,
  };
  const { second } = rooms;
  if (second?.covers(task) !== true) return compute(rooms, task, crew, again);
  return flyThroughTiers({
    ...{ rooms, second, task, signal: crew.signal },
    ...{ isErrand: errand !== undefined, replaced: errand?.replaced },
    // The second tier may have brought an old one, and time has passed.
    compute: () => compute(rooms, task, crew, lookUp(rooms, plan, keyed, request)),
  });
}

export function statusOf(computed: Computed): number {
  return computed.kind === 'whole' ? computed.entry.status : computed.status;
}
