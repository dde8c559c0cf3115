/** The world of a simulation: the real rooms of the cache path between a plot and its origin. */
import { budgeted, type Budgeted } from '../../src/budgeted.js';
import { guardStore } from '../../src/cache/guarded-store.js';
import { openInvalidations, type Invalidations } from '../../src/cache/invalidate.js';
import { openMemoryStore } from '../../src/cache/memory-store.js';
import { plansOf } from '../../src/cache/plans.js';
import { openPurges } from '../../src/cache/purge.js';
import type { Computed, Rooms } from '../../src/cache/rooms.js';
import { openSearches } from '../../src/cache/searches.js';
import type { Store } from '../../src/cache/store.js';
import { openFlights } from '../../src/guards/flights.js';
import { compileRules, type LifetimeRule, type RouteOptions } from '../../src/policy/rules.js';
import { breakableStore, type BreakableStore } from '../fakes/broken-store.js';
import { openHouse } from '../fakes/rooms.js';
import { openChance } from './chance.js';
import { openOrigin, type Origin } from './origin.js';
import type { Plot } from './plot.js';
import type { Ask, Call, Purged } from './records.js';
import { simClock, type SimClock } from './sim-clock.js';

export interface World {
  readonly plot: Plot;
  readonly clock: SimClock;
  readonly rooms: Rooms;
  readonly budget: Budgeted;
  /** What is stored, as only the laws may look at it. */
  readonly memory: Store;
  readonly store: BreakableStore;
  readonly invalidations: Invalidations;
  readonly origin: Origin;
  readonly asks: Ask[];
  readonly purges: Purged[];
  /** Law by law, what went wrong. */
  readonly wrong: { readonly law: string; readonly what: string }[];
  routes: readonly RouteOptions[];
  /** The store fails now. */
  isBroken: boolean;
  /** It failed at least once, so that what it should have forgotten may be there yet. */
  wasBroken: boolean;
  /** The event of the newest purge: flights are fenced by more than its words. */
  purgedAt: number;
  /** Events so far. */
  at: number;
  ruleOf(path: string): LifetimeRule | 'http';
  reload(routes: readonly RouteOptions[]): void;
}

export interface Watchers {
  asked(world: World, call: Call): void;
  /** An answer is about to be stored over another. */
  storing(world: World, ...args: Parameters<Store['set']>): void;
}

function watched(inner: BreakableStore, storing: (...args: Parameters<Store['set']>) => void) {
  return Object.assign(Object.create(inner) as BreakableStore, {
    set(...args: Parameters<Store['set']>) {
      storing(...args);
      return inner.set(...args);
    },
  });
}

export function openWorld(plot: Plot, watchers: Watchers): World {
  const clock = simClock();
  const house = openHouse({ routes: plot.routes, aloneMs: plot.aloneMs });
  const searches = openSearches(100);
  const asks: Ask[] = [];
  const byId = (id: string): Ask | undefined => asks.find((one) => one.id === id);
  const ruleOf = (path: string): LifetimeRule | 'http' => {
    const match = rooms.rules.match('GET', path);
    if (match.kind !== 'route' || match.route.cache === 'none') throw new Error('no such route');
    return match.route.cache;
  };
  const origin = openOrigin({
    ...{ clock, ruleOf, askerOf: byId, tick: () => (world.at += 1) },
    asked: (call) => {
      watchers.asked(world, call);
    },
  });
  const budget = budgeted(origin.fetch, plot.budget, clock);
  const memory = openMemoryStore(plot.store, clock);
  const store = breakableStore(memory);
  const { waitersMax, flightsMax } = plot;
  const rooms: Rooms = {
    ...house.rooms,
    clock,
    store: guardStore(
      watched(store, (...args) => {
        watchers.storing(world, ...args);
      }),
      () => {
        world.wasBroken = true;
      },
    ),
    purges: openPurges(50, clock),
    flights: openFlights<Computed>({ waitersMax, flightsMax, retryAfterS: 1 }, clock),
    fetch: budget.fetch,
    random: openChance(plot.seed + 1).next,
  };
  const world: World = {
    ...{ plot, clock, rooms, budget, memory, store, origin, asks, purges: [], wrong: [] },
    invalidations: openInvalidations(rooms),
    ...{ routes: plot.routes, wasBroken: false, isBroken: false, purgedAt: 0, at: 0, ruleOf },
    reload(routes) {
      world.routes = routes;
      const rules = compileRules(routes);
      rooms.rules = rules;
      rooms.plans = plansOf(rules.routes, {
        ...{ bodyBytesMax: () => rooms.store.bodyBytesMax, trusts: () => () => false, searches },
      });
    },
  };
  world.reload(plot.routes);
  return world;
}
