/** The bytes of a snapshot: a signed head, a chain of frames, and a signed end. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { ByteReader, ByteWriter } from './frame-bytes.js';
import type { FleetMark } from './fleet.js';
import { MAC_BYTES, macOf, type KeyRing, type SigningKey } from './key-ring.js';

/*
 * head    "LYSN", version (1), length of the head (4), key (4), nonce (16), wall clock (8),
 *         number of answers that were to be written (4), texts: route, origin; …; MAC
 * record  length of the frame (4), frame, link (16)
 * …
 * end     zero (4), number of records (4), link (16)
 *
 * A link is a MAC over the link before it (first: the MAC of the head), the length, and the MAC in
 * which the frame ends. So no record can be left out, moved, cut off or come from another snapshot
 * without a link that does not hold; and one whose body was damaged is left out alone.
 */
const MAGIC = Buffer.from('LYSN');
export const SNAPSHOT_VERSION = 1;
const VERSION_AT = 4;
const LENGTH_AT = 5;
const KEY_AT = 9;
/** What must be known of a head before it can be read whole. */
export const HEAD_START_BYTES = 13;
const NONCE_BYTES = 16;
/** Routes are bounded by the settings file, which has 1 MiB at most. */
export const HEAD_BYTES_MAX = 4 * 2 ** 20;
export const LENGTH_BYTES = 4;
export const LINK_BYTES = MAC_BYTES;
export const END_BYTES = 2 * LENGTH_BYTES + LINK_BYTES;

/** Why a whole file is of no use. */
export type HeadFault = 'schema' | 'version' | 'size' | 'foreign' | 'mac';

export interface Head {
  readonly writtenWallMs: number;
  readonly count: number;
  /** For each route what its answers depend on. */
  readonly origins: ReadonlyMap<string, string>;
  /** How far in the journal the node had read that wrote it; undefined without one. */
  readonly place: FleetMark | undefined;
}

/** The place stands among the routes, where older versions skip it: no pattern is called so. */
const PLACE = '\n';
const PLACED = /^([!-~]{1,128}(?: [!-~]{1,128})?) ([0-9]{1,15})$/;

/** Whether what the file system threw says that there is no such file. */
export function isMissing(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && Reflect.get(thrown, 'code') === 'ENOENT';
}

export function isSnapshot(start: Buffer): boolean {
  return start.subarray(0, VERSION_AT).equals(MAGIC);
}

/** The length of the whole head, as far as its first bytes can be believed. */
export function headLength(start: Buffer): number | HeadFault {
  if (start.byteLength < HEAD_START_BYTES || !isSnapshot(start)) return 'schema';
  if (start[VERSION_AT] !== SNAPSHOT_VERSION) return 'version';
  const length = start.readUInt32LE(LENGTH_AT);
  return length > HEAD_START_BYTES + MAC_BYTES && length <= HEAD_BYTES_MAX ? length : 'size';
}

export function headBytes(head: Head, key: SigningKey): Buffer {
  const writer = new ByteWriter(4_096);
  writer.bytes(MAGIC);
  writer.u8(SNAPSHOT_VERSION);
  writer.u32(0);
  writer.u32(key.id);
  writer.bytes(randomBytes(NONCE_BYTES));
  writer.numbers([head.writtenWallMs]);
  writer.u32(head.count);
  const { place } = head;
  const placed = place === undefined ? [] : [PLACE, `${place.journal} ${place.seq}`];
  writer.texts([...[...head.origins].flat(), ...placed]);
  writer.patch(LENGTH_AT, writer.written().byteLength + MAC_BYTES);
  writer.bytes(macOf(key, writer.written()));
  return writer.written();
}

export function readHead(bytes: Buffer, ring: KeyRing): { head: Head; chain: Chain } | HeadFault {
  const key = ring.find(bytes.readUInt32LE(KEY_AT));
  if (key === undefined) return 'foreign';
  const end = bytes.byteLength - MAC_BYTES;
  const mac = bytes.subarray(end);
  if (!timingSafeEqual(macOf(key, bytes.subarray(0, end)), mac)) return 'mac';
  try {
    const reader = new ByteReader(bytes, HEAD_START_BYTES + NONCE_BYTES, end);
    const [writtenWallMs = NaN] = reader.numbers(1);
    const count = reader.u32();
    const texts = reader.texts();
    const origins = new Map<string, string>();
    for (let at = 0; at + 1 < texts.length; at += 2)
      origins.set(texts[at] ?? '', texts[at + 1] ?? '');
    const [, journal, seq] = PLACED.exec(origins.get(PLACE) ?? '') ?? [];
    const place = journal === undefined ? undefined : { journal, seq: Number(seq) };
    origins.delete(PLACE);
    return { head: { writtenWallMs, count, origins, place }, chain: openChain(key, mac) };
  } catch {
    return 'schema';
  }
}

export interface Chain {
  /** The link after a frame of this length that ends in this MAC; the chain moves on. */
  link(length: number, frameMac: Buffer): Buffer;
  /** Whether this is the link; the chain moves on when it is. */
  holds(length: number, frameMac: Buffer, link: Buffer): boolean;
}

function openChain(key: SigningKey, start: Buffer): Chain {
  let last: Buffer = Buffer.from(start);
  const next = (length: number, frameMac: Buffer): Buffer => {
    const size = Buffer.alloc(LENGTH_BYTES);
    size.writeUInt32LE(length);
    return macOf(key, last, size, frameMac);
  };
  return {
    link: (length, frameMac) => (last = next(length, frameMac)),
    holds(length, frameMac, link) {
      const wanted = next(length, frameMac);
      if (link.byteLength !== LINK_BYTES || !timingSafeEqual(wanted, link)) return false;
      last = wanted;
      return true;
    },
  };
}

/** The chain that begins behind a head which we have just written. */
export function chainAfter(head: Buffer, key: SigningKey): Chain {
  return openChain(key, head.subarray(-MAC_BYTES));
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(LENGTH_BYTES);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** What the last link signs in place of a frame's MAC. */
export function countMac(count: number): Buffer {
  return Buffer.concat([number(count), Buffer.alloc(MAC_BYTES - LENGTH_BYTES)]);
}

export function recordParts(frame: Buffer, chain: Chain): readonly Buffer[] {
  const { byteLength } = frame;
  return [number(byteLength), frame, chain.link(byteLength, frame.subarray(-MAC_BYTES))];
}

export function endBytes(count: number, chain: Chain): Buffer {
  return Buffer.concat([number(0), number(count), chain.link(0, countMac(count))]);
}
