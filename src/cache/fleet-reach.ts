/** Reach: which nodes there are, how far each has read, and which purges all of them have. */
import type { Clock, Timer } from '../clock.js';
import type { Place } from '../redis/journal.js';
import type { Told } from './fleet-outbox.js';
import type { Reach, Spreading } from './spread.js';

export interface ReachOptions {
  readonly node: string;
  readonly nodesMax: number;
  /** Purges whose way is watched; the oldest of more is watched no longer. */
  readonly watchedMax: number;
  /** Longest that an operator waits for all nodes. */
  readonly waitMs: number;
}

export interface ReachTools {
  readonly clock: Clock;
  /** From the purge here until every node had it. */
  readonly spreadMs: { record(ms: number): void };
  /**
   * Asks who there is. Returns how many answers will have come with the one to this question: two
   * while an older question is still open.
   */
  readonly ask: () => number;
}

export interface Reaching {
  watch(told: Told): Spreading;
  /** A node says how far it has read. */
  heard(node: string, place: Place): void;
  /** All nodes that live, as the roster has them. */
  readonly listed: (places: ReadonlyMap<string, Place>) => void;
  /** How far we are ourselves; undefined while we do not know. */
  reached(place: Place | undefined): void;
  /** A purge of ours stands in the journal. */
  placed(): void;
  stats(): {
    readonly nodes: number;
    readonly nodesMax: number;
    readonly watched: number;
    readonly watchedMax: number;
    readonly spread: number;
    readonly unwatched: number;
  };
  close(): void;
}

interface Watched {
  readonly told: Told;
  readonly startedMs: number;
  /** The roster that is new enough to say who must have it. */
  listing: number | undefined;
  done: Reach | undefined;
  readonly waiting: Set<() => void>;
}

export function openReaching(options: ReachOptions, tools: ReachTools): Reaching {
  const { node: self, nodesMax, watchedMax, waitMs } = options;
  const { clock, spreadMs, ask } = tools;
  const watched = new Set<Watched>();
  /** Those that live, and how far they have read. */
  let places = new Map<string, Place>();
  let own: Place | undefined;
  let listings = 0;
  let spread = 0;
  let unwatched = 0;

  /** Whoever reads another journal by now dropped everything when it began to. */
  const has = (at: Place | undefined, place: Place): boolean => {
    if (at === undefined) return false;
    if (at.journal === place.journal) return at.seq >= place.seq;
    return own !== undefined && own.journal !== place.journal && at.journal === own.journal;
  };
  const reachOf = ({ told, done }: Watched): Reach => {
    if (done !== undefined) return done;
    const others = [...places.keys()].filter((name) => name !== self);
    const { place } = told;
    // Nobody else can know of it yet, and who there is may not be known either.
    if (place === undefined) {
      return { acked: 1, pending: Math.max(1, others.length), waitingFor: others };
    }
    const waitingFor = others.filter((name) => !has(places.get(name), place));
    const acked = 1 + others.length - waitingFor.length;
    return { acked, pending: waitingFor.length, waitingFor };
  };
  const isListed = ({ listing }: Watched): boolean => listing !== undefined && listings >= listing;
  const end = (one: Watched): void => {
    watched.delete(one);
    for (const wake of [...one.waiting]) wake();
  };
  const look = (): void => {
    for (const one of watched) {
      if (!isListed(one) || one.told.place === undefined || !has(own, one.told.place)) continue;
      const reach = reachOf(one);
      if (reach.pending > 0) continue;
      const tookMs = clock.nowMs() - one.startedMs;
      one.done = { ...reach, tookMs };
      spread += 1;
      spreadMs.record(tookMs);
      end(one);
    }
  };
  const reached = (one: Watched): Promise<Reach> => {
    if (one.done !== undefined || !watched.has(one)) return Promise.resolve(shown(one));
    return new Promise((resolve) => {
      const wake = (): void => {
        limit.cancel();
        one.waiting.delete(wake);
        resolve(shown(one));
      };
      const limit: Timer = clock.after(waitMs, wake);
      one.waiting.add(wake);
    });
  };
  /** As long as it is not known who there is, somebody may be missing. */
  const shown = (one: Watched): Reach => {
    const reach = reachOf(one);
    if (one.done !== undefined || isListed(one)) return reach;
    return { ...reach, pending: Math.max(1, reach.pending) };
  };

  return {
    watch(told) {
      const startedMs = clock.nowMs();
      const one: Watched = {
        ...{ told, startedMs, listing: undefined, done: undefined },
        waiting: new Set(),
      };
      watched.add(one);
      const [oldest] = watched;
      if (watched.size > watchedMax && oldest !== undefined) {
        unwatched += 1;
        end(oldest);
      }
      return { reach: () => shown(one), reached: () => reached(one) };
    },
    heard(node, place) {
      // Who is on the roster is said by the roster alone.
      if (!places.has(node)) return;
      places.set(node, place);
      look();
    },
    listed(all) {
      places = new Map([...all].slice(0, nodesMax));
      listings += 1;
      look();
    },
    reached(place) {
      own = place;
      look();
    },
    placed() {
      const listing = listings + ask();
      for (const one of watched) {
        if (one.told.place !== undefined) one.listing ??= listing;
      }
    },
    stats: () => ({
      ...{ nodes: places.size, nodesMax, watched: watched.size, watchedMax, spread, unwatched },
    }),
    close() {
      for (const one of [...watched]) end(one);
    },
  };
}
