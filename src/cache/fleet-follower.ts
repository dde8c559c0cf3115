/** The follower: reads the journal in its order, and knows when it has missed something. */
import type { Clock, Timer } from '../clock.js';
import type { Journal, JournalRecord, Place, Reading } from '../redis/journal.js';
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
  /** There is no journal: whoever may writes the first record. */
  readonly begin: () => Promise<boolean>;
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
  let why: GapReason = 'start';
  let droppedMs = -Infinity;
  let knownMs = -Infinity;
  let reading: Promise<void> | undefined;
  let again = false;
  let closed = false;
  let later: Timer | undefined;

  /** From here on nothing is known, until it has been read anew. */
  const lose = (reason: GapReason): void => {
    followed = undefined;
    why = reason;
    knownMs = -Infinity;
  };
  /** False: everything was dropped only just now, and a flood of gaps must not do it again. */
  const attach = (page: Reading): boolean => {
    const waitMs = droppedMs + dropEveryMs - clock.nowMs();
    if (waitMs > 0) {
      later ??= clock.after(waitMs, () => {
        later = undefined;
        void read();
      });
      return false;
    }
    if (why !== 'start') droppedMs = clock.nowMs();
    gaps[why] += 1;
    tools.drop(why);
    followed = page.journal;
    lastRecord = undefined;
    marks.reset((page.records[0]?.seq ?? page.seq + 1) - 1, epoch());
    return true;
  };
  /** What of it is new; undefined when it does not follow what was read before. */
  const newIn = ({ records, seq }: Reading): readonly JournalRecord[] | GapReason => {
    const cursor = marks.seq();
    if (seq < cursor) return 'past';
    const [first] = records;
    if (first?.seq !== cursor) return first === undefined && seq > cursor ? 'hole' : records;
    if (lastRecord !== undefined && !first.bytes.equals(lastRecord)) return 'past';
    return records.slice(1);
  };
  const take = (page: Reading, fresh: readonly JournalRecord[]): GapReason | undefined => {
    for (const record of fresh) {
      if (record.seq !== marks.seq() + 1) return 'hole';
      if (!carryOut(record, { journal: page.journal, seq: record.seq })) return 'unreadable';
      counts.records += 1;
      lastRecord = record.bytes;
      marks.reached(epoch());
    }
    return undefined;
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
    if (followed !== undefined && followed !== page.journal) {
      lose('journal');
      return true;
    }
    if (followed === undefined && !attach(page)) return false;
    const fresh = newIn(page);
    const gap = typeof fresh === 'string' ? fresh : take(page, fresh);
    if (gap !== undefined) {
      lose(gap);
      return true;
    }
    if (marks.seq() < page.seq) return true;
    knownMs = startedMs;
    tools.caughtUp();
    return false;
  };
  const readAll = async (): Promise<void> => {
    try {
      do {
        again = false;
        while (!closed && (await readPage())) again = false;
        // A record that came meanwhile was announced to a reading that had passed it.
      } while (again && !isClosed());
    } catch {
      // The pool counts why; the next round tries again.
      counts.failed += 1;
    }
  };
  const isClosed = (): boolean => closed;
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
      if (followed === undefined || clock.nowMs() - knownMs > boundMs) return undefined;
      return { journal: followed, seq: marks.seq() };
    },
    stats: () => ({ attached: followed !== undefined, ...counts, gaps: { ...gaps } }),
    close() {
      closed = true;
      later?.cancel();
    },
  };
}
