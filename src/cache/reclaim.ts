/** The reclaim walk: goes over the store in small slices behind a purge, and never in its way. */
import type { Timer } from '../clock.js';
import type { Entry } from './entry.js';
import { mostAsked, refreshAll, type MostAsked } from './refresh.js';
import { describeThrown } from '../errors.js';
import type { Rooms } from './rooms.js';

/** What a walk shall collect for being computed again. */
export interface Wanted {
  /** The epoch of the purge. */
  readonly epoch: number;
  readonly touches: (entry: Entry) => boolean;
}

export interface Reclaim {
  /** Walks over everything that is stored by now; what a purge deleted is let go. */
  walk(wanted?: Wanted): void;
  stats(): { readonly walks: number; readonly visited: number; readonly reclaimed: number };
  close(): void;
}

const SLICE_MAX = 250;
const PAUSE_MS = 5;
/** A list that is full of patterns which computations still need is looked at again so often. */
const RETRY_MS = 1_000;

interface Collecting extends Wanted {
  readonly asked: MostAsked;
}

export function openReclaim(rooms: Rooms): Reclaim {
  const { store, purges, clock } = rooms;
  let timer: Timer | undefined;
  let visits: Iterator<Entry, undefined> | undefined;
  let startedAt = 0;
  let collecting: Collecting[] = [];
  /** Came while a walk was under way: it may have passed what they mean. */
  let next: Collecting[] = [];
  let again = false;
  let walks = 0;
  let visited = 0;
  let reclaimed = 0;

  const visit = (entry: Entry): void => {
    visited += 1;
    const standing = purges.judge(entry);
    if (standing === 'deleted') {
      store.delete(entry.key);
      reclaimed += 1;
    } else if (standing === 'stale') {
      for (const { epoch, touches, asked } of collecting) {
        if (entry.epoch < epoch && touches(entry)) asked.show(entry);
      }
    }
  };
  const finish = (): void => {
    visits = undefined;
    walks += 1;
    purges.forgetBans(startedAt);
    const asked = collecting.flatMap((one) => one.asked.all());
    collecting = [];
    refreshAll(rooms, [...new Set(asked)]).catch((thrown: unknown) => {
      rooms.log.warn('refresh_failed', describeThrown(thrown));
    });
    if (again) begin();
    else if (purges.oldestBan() !== undefined) timer = clock.after(RETRY_MS, retry);
  };
  /** Everything older than `startedAt` has been judged; what was computing stood in the way. */
  const retry = (): void => {
    timer = undefined;
    purges.forgetBans(startedAt);
    if (purges.oldestBan() !== undefined) timer = clock.after(RETRY_MS, retry);
  };
  const slice = (): void => {
    timer = undefined;
    for (let count = 0; count < SLICE_MAX && visits !== undefined; count += 1) {
      const one = visits.next();
      if (one.done === true) {
        finish();
        return;
      }
      visit(one.value);
    }
    timer = clock.after(PAUSE_MS, slice);
  };
  const begin = (): void => {
    again = false;
    collecting = next;
    next = [];
    startedAt = purges.epoch();
    visits = store.entries();
    timer = clock.after(0, slice);
  };

  return {
    walk(wanted) {
      if (wanted !== undefined) next.push({ ...wanted, asked: mostAsked() });
      if (visits !== undefined) {
        again = true;
        return;
      }
      timer?.cancel();
      begin();
    },
    stats: () => ({ walks, visited, reclaimed }),
    close() {
      timer?.cancel();
    },
  };
}
