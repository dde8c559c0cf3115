/** The snapshot: answers outlive a restart in one signed file, written last and read first. */
import type { Timer } from '../clock.js';
import { describeThrown } from '../errors.js';
import type { Entry } from './entry.js';
import { shelve } from './keep.js';
import type { KeyRing } from './key-ring.js';
import type { Rooms } from './rooms.js';
import type { SnapshotJournal } from './snapshot-journal.js';
import { readSnapshot, type LeftReason, type ReadResult } from './snapshot-read.js';
import { worthKeeping, writeSnapshot, type Written } from './snapshot-write.js';
import { countOne } from './tally.js';

export interface SnapshotOptions {
  readonly path: string;
  /** An older one is not read. */
  readonly maxAgeMs: number;
  readonly bytesMax: number;
  /** How long writing or reading it may take. */
  readonly waitMs: number;
  /** By how much the wall clock may have been ahead when it was written. */
  readonly skewMaxMs: number;
}

export interface SnapshotTools {
  readonly rooms: Pick<
    Rooms,
    'store' | 'variants' | 'purges' | 'clock' | 'log' | 'ahead' | 'second'
  >;
  readonly rings: { readonly entries: KeyRing; readonly snapshot: KeyRing };
  /**
   * For each route whose answers may outlive the process, what they depend on: only while that is
   * the same are they read again.
   */
  readonly origins: () => ReadonlyMap<string, string>;
  /** The order of purges that all nodes share; undefined where this one is alone. */
  readonly journal?: SnapshotJournal | undefined;
}

export interface SnapshotStats {
  readonly restored: number;
  /** Of the file, as far as it was read. */
  readonly bytes: number;
  readonly tookMs: number;
  /** Answers in the file that were not taken, by reason. */
  readonly left: ReadonlyMap<LeftReason, number>;
}

export interface Snapshot {
  /** Before the first request; never rejects, and what goes wrong costs one log line. */
  restore(): Promise<void>;
  /** After the last request; never rejects. */
  save(): Promise<void>;
  stats(): SnapshotStats;
}

/** What came first is told; whoever works on learns from `isOver` that nobody waits any more. */
async function within<T>(
  { clock }: Pick<Rooms, 'clock'>,
  waitMs: number,
  work: (isOver: () => boolean) => Promise<T>,
): Promise<T | 'late'> {
  let isOver = false;
  let timer: Timer | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = clock.after(waitMs, () => {
      isOver = true;
      resolve('late');
    });
  });
  try {
    return await Promise.race([work(() => isOver), late]);
  } finally {
    isOver = true;
    timer?.cancel();
  }
}

/** The newest variant is found first, whatever the order in which the file has them. */
function register({ store, variants }: SnapshotTools['rooms'], entries: Entry[]): void {
  for (const entry of entries.sort((a, b) => a.storedAtMs - b.storedAtMs)) {
    if (store.peek(entry.key) !== undefined) shelve({ store, variants }, entry);
  }
}

function place({ store, purges }: SnapshotTools['rooms'], entry: Entry): LeftReason | undefined {
  // What patterns older than that would say of it is not known any more.
  if (entry.epoch < purges.forgottenEpoch()) return 'purged';
  if (purges.judgeArrival(entry) === 'deleted') return 'purged';
  const { entries, entriesMax, bytes, bytesMax } = store.stats();
  // The most valuable come first: those that follow must not push them out.
  if (entries >= entriesMax || bytes + entry.chargedBytes > bytesMax) return 'full';
  if (store.set(entry) !== 'stored') return 'full';
  // The store has forgotten how often it was asked for; what the entry knows of it is enough.
  for (let uses = entry.hits; uses > 1; uses >>= 1) store.get(entry.key);
  return undefined;
}

export function openSnapshot(options: SnapshotOptions, tools: SnapshotTools): Snapshot {
  const { rooms } = tools;
  const { log, clock } = rooms;
  const left = new Map<LeftReason, number>();
  const variants: Entry[] = [];
  let restored = 0;
  let bytes = 0;
  let tookMs = 0;

  const take = (entry: Entry): LeftReason | undefined => {
    const reason = place(rooms, entry);
    if (reason !== undefined) return reason;
    restored += 1;
    rooms.ahead?.stored(entry, undefined);
    rooms.second?.tracked?.adopt(entry);
    if (entry.http !== undefined) variants.push(entry);
    return undefined;
  };
  const forgetAll = (): void => {
    rooms.store.clear();
    variants.length = 0;
    restored = 0;
  };
  const tell = (result: ReadResult | 'late'): void => {
    if (result === 'late' || result.kind === 'read') {
      const ending = result === 'late' ? result : result.ending;
      const leftOut = [...left.values()].reduce((sum, count) => sum + count, 0);
      log.info('snapshot_restored', {
        entries: restored,
        left_out: leftOut,
        ending,
        ms: tookMs,
      });
    } else if (result.reason === 'missing') log.info('snapshot_ignored', { reason: 'missing' });
    else log.warn('snapshot_ignored', { reason: result.reason });
  };

  return {
    async restore() {
      if (tools.journal !== undefined) await tools.journal.ready();
      const isUnknown = tools.journal?.standpoint(undefined).kind === 'unknown';
      const startedMs = clock.nowMs();
      const note = {
        epoch: rooms.purges.epoch(),
        take,
        left: (reason: LeftReason): void => {
          countOne(left, reason);
        },
      };
      const read = (more: number): void => {
        bytes += more;
      };
      try {
        const result = await within(rooms, options.waitMs, (isOver) =>
          readSnapshot({ options, tools, isOver, read, ...note }),
        );
        tookMs = clock.nowMs() - startedMs;
        // The journal was read for the first time meanwhile, when not all of this was there.
        if (isUnknown && tools.journal.standpoint(undefined).kind !== 'unknown') {
          forgetAll();
          tell({ kind: 'ignored', reason: 'gap' });
        } else tell(result);
      } catch (thrown) {
        log.warn('snapshot_ignored', { reason: 'unreadable', ...describeThrown(thrown) });
      }
      register(rooms, variants.splice(0));
    },
    async save() {
      const origins = tools.origins();
      // All that was purged until there is gone from what is found now.
      const place = tools.journal?.place();
      const entries = worthKeeping(tools, origins);
      // What was read at the start is gone, so an empty one would say nothing that its absence
      // does not.
      if (entries.length === 0) return;
      const startedMs = clock.nowMs();
      try {
        const written: Written | 'late' | undefined = await within(
          rooms,
          options.waitMs,
          (isOver) => writeSnapshot({ options, tools, isOver }, { entries, origins, place }),
        );
        if (written === undefined || written === 'late') {
          log.warn('snapshot_failed', { reason: written ?? 'no-snapshot-there' });
          return;
        }
        const { entries: count, leftOut } = written;
        const ms = clock.nowMs() - startedMs;
        log.info('snapshot_written', {
          entries: count,
          bytes: written.bytes,
          left_out: leftOut,
          ms,
        });
      } catch (thrown) {
        log.warn('snapshot_failed', describeThrown(thrown));
      }
    },
    stats: () => ({ restored, bytes, tookMs, left }),
  };
}
