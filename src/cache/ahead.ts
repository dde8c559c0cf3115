/** Ahead: computes the next answer before the end of this one where no hit comes to begin it. */
import { describeThrown } from '../errors.js';
import type { Timer } from '../clock.js';
import { leadMs } from '../policy/early.js';
import { chanceOfAsk, heard, lived, newRhythm, type Rhythm } from '../policy/rhythm.js';
import { refreshAhead, scheduledTrigger } from './behind.js';
import { openDueList } from './due.js';
import type { Entry } from './entry.js';
import { taskFor } from './refresh.js';
import type { Rooms } from './rooms.js';
import { settleUse } from './use.js';

export interface AheadOptions {
  /** Answers whose end is watched. */
  readonly watchedMax: number;
  /** How many are computed side by side. */
  readonly concurrent: number;
  /** What costs less is left to the hits. */
  readonly costMinMs: number;
  /** The part of its cost that a predicted computation must be expected to save. */
  readonly margin: number;
}

export interface AheadStats {
  readonly watched: number;
  readonly watchedMax: number;
  readonly running: number;
  readonly runningMax: number;
  /** Answers whose end nobody watches, for too many are watched. */
  readonly refused: number;
}

export interface Ahead {
  /** An answer has been stored in the place of an old one, or of none. */
  stored(entry: Entry, old: Entry | undefined): void;
  /** It is no longer stored. */
  left(entry: Entry): void;
  close(): void;
  stats(): AheadStats;
}

/** So many are looked at before others have their turn. */
const SLICE_MAX = 1_000;

/** The part of the rule that says so, and a recipe to ask with, for nobody is there who asks. */
function isWatched(entry: Entry, costMinMs: number): boolean {
  const { earlyFromMs, negative, recipe, usual } = entry;
  if (earlyFromMs === Infinity || negative || recipe === undefined) return false;
  return usual !== undefined && usual.meanMs >= costMinMs;
}

/** When it must begin to be ready by the end. */
function beginMs({ usual, freshUntilMs }: Entry): number {
  return usual === undefined ? Infinity : freshUntilMs - leadMs(usual);
}

/** Those who asked for the old answer since they were last counted, and who asks for this one. */
function rhythmAfter(entry: Entry, old: Entry | undefined, nowMs: number): Rhythm {
  const rhythm = old?.rhythm ?? newRhythm(nowMs, entry.hits);
  const hits = old === undefined ? 0 : old.hits - (old.rhythm?.countedHits ?? old.hitsBefore);
  const asked = entry.behind === undefined ? 1 : 0;
  heard(rhythm, hits + asked, nowMs);
  return { ...rhythm, countedHits: entry.hits, asked: rhythm.asked || hits > 0 };
}

export function openAhead(rooms: Rooms, options: AheadOptions): Ahead {
  const { clock, log, store, tallies } = rooms;
  const due = openDueList(options.watchedMax);
  let timer: Timer | undefined;
  let timerMs = Infinity;
  let running = 0;
  let refused = 0;
  let closed = false;

  const arm = (): void => {
    const firstMs = due.firstMs() ?? Infinity;
    // Who waits for a place is called when one becomes free.
    if (closed || running >= options.concurrent || firstMs >= timerMs) return;
    timer?.cancel();
    timerMs = firstMs;
    timer = clock.after(Math.max(0, firstMs - clock.nowMs()), look);
  };
  const watch = (entry: Entry, atMs: number): void => {
    if (due.put(entry.key, atMs)) arm();
    else refused += 1;
  };
  /** What was computed for nobody is looked at once more when it can no longer go out. */
  const watchEnd = (entry: Entry): void => {
    if (entry.behind === undefined) return;
    watch(entry, Math.max(entry.freshUntilMs, entry.staleUntilMs));
  };
  const isWorth = (entry: Entry, rhythm: Rhythm, nowMs: number): boolean => {
    if (entry.earlyDeltaMs === 0) return true;
    // What it saves is the wait of the next caller, as long as one comes in its lifetime.
    const lifetimeMs = entry.freshUntilMs - entry.storedAtMs;
    return chanceOfAsk(rhythm, lifetimeMs, nowMs) >= options.margin;
  };
  /** True when it was asked for since the last time, and is to be computed again. */
  const decide = (entry: Entry, nowMs: number): boolean => {
    const { rhythm } = entry;
    if (rhythm === undefined) return false;
    const hits = entry.hits - rhythm.countedHits;
    heard(rhythm, hits, nowMs);
    const asked = rhythm.asked || hits > 0;
    rhythm.countedHits = entry.hits;
    rhythm.asked = false;
    lived(rhythm, asked);
    // A hit may have been first.
    if (!asked || entry.earlyFromMs === Infinity || nowMs < entry.refreshNotBeforeMs) return false;
    return rooms.purges.judge(entry) === 'live' && isWorth(entry, rhythm, nowMs);
  };
  const compute = async (entry: Entry): Promise<void> => {
    const task = taskFor(rooms, entry);
    if (task === undefined) return;
    const trigger = entry.earlyDeltaMs > 0 ? 'predicted' : scheduledTrigger(task);
    await refreshAhead(rooms, task, entry, trigger);
    // Where it failed it is tried again, as long as that can help.
    const there = entry.movedTo ?? entry;
    if (store.peek(there.key) !== there || there.refreshNotBeforeMs >= there.freshUntilMs) return;
    if (there.rhythm !== undefined) there.rhythm.asked = true;
    watch(there, there.earlyFromMs);
  };
  const begin = (entry: Entry): void => {
    running += 1;
    watchEnd(entry);
    compute(entry)
      .catch((thrown: unknown) => {
        log.error('ahead_failed', describeThrown(thrown));
      })
      .finally(() => {
        running -= 1;
        arm();
      });
  };
  function look(): void {
    timerMs = Infinity;
    const nowMs = clock.nowMs();
    for (let nth = 0; nth < SLICE_MAX && running < options.concurrent; nth += 1) {
      const key = due.take(nowMs);
      if (key === undefined) break;
      const entry = store.peek(key);
      if (entry === undefined) continue;
      if (nowMs >= Math.max(entry.freshUntilMs, entry.staleUntilMs)) settleUse(tallies, entry);
      else if (nowMs < entry.freshUntilMs && decide(entry, nowMs)) begin(entry);
      else watchEnd(entry);
    }
    arm();
  }
  return {
    stored(entry, old) {
      if (closed) return;
      const nowMs = clock.nowMs();
      if (isWatched(entry, options.costMinMs)) {
        entry.rhythm = rhythmAfter(entry, old, nowMs);
        watch(entry, Math.max(nowMs, beginMs(entry)));
      } else watchEnd(entry);
    },
    left(entry) {
      settleUse(tallies, entry);
      due.delete(entry.key);
    },
    close() {
      closed = true;
      timer?.cancel();
    },
    stats: () => ({
      ...{ watched: due.size(), watchedMax: options.watchedMax, refused },
      ...{ running, runningMax: options.concurrent },
    }),
  };
}
