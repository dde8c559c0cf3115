/** Invalidation: what an operator takes back, by key, path, pattern, tag, route or altogether. */
import { randomUUID } from 'node:crypto';
import { describeThrown, Failure } from '../errors.js';
import { sameSearch } from '../policy/no-vary-search.js';
import { addressOf, makeOld, type Entry } from './entry.js';
import { EVERYTHING, nameOfKey, type PurgeMode } from './purge.js';
import { openReclaim, type Reclaim } from './reclaim.js';
import { mostAsked, refreshAll } from './refresh.js';
import type { Rooms } from './rooms.js';
import { pathSelector, type PathSelector, type SelectorType } from './selectors.js';
import type { Spreading } from './spread.js';
import { pathMatcher } from '../policy/rules.js';

export const MODES = ['stale', 'delete', 'refresh'] as const;
export type Mode = (typeof MODES)[number];

/** Checked by whoever takes it in: each selector is well formed for its type. */
export interface Order {
  readonly type: SelectorType;
  readonly selectors: readonly string[];
  readonly mode: Mode;
}

export interface Invalidated {
  readonly id: string;
  /** How many stored answers were touched; null where that is not counted. */
  readonly matched: number | null;
  /** The purge epoch: what began before it is meant. */
  readonly epoch: number;
  /** On its way to the other nodes; undefined where there are none. */
  readonly spreading: Spreading | undefined;
}

export interface PastInvalidation extends Invalidated {
  readonly type: SelectorType;
  readonly mode: Mode;
  /** How many selectors it had. */
  readonly selectors: number;
  readonly wallMs: number;
}

export interface Invalidations {
  readonly invalidate: (order: Order) => Invalidated;
  /** What another node was told to do: carried out here, and told to nobody. */
  heed(order: Order): void;
  /** One of the last; undefined when it is unknown or too long ago. */
  find(id: string): PastInvalidation | undefined;
  stats(): { readonly remembered: number; readonly rememberedMax: number } & ReturnType<
    Reclaim['stats']
  >;
  close(): void;
}

/** One answer by hand; false when an earlier purge had taken it away already. */
function touch(rooms: Rooms, entry: Entry, mode: PurgeMode): boolean {
  const wasThere = rooms.purges.judge(entry) !== 'deleted';
  if (mode === 'delete' || !wasThere) {
    rooms.store.delete(entry.key);
    rooms.second?.forget(entry);
  } else makeOld(entry, rooms.clock.nowMs());
  return wasThere;
}

function entriesAt(rooms: Rooms, { host, path, query }: PathSelector): readonly Entry[] {
  // Where any host is taken, none is keyed.
  const hosts = host === undefined ? rooms.store.hosts() : [host, ''];
  const match = rooms.rules.match('GET', path);
  const plan = match.kind === 'route' ? rooms.plans.get(match.route) : undefined;
  const wanted = plan === undefined ? query : plan.queryOf(query);
  return hosts.flatMap((one) => {
    const entries = rooms.store
      .keysAt(addressOf(one, path))
      .map((key) => rooms.store.peek(key))
      .filter((entry) => entry !== undefined);
    if (query === undefined) return entries;
    return entries.filter((entry) => sameSearch(entry.query, wanted, entry.http?.search));
  });
}

/** Keys and paths: each stored answer by hand, and a fence for those that are being computed. */
function byHand(rooms: Rooms, { type, selectors, mode }: Order) {
  const paths = type === 'path' ? selectors.flatMap((text) => pathSelector(text) ?? []) : [];
  const found =
    type === 'key'
      ? selectors.flatMap((key) => rooms.store.peek(key) ?? [])
      : paths.flatMap((path) => entriesAt(rooms, path));
  const how = mode === 'delete' ? 'delete' : 'stale';
  const touched = [...new Set(found)].filter((entry) => touch(rooms, entry, how));
  // Coarser than the selectors, for a computation that is asked for twice does no harm.
  const names = type === 'key' ? selectors.map(nameOfKey) : paths.map(({ path }) => path);
  const atStake = rooms.flights.stats().inFlight + rooms.marks.stats().marks;
  const epoch = rooms.purges.fenceFlights(names, how, atStake);
  if (mode === 'refresh') refreshMostAsked(rooms, touched);
  return { matched: touched.length, epoch };
}

function refreshMostAsked(rooms: Rooms, touched: readonly Entry[]): void {
  const most = mostAsked();
  for (const entry of touched) most.show(entry);
  refreshAll(rooms, most.all()).catch((thrown: unknown) => {
    rooms.log.warn('refresh_failed', describeThrown(thrown));
  });
}

function tagsFor({ type, selectors }: Order): readonly string[] {
  if (type === 'all') return [EVERYTHING];
  return type === 'route' ? selectors.map((pattern) => `route:${pattern}`) : selectors;
}

/** Tags, routes and patterns: a fence, and not one look at what is stored. */
function byFence(rooms: Rooms, reclaim: Reclaim, order: Order) {
  const { type, selectors, mode } = order;
  const how = mode === 'delete' ? 'delete' : 'stale';
  const tags = tagsFor(order);
  if (type !== 'pattern') rooms.purges.purge(tags, how);
  else if (!rooms.purges.ban(selectors, how)) {
    const detail = 'The list of patterns is full; purge by tag or route, or wait a little.';
    throw new Failure('too_many_requests', { retryAfterS: 1, detail });
  }
  const epoch = rooms.purges.epoch();
  // A pattern is forgotten when the walk is through, and what went by older names would hold again.
  if (type === 'pattern') rooms.marks.reset();
  if (mode === 'refresh') {
    const matchers = type === 'pattern' ? selectors.map(pathMatcher) : [];
    const wanted = new Set(tags);
    reclaim.walk({
      epoch,
      touches: ({ tags: own, address }) =>
        type === 'all' ||
        matchers.some((matches) => matches(address.slice(address.indexOf('/')))) ||
        (type !== 'pattern' && own.some((tag) => wanted.has(tag))),
    });
  } else if (mode === 'delete' || type === 'pattern') reclaim.walk();
  return { matched: null, epoch };
}

function carryOut(rooms: Rooms, reclaim: Reclaim, order: Order) {
  const isByHand = order.type === 'key' || order.type === 'path';
  return isByHand ? byHand(rooms, order) : byFence(rooms, reclaim, order);
}

export function openInvalidations(rooms: Rooms, rememberedMax = 1_000): Invalidations {
  const reclaim = openReclaim(rooms);
  const remembered = new Map<string, PastInvalidation>();
  return {
    heed(order) {
      try {
        carryOut(rooms, reclaim, order);
      } catch (thrown) {
        if (!(thrown instanceof Failure)) throw thrown;
        // No room for it as it was meant; nobody is left to be told so, and it must be done.
        carryOut(rooms, reclaim, { ...order, type: 'all', selectors: [] });
      }
    },
    invalidate(order) {
      const before = rooms.purges.epoch();
      const done = carryOut(rooms, reclaim, order);
      const spreading = rooms.spread?.tell({ kind: 'order', order }, before);
      const invalidated = { id: randomUUID(), ...done, spreading };
      const { type, mode } = order;
      // Not the selectors themselves: a thousand orders of a thousand each would be a lot to keep.
      const selectors = order.selectors.length;
      const wallMs = rooms.clock.wallMs();
      remembered.set(invalidated.id, { ...invalidated, type, mode, selectors, wallMs });
      const [oldest] = remembered.keys();
      if (remembered.size > rememberedMax && oldest !== undefined) remembered.delete(oldest);
      return invalidated;
    },
    find: (id) => remembered.get(id),
    stats: () => ({ remembered: remembered.size, rememberedMax, ...reclaim.stats() }),
    close() {
      reclaim.close();
    },
  };
}
