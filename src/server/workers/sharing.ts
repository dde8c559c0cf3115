/** Sharing: what a worker purges is told to all others, and what they purge is done here too. */
import { forgetChanged } from '../../cache/effects.js';
import type { Invalidations } from '../../cache/invalidate.js';
import type { FleetMark } from '../../cache/fleet.js';
import type { Rooms } from '../../cache/rooms.js';
import type { Act, Reach, Spread } from '../../cache/spread.js';
import { describeThrown, Failure } from '../../errors.js';
import { openPlaces, type Places } from './places.js';
import type { Acted, PlacedAct } from './words.js';

export interface SharingOptions {
  readonly worker: number;
  /** Names the order that counts; another primary counts another one. */
  readonly journal: string;
  readonly placesMax: number;
}

export interface SharingTools {
  readonly rooms: Rooms;
  readonly invalidations: Invalidations;
  /** Resolves when all workers have it, or the primary has waited long enough. */
  readonly ask: (nth: number, act: Act) => Promise<Reach>;
}

export interface Sharing {
  readonly spread: Spread;
  /** From now on this worker stands in the order, and hears of every act after this place. */
  join(seq: number): void;
  carryOut(placed: PlacedAct): Acted;
  /** Undefined while something that was done here has no place yet. */
  mark(): FleetMark | undefined;
  /** Our own epoch that stood when the others stood there. */
  epochAt(mark: FleetMark): number | undefined;
  /** Where the others stood when a computation of this epoch began. */
  markAt(epoch: number): FleetMark | undefined;
}

/** Done here, and told to nobody: whoever asked for it tells everybody. */
function quietly<T>(rooms: Rooms, action: () => T): T {
  const { spread } = rooms;
  delete rooms.spread;
  try {
    return action();
  } finally {
    if (spread !== undefined) rooms.spread = spread;
  }
}

const NOBODY: Reach = { acked: 1, pending: 1, waitingFor: [] };

export function openSharing(options: SharingOptions, tools: SharingTools): Sharing {
  const { worker, journal, placesMax } = options;
  const { rooms, invalidations, ask } = tools;
  /** What was done here and has no place yet, with the epoch that stood before it. */
  const onTheWay = new Map<number, number>();
  /** Acts that came in one reading with the place we join at: its epoch stood before them. */
  const early: { readonly seq: number; readonly before: number; readonly after: number }[] = [];
  let places: Places | undefined;
  let nth = 0;

  const obey = (act: Act, spreads: boolean): Acted => {
    if (act.kind === 'change') {
      forgetChanged(rooms, act);
      return { matched: null };
    }
    const invalidate = () => invalidations.invalidate(act.order);
    try {
      const { matched, id } = spreads ? invalidate() : quietly(rooms, invalidate);
      return { matched, id: spreads ? id : undefined };
    } catch (thrown) {
      if (!(thrown instanceof Failure)) throw thrown;
      return { matched: null, refused: thrown.code };
    }
  };
  /** The others have done it: it cannot be refused any more. */
  const follow = (act: Act): void => {
    if (act.kind === 'change') forgetChanged(rooms, act);
    else invalidations.heed(act.order);
  };
  const markOf = (seq: number | undefined) => (seq === undefined ? undefined : { journal, seq });

  return {
    spread: {
      tell(act, epochBefore) {
        nth += 1;
        const own = nth;
        onTheWay.set(own, epochBefore);
        let reach: Reach = NOBODY;
        const told = ask(own, act)
          .then((last) => (reach = last))
          .catch((thrown: unknown) => {
            rooms.log.warn('act_not_spread', describeThrown(thrown));
            return reach;
          });
        return { reach: () => reach, reached: () => told };
      },
    },
    join(seq) {
      places = openPlaces(seq, early[0]?.before ?? rooms.purges.epoch(), placesMax);
      for (const act of early.splice(0)) places.reached(act.seq, act.after);
    },
    carryOut({ seq, from, nth: theirs, act, spreads }) {
      let acted: Acted = { matched: null };
      const before = rooms.purges.epoch();
      if (from === worker) {
        const ownBefore = onTheWay.get(theirs);
        onTheWay.delete(theirs);
        if (ownBefore !== undefined) places?.returned(ownBefore);
      } else if (from === undefined) acted = obey(act, spreads);
      else
        quietly(rooms, () => {
          follow(act);
        });
      const after = rooms.purges.epoch();
      if (places === undefined) early.push({ seq, before, after });
      else places.reached(seq, after);
      return acted;
    },
    mark: () => (onTheWay.size === 0 ? markOf(places?.seq()) : undefined),
    // While something of ours has no place yet, no place says that it was known there.
    epochAt: (mark) =>
      mark.journal === journal && onTheWay.size === 0 ? places?.epochAt(mark.seq) : undefined,
    markAt: (epoch) => (onTheWay.size === 0 ? markOf(places?.seqAt(epoch)) : undefined),
  };
}
