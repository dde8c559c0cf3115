/** Looks of the lane into the second tier: one for a key, however many wait for it. */
import { describeThrown } from '../errors.js';
import type { GatewayRequest, Looked } from '../message.js';
import type { Alias } from './aliases.js';
import type { Entry } from './entry.js';
import type { Task } from './plan.js';
import type { Rooms } from './rooms.js';
import type { SecondTier } from './second-tier.js';
import { promoted } from './tiers.js';

export interface LaneLook extends Looked {
  /** What was found; it lies in memory now, where there is a place for it. */
  readonly entry: Entry | undefined;
}

export interface Looks {
  /** False where the slow path knows more than the second tier can; it costs next to nothing. */
  isWorthIt(alias: Alias): boolean;
  /** Never rejects. Undefined where the look is left to the flights. */
  begin(alias: Alias, request: () => GatewayRequest): Promise<LaneLook> | undefined;
}

/**
 * While a key is computed the second tier does not have it, so that it need not be asked by each
 * who comes to wait: the flight asks.
 */
export const LOOK_PAUSE_MS = 1000;
/** More than these are left to the flights, which have a ceiling of their own. */
const UNDERWAY_MAX = 1000;

export function openLooks(rooms: Rooms): Looks {
  const underway = new Map<string, Promise<LaneLook>>();
  rooms.laneLooks = () => ({ underway: underway.size, underwayMax: UNDERWAY_MAX });
  const look = async (second: SecondTier, alias: Alias, task: Task): Promise<LaneLook> => {
    const { clock, log } = rooms;
    const beganMs = clock.nowMs();
    try {
      const found = await second.look(task, second.budgetMs);
      const endedMs = clock.nowMs();
      const { kind } = found;
      if (kind === 'absent') alias.lookFromMs = endedMs + LOOK_PAUSE_MS;
      const entry = kind === 'found' ? promoted({ rooms, task }, found.entry) : undefined;
      return { kind, beganMs, endedMs, entry };
    } catch (thrown) {
      log.error('lane_look_failed', describeThrown(thrown));
      return { kind: 'failed', beganMs, endedMs: clock.nowMs(), entry: undefined };
    } finally {
      underway.delete(alias.key);
    }
  };
  return {
    isWorthIt({ sought, lookFromMs, key }) {
      const { second, store, clock } = rooms;
      if (second === undefined || sought === undefined) return false;
      // What lies in memory and was no hit is old, or somebody else's: a plan must judge it.
      return clock.nowMs() >= lookFromMs && store.peek(key) === undefined && !second.isDown();
    },
    begin(alias, request) {
      const joined = underway.get(alias.key);
      if (joined !== undefined) return joined;
      const { second, plans } = rooms;
      const { sought } = alias;
      const plan = sought && plans.get(sought.route);
      if (second === undefined || sought === undefined || plan === undefined) return undefined;
      const task = { ...sought, plan, request: request() };
      if (underway.size >= UNDERWAY_MAX || !second.covers(task)) return undefined;
      const begun = look(second, alias, task);
      underway.set(alias.key, begun);
      return begun;
    },
  };
}
