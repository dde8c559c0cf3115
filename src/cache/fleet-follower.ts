/** The follower: reads the journal in its order, and knows when it has missed something. */
import type { Clock, Timer } from '../clock.js';
import type { Journal, JournalRecord, Place, Reading } from '../redis/journal.js';
import type { Link } from '../redis/link.js';
import type { FleetMark } from './fleet.js';
import type { Marks } from './fleet-marks.js';

export interface FollowerOptions {
  /** What was not read for so long is not known: marks are given no more, and no older. */
  readonly boundMs: number;
  /** Everything is dropped at most once in so many milliseconds, whatever happens. */
  readonly dropEveryMs: number;
}

/** Why everything that this node holds was dropped. */
export const gapReasons = ['start', 'journal', 'hole', 'past', 'unreadable'] as const;
export type GapReason = (typeof gapReasons)[number];

export interface FollowerTools {
  readonly clock: Clock;
  readonly journal: Pick<Journal, 'readFrom'>;
  readonly marks: Marks;
  /** Our purge epoch. */
  readonly epoch: () => number;
  /** Carries one record out. False: it cannot be understood, and may have said anything. */
  readonly carryOut: (record: JournalRecord, place: Place) => boolean;
  /** Purges may have been missed: everything held by now counts as purged. */
  readonly drop: (reason: GapReason) => void;
  /** The journal, or its past, is another one from now on. */
  readonly lost: () => void;
  /** There is no journal: whoever may writes the first record. */
  readonly begin: () => Promise<boolean>;
  /** How the server that was read stands to its master. */
  readonly linked: (link: Link) => void;
  /** The end of the journal was reached. */
  readonly caughtUp: () => void;
}

export interface Follower {
  /** Reads to the end, now or once more when it is at it; resolves when it is through. */
  read(): Promise<void>;
  mark(): FleetMark | undefined;
  stats(): {
    readonly attached: boolean;
    readonly records: number;
    readonly reads: number;
    readonly failed: number;
    readonly gaps: Readonly<Record<GapReason, number>>;
  };
  close(): void;
}

export function openFollower(options: FollowerOptions, tools: FollowerTools): Follower {
  const { boundMs, dropEveryMs } = options;
  const { clock, journal, marks, epoch, carryOut } = tools;
  const gaps = { start: 0, journal: 0, hole: 0, past: 0, unreadable: 0 };
  const counts = { records: 0, reads: 0, failed: 0 };
  /** The journal that is followed; undefined while it must be read from its beginning. */
  let followed: string | undefined;
  /** The record at the cursor, to see that it is still the same. */
  let lastRecord: Buffer | undefined;
  let started = false;
  /** Why everything must be dropped yet. */
  let doubt: GapReason | undefined;
  let droppedMs = -Infinity;
  let knownMs = -Infinity;
  let reading: Promise<void> | undefined;
  let again = false;
  let closed = false;
  let later: Timer | undefined;

  /** From its beginning on, for what is ours in it, and for values that were written long ago. */
  const attach = ({ journal: id, records, seq }: Reading): void => {
    if (!started) {
      gaps.start += 1;
      tools.drop('start');
    }
    started = true;
    followed = id;
    lastRecord = undefined;
    marks.reset((records[0]?.seq ?? seq + 1) - 1, epoch());
  };
  const lose = (reason: GapReason): void => {
    followed = undefined;
    doubt = reason;
    tools.lost();
  };
  /** A flood of gaps drops everything once, and once more later, whatever comes between. */
  const settle = (): void => {
    if (doubt === undefined || later !== undefined) return;
    const waitMs = droppedMs + dropEveryMs - clock.nowMs();
    if (waitMs > 0) {
      later = clock.after(waitMs, () => {
        later = undefined;
        void read();
      });
      return;
    }
    droppedMs = clock.nowMs();
    gaps[doubt] += 1;
    tools.drop(doubt);
    doubt = undefined;
    marks.reset(marks.seq(), epoch());
  };
  /** What of it is new; undefined when the journal had another past than we have read. */
  const newIn = ({ records, seq }: Reading): readonly JournalRecord[] | undefined => {
    const cursor = marks.seq();
    if (seq < cursor) return undefined;
    const [first] = records;
    if (first?.seq !== cursor) return records;
    const isSame = lastRecord === undefined || first.bytes.equals(lastRecord);
    return isSame ? records.slice(1) : undefined;
  };
  const take = (page: Reading, fresh: readonly JournalRecord[]): void => {
    for (const record of fresh) {
      if (record.seq !== marks.seq() + 1) {
        doubt = 'hole';
        marks.reset(record.seq - 1, epoch());
      }
      const place = { journal: page.journal, seq: record.seq };
      if (!carryOut(record, place)) doubt = 'unreadable';
      counts.records += 1;
      lastRecord = record.bytes;
      marks.reached(epoch());
    }
    // Its end was cut off before anybody here had read it.
    if (fresh.length === 0 && marks.seq() < page.seq) {
      doubt = 'hole';
      marks.reset(page.seq, epoch());
      lastRecord = undefined;
    }
  };
  /** True when there may be more to read at once. */
  const readPage = async (): Promise<boolean> => {
    const startedMs = clock.nowMs();
    counts.reads += 1;
    const page = await journal.readFrom(followed === undefined ? 0 : marks.seq());
    if (closed) return false;
    if (page === undefined) {
      if (followed !== undefined) lose('journal');
      return tools.begin();
    }
    if (followed === undefined) attach(page);
    else if (followed !== page.journal) {
      lose('journal');
      return true;
    }
    const fresh = newIn(page);
    if (fresh === undefined) {
      lose('past');
      return true;
    }
    take(page, fresh);
    if (marks.seq() < page.seq) return true;
    settle();
    tools.linked(page.link);
    // The end of what a replica has is not the end, when it is cut off from its master.
    if (page.link !== 'whole') return false;
    knownMs = startedMs;
    tools.caughtUp();
    return false;
  };
  const isWanted = (): boolean => again && !closed;
  const readAll = async (): Promise<void> => {
    try {
      do {
        again = false;
        while (!closed && (await readPage())) again = false;
        // A record that came meanwhile was announced to a reading that had passed it.
      } while (isWanted());
    } catch {
      // The pool counts why; the next round tries again.
      counts.failed += 1;
    }
  };
  const read = (): Promise<void> => {
    if (closed) return Promise.resolve();
    again = true;
    reading ??= readAll().finally(() => {
      reading = undefined;
    });
    return reading;
  };

  return {
    read,
    mark() {
      if (followed === undefined || doubt !== undefined) return undefined;
      if (clock.nowMs() - knownMs > boundMs) return undefined;
      return { journal: followed, seq: marks.seq() };
    },
    stats: () => ({ attached: followed !== undefined, ...counts, gaps: { ...gaps } }),
    close() {
      closed = true;
      later?.cancel();
    },
  };
}
