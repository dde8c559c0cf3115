/** The frame of a stored answer: versioned, self-describing bytes that prove whose they are. */
import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.js';
import { endMsOf, type Entry } from './entry.js';
import { ByteReader, ByteWriter } from './frame-bytes.js';
import { readFields, writeFields } from './frame-fields.js';
import { MAC_BYTES, macOf, type KeyRing } from './key-ring.js';

/** Why bytes are no answer for whoever asks: each of them is a miss, and none an error. */
export type AbsentReason =
  | 'schema' // no frame at all, or one whose fields are not what they should be
  | 'version' // a version that this program does not read
  | 'size' // cut short, longer than it says, or larger than may be read
  | 'foreign' // signed with a secret that we do not hold
  | 'mac' // changed after it was signed
  | 'identity' // a good frame of another key or another partition
  | 'expired'; // its last window has closed, or a clock is wrong by more than we bear

export type FrameRead =
  | { readonly kind: 'good'; readonly entry: Entry; readonly marks: readonly number[] }
  | { readonly kind: 'absent'; readonly reason: AbsentReason };

export interface FrameTools {
  readonly ring: KeyRing;
  readonly clock: Pick<Clock, 'nowMs' | 'wallMs'>;
  /** A larger frame is not looked at. */
  readonly bytesMax: number;
  /** How far ahead of ours the clock of whoever stored it may have been. */
  readonly skewMaxMs: number;
}

export interface FrameWanted {
  /** Whose answer is looked for; undefined where all are read, as from a snapshot. */
  readonly identity: { readonly key: string; readonly partition: string } | undefined;
  /** The purge epoch that stood before the bytes were asked for. */
  readonly epoch: number;
}

/*
 *  0  magic     4   "LYDN"
 *  4  version   1
 *  5  length    4   of the whole frame, the MAC included
 *  9  key       4   which secret signed
 * 13  fields        tag (1), length (4), bytes; again and again
 * -16 MAC      16   over everything before it
 * All numbers have their lowest byte first.
 */
const MAGIC = Buffer.from('LYDN');
const MAGIC_NUMBER = MAGIC.readUInt32LE(0);
export const FRAME_VERSION = 1;
const VERSION_AT = 4;
const LENGTH_AT = 5;
const KEY_AT = 9;
const FIELDS_AT = 13;
const LEAST_BYTES = FIELDS_AT + MAC_BYTES;

/** What a frame is about larger than the body. */
const AROUND_BODY_BYTES = 1_200;

export function writeFrame(
  entry: Entry,
  { ring, clock }: Pick<FrameTools, 'ring' | 'clock'>,
  marks: readonly number[] = [],
): Buffer {
  const writer = new ByteWriter(entry.body.byteLength + AROUND_BODY_BYTES);
  writer.bytes(MAGIC);
  writer.u8(FRAME_VERSION);
  writer.u32(0);
  writer.u32(ring.first.id);
  writeFields(writer, entry, { nowMs: clock.nowMs(), wallMs: clock.wallMs() }, marks);
  writer.patch(LENGTH_AT, writer.written().byteLength + MAC_BYTES);
  writer.bytes(macOf(ring.first, writer.written()));
  return writer.written();
}

const absent = (reason: AbsentReason): FrameRead => ({ kind: 'absent', reason });

/** Everything that is known before a single field is believed. */
function doubt(bytes: Buffer, { ring, bytesMax }: FrameTools): AbsentReason | undefined {
  if (bytes.byteLength < LEAST_BYTES || bytes.readUInt32LE(0) !== MAGIC_NUMBER) return 'schema';
  if (bytes[VERSION_AT] !== FRAME_VERSION) return 'version';
  const { byteLength } = bytes;
  if (byteLength > bytesMax || bytes.readUInt32LE(LENGTH_AT) !== byteLength) return 'size';
  const key = ring.find(bytes.readUInt32LE(KEY_AT));
  if (key === undefined) return 'foreign';
  const end = byteLength - MAC_BYTES;
  const mac = macOf(key, bytes.subarray(0, end));
  return timingSafeEqual(mac, bytes.subarray(end)) ? undefined : 'mac';
}

/** Never throws, whatever the bytes are, and looks into nothing that is not signed. */
export function readFrame(bytes: Buffer, tools: FrameTools, wanted: FrameWanted): FrameRead {
  const reason = doubt(bytes, tools);
  if (reason !== undefined) return absent(reason);
  const nowMs = tools.clock.nowMs();
  const at = { nowMs, wallMs: tools.clock.wallMs() };
  try {
    const reader = new ByteReader(bytes, FIELDS_AT, bytes.byteLength - MAC_BYTES);
    const { entry, aheadMs, marks } = readFields(reader, at, wanted.epoch);
    const { identity } = wanted;
    if (identity !== undefined) {
      const isTheirs = entry.key === identity.key && entry.partition === identity.partition;
      if (!isTheirs) return absent('identity');
    }
    if (aheadMs > tools.skewMaxMs || endMsOf(entry) <= nowMs) return absent('expired');
    return { kind: 'good', entry, marks };
  } catch {
    // Signed by us and yet not readable: some other version of us had another idea of it.
    return absent('schema');
  }
}
