/** Reading a snapshot: slice by slice, and only what is proven, alive and wanted. */
import { constants } from 'node:fs';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import type { Entry } from './entry.js';
import { readFrame, type AbsentReason, type FrameTools } from './frame.js';
import { MAC_BYTES } from './key-ring.js';
import {
  countMac,
  END_BYTES,
  HEAD_START_BYTES,
  headLength,
  isSnapshot,
} from './snapshot-format.js';
import { isMissing, LENGTH_BYTES, LINK_BYTES, readHead } from './snapshot-format.js';
import type { Chain, Head, HeadFault } from './snapshot-format.js';
import type { SnapshotOptions, SnapshotTools } from './snapshot.js';

/** Why an answer in the snapshot was not taken. */
export type LeftReason =
  | AbsentReason
  | 'route' // its route is gone, or computes or keys it otherwise now
  | 'purged' // a purge came while the snapshot was read
  | 'full'; // there is no room

/** Why nothing of a snapshot is used. */
export type IgnoredReason =
  | HeadFault
  | 'missing' // there is none
  | 'no-file' // something else lies there
  | 'too-old' // written before `maxAge`
  | 'clock' // written in the future
  | 'gap' // the journal does not say which purges came since
  | 'not-removable'; // it could be read again, and undo purges that came since

/** How the reading of a file ended. */
export type Ending = 'complete' | 'broken' | 'late';

export interface Reading {
  readonly options: SnapshotOptions;
  readonly tools: SnapshotTools;
  readonly isOver: () => boolean;
  /** The purge epoch that stood before the first byte was read. */
  readonly epoch: number;
  /** Answers that were found; returns why one is not taken. */
  readonly take: (entry: Entry) => LeftReason | undefined;
  readonly left: (reason: LeftReason) => void;
  readonly read: (bytes: number) => void;
}

/** About a hundredth of a second of work; the loop turns between two of them. */
const SLICE_BYTES = 256 * 1024;
/** Of what surrounds a body; a larger record is skipped. */
const AROUND_BODY_BYTES_MAX = 2 ** 20;

interface Window {
  /** Undefined when the file ends before. */
  at(position: number, length: number): Promise<Buffer | undefined>;
}

function openWindow(file: FileHandle, reading: Reading): Window {
  let start = 0;
  let held = Buffer.alloc(0);
  return {
    async at(position, length) {
      if (position < start || position + length > start + held.byteLength) {
        const wanted = Buffer.alloc(Math.max(SLICE_BYTES, length));
        let filled = 0;
        while (filled < length) {
          const { bytesRead } = await file.read(
            ...([wanted, filled, wanted.byteLength - filled, position + filled] as const),
          );
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        reading.read(filled);
        start = position;
        held = wanted.subarray(0, filled);
      }
      const from = position - start;
      return from + length > held.byteLength ? undefined : held.subarray(from, from + length);
    },
  };
}

function judged(frame: Buffer, tools: FrameTools, epoch: number, { take }: Reading, known: Known) {
  const read = readFrame(frame, tools, { identity: undefined, epoch });
  if (read.kind === 'absent') return read.reason;
  return known(read.entry.route) ? take(read.entry) : 'route';
}

type Known = (route: string) => boolean;

interface Records {
  readonly window: Window;
  readonly chain: Chain;
  readonly epoch: number;
  readonly known: Known;
}

function isEnd(bytes: Buffer, count: number, chain: Chain): boolean {
  if (bytes.readUInt32LE(LENGTH_BYTES) !== count) return false;
  return chain.holds(0, countMac(count), bytes.subarray(2 * LENGTH_BYTES));
}

async function readRecords(reading: Reading, first: number, records: Records): Promise<Ending> {
  const { window, chain, epoch, known } = records;
  const { store, clock } = reading.tools.rooms;
  const bytesMax = store.bodyBytesMax + AROUND_BODY_BYTES_MAX;
  const { skewMaxMs } = reading.options;
  const tools = { ring: reading.tools.rings.entries, clock, bytesMax, skewMaxMs };
  let position = first;
  for (let count = 0; ; count += 1) {
    const length = (await window.at(position, LENGTH_BYTES))?.readUInt32LE(0);
    if (length === undefined) return 'broken';
    if (length === 0) {
      const end = await window.at(position, END_BYTES);
      return end !== undefined && isEnd(end, count, chain) ? 'complete' : 'broken';
    }
    if (length < MAC_BYTES) return 'broken';
    const end = position + LENGTH_BYTES + length;
    const proof = await window.at(end - MAC_BYTES, MAC_BYTES + LINK_BYTES);
    if (proof === undefined) return 'broken';
    const link = Buffer.from(proof.subarray(MAC_BYTES));
    if (!chain.holds(length, proof.subarray(0, MAC_BYTES), link)) return 'broken';
    const frame = length > bytesMax ? undefined : await window.at(end - length, length);
    if (reading.isOver()) return 'late';
    const reason = frame === undefined ? 'size' : judged(frame, tools, epoch, reading, known);
    if (reason !== undefined) reading.left(reason);
    position = end + LINK_BYTES;
  }
}

function wrongAge({ writtenWallMs }: Head, { options, tools }: Reading): IgnoredReason | undefined {
  const ageMs = tools.rooms.clock.wallMs() - writtenWallMs;
  if (ageMs > options.maxAgeMs) return 'too-old';
  return ageMs >= -options.skewMaxMs ? undefined : 'clock';
}

export type ReadResult =
  | { readonly kind: 'ignored'; readonly reason: IgnoredReason }
  | { readonly kind: 'read'; readonly ending: Ending };

const ignored = (reason: IgnoredReason): ReadResult => ({ kind: 'ignored', reason });

async function readFile(file: FileHandle, reading: Reading): Promise<ReadResult> {
  const { options, tools } = reading;
  const window = openWindow(file, reading);
  const start = await window.at(0, HEAD_START_BYTES);
  // What is not ours is left where it is.
  if (start === undefined || !isSnapshot(start)) return ignored('schema');
  /*
   * 1. A snapshot is read, and stays where it is.
   * 2. A purge takes an answer that was in it.
   * 3. The process is killed, and has no time to write another.
   * 4. The next one reads the old snapshot: the purge is undone.
   * So it is gone before anybody can purge; a killed process starts cold.
   */
  try {
    await unlink(options.path);
  } catch {
    return ignored('not-removable');
  }
  if (reading.isOver()) return { kind: 'read', ending: 'late' };
  const length = headLength(start);
  if (typeof length === 'string') return ignored(length);
  const bytes = await window.at(0, length);
  if (bytes === undefined) return ignored('size');
  const read = readHead(bytes, tools.rings.snapshot);
  if (typeof read === 'string') return ignored(read);
  const { head, chain } = read;
  const reason = wrongAge(head, reading);
  if (reason !== undefined) return ignored(reason);
  const standpoint = tools.journal?.standpoint(head.place);
  if (standpoint?.kind === 'gap') return ignored('gap');
  const epoch = standpoint?.kind === 'known' ? standpoint.epoch : reading.epoch;
  const now = tools.origins();
  const known: Known = (route) => now.has(route) && now.get(route) === head.origins.get(route);
  const ending = await readRecords(reading, length, { window, chain, epoch, known });
  return { kind: 'read', ending };
}

export async function readSnapshot(reading: Reading): Promise<ReadResult> {
  let file: FileHandle;
  try {
    // A pipe in its place must not hold up the start.
    file = await open(reading.options.path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (thrown) {
    if (isMissing(thrown)) return ignored('missing');
    throw thrown;
  }
  try {
    if (!(await file.stat()).isFile()) return ignored('no-file');
    return await readFile(file, reading);
  } finally {
    await file.close();
  }
}
