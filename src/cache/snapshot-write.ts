/** Writing a snapshot: the most valuable answers first, beside the old file, then in its place. */
import { constants } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Entry } from './entry.js';
import { writeFrame } from './frame.js';
import {
  chainAfter,
  END_BYTES,
  endBytes,
  headBytes,
  isSnapshot,
  LENGTH_BYTES,
} from './snapshot-format.js';
import { isMissing, LINK_BYTES, recordParts, type Head } from './snapshot-format.js';
import type { SnapshotTools, SnapshotOptions } from './snapshot.js';

export interface Written {
  readonly entries: number;
  readonly bytes: number;
  /** Those that found no place or no time. */
  readonly leftOut: number;
}

const CHUNK_BYTES = 256 * 1024;
/** The last part of the time is left for what brings the bytes to the disk. */
const WRITING_SHARE = 0.7;

/** What still lives and whose route is known, by the computing time that it has saved. */
export function worthKeeping(tools: SnapshotTools, origins: ReadonlyMap<string, string>): Entry[] {
  const { store, purges, clock } = tools.rooms;
  const nowMs = clock.nowMs();
  const kept: Entry[] = [];
  const entries = store.entries();
  for (;;) {
    const one = entries.next();
    if (one.done === true) break;
    const { value: entry } = one;
    // What a purge took must not come back; what it made old is old in its times by now.
    if (!origins.has(entry.route) || purges.judge(entry) === 'deleted') continue;
    const endMs = Math.max(entry.freshUntilMs, entry.staleUntilMs, entry.errorUntilMs);
    if (endMs > nowMs) kept.push(entry);
  }
  const saved = ({ hits, costMs }: Entry): number => hits * costMs;
  return kept.sort((a, b) => saved(b) - saved(a) || b.costMs - a.costMs);
}

/** Nobody's file is overwritten because of a slip in a setting. */
async function mayReplace(path: string): Promise<boolean> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (thrown) {
    return isMissing(thrown);
  }
  try {
    const stat = await file.stat();
    if (!stat.isFile()) return false;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LENGTH_BYTES), 0, LENGTH_BYTES, 0);
    return stat.size === 0 || (bytesRead === LENGTH_BYTES && isSnapshot(buffer));
  } finally {
    await file.close();
  }
}

async function writeRecords(
  file: FileHandle,
  { entries, origins, place }: Found,
  { options, tools, isOver }: Writing,
): Promise<Written> {
  const { clock } = tools.rooms;
  const { first } = tools.rings.snapshot;
  const count = entries.length;
  const head = headBytes({ writtenWallMs: clock.wallMs(), count, origins, place }, first);
  const chain = chainAfter(head, first);
  const endMs = clock.nowMs() + options.waitMs * WRITING_SHARE;
  let chunk: Buffer[] = [head];
  let waiting = head.byteLength;
  let bytes = head.byteLength + END_BYTES;
  let written = 0;
  const flush = async (): Promise<void> => {
    await file.appendFile(Buffer.concat(chunk, waiting));
    chunk = [];
    waiting = 0;
  };
  for (const entry of entries) {
    if (isOver() || clock.nowMs() >= endMs) break;
    if (bytes + entry.body.byteLength > options.bytesMax) continue;
    const frame = writeFrame(entry, { ring: tools.rings.entries, clock });
    const length = LENGTH_BYTES + frame.byteLength + LINK_BYTES;
    if (bytes + length > options.bytesMax) continue;
    chunk.push(...recordParts(frame, chain));
    waiting += length;
    bytes += length;
    written += 1;
    if (waiting >= CHUNK_BYTES) await flush();
  }
  chunk.push(endBytes(written, chain));
  waiting += END_BYTES;
  await flush();
  return { entries: written, bytes, leftOut: entries.length - written };
}

/** A new name is only certain to survive when its folder has been brought to the disk too. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(dirname(path), constants.O_RDONLY);
    await folder.sync().finally(() => folder.close());
  } catch {
    // Some file systems cannot; the bytes themselves are safe.
  }
}

/** What is to be written, all of one moment. */
export interface Found extends Pick<Head, 'origins' | 'place'> {
  readonly entries: readonly Entry[];
}

export interface Writing {
  readonly options: SnapshotOptions;
  readonly tools: SnapshotTools;
  /** Whether nobody waits any more. */
  readonly isOver: () => boolean;
}

/** Undefined when the place is taken by a file that is no snapshot. */
export async function writeSnapshot(writing: Writing, found: Found): Promise<Written | undefined> {
  const { path } = writing.options;
  if (!(await mayReplace(path))) return undefined;
  const beside = `${path}.tmp`;
  await rm(beside, { force: true });
  const { O_CREAT, O_EXCL, O_WRONLY } = constants;
  // For our eyes only: it holds what callers were answered.
  const file = await open(beside, O_CREAT | O_EXCL | O_WRONLY, 0o600);
  try {
    let written: Written;
    try {
      written = await writeRecords(file, found, writing);
      await file.sync();
    } finally {
      await file.close();
    }
    if (writing.isOver()) throw new Error('too late');
    await rename(beside, path);
    await syncFolder(path);
    return written;
  } catch (thrown) {
    await rm(beside, { force: true });
    throw thrown;
  }
}
