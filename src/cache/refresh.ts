/** Refreshing without a caller: the most asked of what was purged is computed again at once. */
import { randomUUID } from 'node:crypto';
import type { GatewayRequest } from '../message.js';
import { refreshBehind } from './behind.js';
import { pathOf, type Entry } from './entry.js';
import type { Task } from './plan.js';
import type { Rooms } from './rooms.js';

export const MOST_ASKED_MAX = 100;
/** How many of them are computed side by side: callers must still find a place. */
const AT_ONCE = 8;

export interface MostAsked {
  show(entry: Entry): void;
  /** The most asked first. */
  all(): readonly Entry[];
}

/** Those with the most hits among all that were shown, so many at most. */
export function mostAsked(countMax = MOST_ASKED_MAX): MostAsked {
  const kept = new Map<string, Entry>();
  let least: Entry | undefined;
  const findLeast = (): void => {
    least = undefined;
    for (const entry of kept.values()) {
      if (least === undefined || entry.hits < least.hits) least = entry;
    }
  };
  return {
    show(entry) {
      // Nobody asks for it, or only its own caller could.
      if (entry.hits === 0 || entry.recipe === undefined || kept.has(entry.key)) return;
      if (kept.size >= countMax) {
        if (least === undefined || entry.hits <= least.hits) return;
        kept.delete(least.key);
      }
      kept.set(entry.key, entry);
      if (kept.size >= countMax) findLeast();
    },
    all: () => [...kept.values()].sort((one, other) => other.hits - one.hits),
  };
}

function requestFor({ address, query, recipe = [] }: Entry): GatewayRequest {
  const path = pathOf(address);
  return {
    id: randomUUID(),
    method: 'GET',
    host: address.slice(0, address.length - path.length),
    ...{ path, query, headers: recipe, body: undefined, peer: '', partition: 'anon' },
    gone: new AbortController().signal,
  };
}

/**
 * As it would be asked for now in nobody's name. Undefined where that is not possible, or would
 * bring another answer: the settings may have changed, and somebody may have been quicker.
 */
export function taskFor(rooms: Rooms, entry: Entry): Task | undefined {
  if (entry.recipe === undefined) return undefined;
  const request = requestFor(entry);
  const match = rooms.rules.match('GET', request.path);
  const plan = match.kind === 'route' ? rooms.plans.get(match.route) : undefined;
  if (plan === undefined || match.kind !== 'route') return undefined;
  const keyed = plan.key(match.route, request, rooms.credentials);
  if (keyed.kind === 'bypass' || plan.find(rooms, keyed, request) !== entry) return undefined;
  return { route: match.route, plan, keyed, request };
}

async function refreshOne(rooms: Rooms, entry: Entry): Promise<void> {
  const task = taskFor(rooms, entry);
  if (task === undefined || rooms.purges.judge(entry) !== 'stale') return;
  await refreshBehind(rooms, task, entry, 'purge');
}

/** Resolves when all are through; a refresh that fails is logged where it failed. */
export async function refreshAll(rooms: Rooms, entries: readonly Entry[]): Promise<void> {
  const queue = entries.values();
  const work = async (): Promise<void> => {
    for (const entry of queue) await refreshOne(rooms, entry);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
