/** Tracked: which answers in memory also lie in the second tier, and which are in doubt there. */
import type { Clock, Timer } from '../clock.js';
import type { Evictions } from '../redis/tracking-evictions.js';
import type { Entry } from './entry.js';
import { openOwnWrites } from './tracked-own.js';

/** What was missed by everybody at once. */
interface Moments {
  /** Grows whenever every answer in memory comes into doubt. */
  epoch: number;
  /** The last of them at which what is gone may have been evicted. */
  blurred: number;
}

/** What is known of one answer in memory. Its coded form shares it. */
export class Tracked {
  /** Its answer was seen in the second tier. */
  isThere = false;
  doubt: { readonly sinceMs: number; readonly evictions: Evictions } | undefined;
  /** How often its key was announced. */
  changes = 0;
  checking: Promise<CheckOutcome> | undefined;
  /** The second tier could not be asked just now. */
  isResting = false;

  constructor(
    private readonly moments: Moments,
    readonly name: string,
    /** Up to then nothing is known against it. */
    private vouchedEpoch: number,
  ) {}

  /** Whether the second tier is to be asked before it goes out again. */
  get isDoubtful(): boolean {
    const isVouched = this.doubt === undefined && this.vouchedEpoch >= this.moments.epoch;
    return !isVouched && !this.isResting;
  }

  /** What was announced since that moment stays in doubt. */
  vouch({ epoch, changes }: Moment): void {
    this.vouchedEpoch = Math.max(this.vouchedEpoch, epoch);
    if (this.changes === changes) this.doubt = undefined;
  }

  moment(): Moment {
    return { epoch: this.moments.epoch, changes: this.changes };
  }

  /**
   * Nothing lies there any more: whether somebody took it away, so that it must not go out. A
   * server that makes room, or may have, says nothing about the answer. `endMs`: its own end there.
   */
  async isTakenAway(endMs: number, nowMs: number): Promise<boolean> {
    const { doubt, moments, vouchedEpoch } = this;
    if (!this.isThere || nowMs >= endMs - END_DOUBT_MS) return false;
    if (vouchedEpoch < moments.blurred) return false;
    if (vouchedEpoch < moments.epoch) return true;
    return doubt !== undefined && (await doubt.evictions.noneSince(doubt.sinceMs));
  }
}

export interface Moment {
  readonly epoch: number;
  readonly changes: number;
}

/** A look into the second tier that is under way. */
export interface Sighting {
  readonly epoch: number;
  readonly turn: number;
}

/** What came of asking the second tier about an answer in doubt. */
export const checkOutcomes = ['same', 'newer', 'dropped', 'kept', 'failed'] as const;
export type CheckOutcome = (typeof checkOutcomes)[number];

export interface TrackedStats {
  readonly answers: number;
  readonly checks: Readonly<Record<CheckOutcome, number>>;
}

export interface TrackedBook {
  /** Nothing lies in the second tier for longer. */
  readonly lifeMaxMs: number;
  /** A look begins: a change that is announced before it ends puts what it found into doubt. */
  sight(): Sighting;
  sighted(): void;
  /** What is known of an answer that this look found. */
  found(name: string, sighting: Sighting): Tracked;
  /** Has just been computed here; `written` says whether it lies there too in the end. */
  own(name: string, written: Promise<boolean>, isAnnounced: boolean): Tracked;
  /** Came from elsewhere, such as a snapshot: in doubt from the beginning. */
  strange(name: string): Tracked;
  /** It lies in memory from now on. */
  joined(tracked: Tracked): void;
  left(entry: Pick<Entry, 'tracked'>): void;
  changed(name: string, evictions: Evictions): void;
  /** Everything is in doubt; `isSure` when what is gone was taken away by somebody. */
  doubtAll(isSure: boolean): void;
  /** The second tier is of no help: it goes out meanwhile, and is asked about again soon. */
  rest(tracked: Tracked): void;
  count(outcome: CheckOutcome): void;
  stats(): TrackedStats;
  close(): void;
}

const REST_MS = 1000;
/** Clocks run on while a value is on its way to its server. */
const END_DOUBT_MS = 1000;
/** Names announced during looks; beyond it every look counts as overtaken. */
const OVERTAKEN_MAX = 10_000;
const NOWHERE = -1;

export function openTracked(lifeMaxMs: number, clock: Clock): TrackedBook {
  const moments: Moments = { epoch: 0, blurred: 0 };
  const byName = new Map<string, Tracked>();
  const ownWrites = openOwnWrites(clock);
  const resting = new Set<Tracked>();
  const checks = { same: 0, newer: 0, dropped: 0, kept: 0, failed: 0 };
  const overtaken = new Map<string, { readonly turn: number; readonly evictions: Evictions }>();
  let looks = 0;
  let turn = 0;
  let lostTurn = 0;
  let waking: Timer | undefined;

  const overtake = (name: string, evictions: Evictions): void => {
    if (looks === 0) return;
    turn += 1;
    if (overtaken.size >= OVERTAKEN_MAX) {
      overtaken.clear();
      lostTurn = turn;
    }
    overtaken.set(name, { turn, evictions });
  };
  const wake = (): void => {
    waking = undefined;
    for (const tracked of resting) tracked.isResting = false;
    resting.clear();
  };
  const doubt = (tracked: Tracked, evictions: Evictions): void => {
    tracked.changes += 1;
    tracked.doubt ??= { sinceMs: clock.nowMs(), evictions };
  };

  return {
    lifeMaxMs,
    sight() {
      looks += 1;
      return { epoch: moments.epoch, turn };
    },
    sighted() {
      looks -= 1;
      if (looks === 0) overtaken.clear();
    },
    found(name, sighting) {
      const after = overtaken.get(name);
      const isLost = lostTurn > sighting.turn;
      const tracked = new Tracked(moments, name, isLost ? NOWHERE : sighting.epoch);
      tracked.isThere = true;
      if (after !== undefined && after.turn > sighting.turn) {
        tracked.doubt = { sinceMs: clock.nowMs(), evictions: after.evictions };
      }
      return tracked;
    },
    own(name, written, isAnnounced) {
      const tracked = new Tracked(moments, name, moments.epoch);
      const expected = isAnnounced ? ownWrites.expect(name) : undefined;
      written.then(
        (isWritten) => {
          tracked.isThere ||= isWritten;
          const swallowed = expected?.settled(isWritten);
          // It was somebody else's write that we took for ours.
          if (swallowed !== undefined) doubt(tracked, swallowed);
        },
        () => undefined,
      );
      return tracked;
    },
    strange: (name) => new Tracked(moments, name, NOWHERE),
    joined: (tracked) => void byName.set(tracked.name, tracked),
    left({ tracked }) {
      if (tracked === undefined || byName.get(tracked.name) !== tracked) return;
      byName.delete(tracked.name);
      resting.delete(tracked);
    },
    changed(name, evictions) {
      overtake(name, evictions);
      const tracked = byName.get(name);
      if (ownWrites.isOurs(name, evictions) || tracked === undefined) return;
      doubt(tracked, evictions);
    },
    doubtAll(isSure) {
      moments.epoch += 1;
      if (!isSure) moments.blurred = moments.epoch;
      // Announcements that were missed are waited for no more.
      ownWrites.clear();
    },
    rest(tracked) {
      tracked.isResting = true;
      resting.add(tracked);
      waking ??= clock.after(REST_MS, wake);
    },
    count(outcome) {
      checks[outcome] += 1;
    },
    stats: () => ({ answers: byName.size, checks: { ...checks } }),
    close() {
      waking?.cancel();
    },
  };
}
