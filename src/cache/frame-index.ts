/** What leads to an answer under `cache: http`: signed lines, one for each of its variants. */
import { timingSafeEqual } from 'node:crypto';
import type { SearchVariation } from '../policy/no-vary-search.js';
import { keyOf } from '../policy/key.js';
import { ByteReader, ByteWriter, fieldsOf, finite, fromOptional } from './frame-bytes.js';
import { needed, optional } from './frame-bytes.js';
import type { AbsentReason } from './frame.js';
import { MAC_BYTES, macOf, type KeyRing, type SigningKey } from './key-ring.js';
import type { Listed } from './listed.js';
import type { SaidSearch } from './searches.js';

/*
 * line of a variant   length (4), key of the variant (43), then as below
 * line of a search    length (4), zeros (43), then as below
 *                     version (1), which secret signed (4), fields, MAC (16)
 * Length and key stand in front so that a script can drop the line that a new one replaces.
 */
export const LINE_KEY_AT = 4;
export const LINE_KEY_BYTES = 43;
const VERSION_AT = LINE_KEY_AT + LINE_KEY_BYTES;
const SIGNER_AT = VERSION_AT + 1;
const FIELDS_AT = SIGNER_AT + 4;
const LINE_BYTES_MIN = FIELDS_AT + MAC_BYTES;
/** Sixteen names of fields, as far as anybody uses them. */
export const LINE_BYTES_MAX = 2_048;
const VERSION = 1;
const TAG = { names: 1, fields: 2, wall: 3 } as const;

/** What is signed as one of these is nothing else. */
const VARIANT = Buffer.from('leyden variant 1');
const SEARCH = Buffer.from('leyden search 1');
const NO_KEY = '-'.repeat(LINE_KEY_BYTES);

export interface LineTools {
  readonly ring: KeyRing;
  readonly wallMs: number;
  /** How far ahead of ours the clock of whoever wrote it may have been. */
  readonly skewMaxMs: number;
}

function sealed(
  key: string,
  label: Buffer,
  signer: SigningKey,
  write: (writer: ByteWriter) => void,
): Buffer {
  const writer = new ByteWriter(256);
  writer.u32(0);
  writer.bytes(Buffer.from(key, 'latin1'));
  writer.u8(VERSION);
  writer.u32(signer.id);
  write(writer);
  writer.patch(0, writer.written().byteLength + MAC_BYTES);
  writer.bytes(macOf(signer, label, writer.written()));
  return writer.written();
}

/** Undefined when it would be too long: such an answer is not for the second tier. */
export function variantLine(
  base: string,
  { key, names, language, rest }: Listed,
  signer: SigningKey,
): Buffer | undefined {
  if (Buffer.byteLength(key, 'latin1') !== LINE_KEY_BYTES) return undefined;
  const line = sealed(key, VARIANT, signer, (writer) => {
    writer.textField(TAG.names, [base, optional(language), optional(rest)]);
    writer.textField(TAG.fields, names);
  });
  return line.byteLength <= LINE_BYTES_MAX ? line : undefined;
}

export function searchLine(
  address: string,
  { variation, wallMs }: SaidSearch,
  signer: SigningKey,
): Buffer | undefined {
  const { order, kind, names } = variation;
  const line = sealed(NO_KEY, SEARCH, signer, (writer) => {
    // An address can be long, and is only compared.
    writer.textField(TAG.names, [keyOf([address]), order ? 'order' : '', kind]);
    writer.textField(TAG.fields, names);
    writer.numberField(TAG.wall, [wallMs]);
  });
  return line.byteLength <= LINE_BYTES_MAX ? line : undefined;
}

type Opened = { readonly key: string; readonly line: ByteReader } | AbsentReason;

function opened(bytes: Buffer, label: Buffer, { ring }: LineTools): Opened {
  if (bytes.byteLength < LINE_BYTES_MIN) return 'size';
  if (bytes[VERSION_AT] !== VERSION) return 'version';
  const signer = ring.find(bytes.readUInt32LE(SIGNER_AT));
  if (signer === undefined) return 'foreign';
  const end = bytes.byteLength - MAC_BYTES;
  const mac = macOf(signer, label, bytes.subarray(0, end));
  if (!timingSafeEqual(mac, bytes.subarray(end))) return 'mac';
  const key = bytes.toString('latin1', LINE_KEY_AT, VERSION_AT);
  return { key, line: new ByteReader(bytes, FIELDS_AT, end) };
}

export interface LinesRead {
  readonly listed: readonly Listed[];
  /** Why the others are not believed. */
  readonly doubts: readonly AbsentReason[];
}

function readVariant(bytes: Buffer, base: string, tools: LineTools): Listed | AbsentReason {
  const read = opened(bytes, VARIANT, tools);
  if (typeof read === 'string') return read;
  const fields = fieldsOf(read.line);
  const [theirs, language, rest] = needed(fields, TAG.names).texts();
  if (theirs !== base) return 'identity';
  return {
    key: read.key,
    names: needed(fields, TAG.fields).texts(),
    language: fromOptional(language),
    rest: fromOptional(rest),
  };
}

/** Never throws, whatever the bytes are; what follows a broken length is left aside. */
export function readLines(bytes: Buffer, base: string, tools: LineTools): LinesRead {
  const listed: Listed[] = [];
  const doubts: AbsentReason[] = [];
  for (let at = 0; at < bytes.byteLength;) {
    const length = at + LINE_BYTES_MIN <= bytes.byteLength ? bytes.readUInt32LE(at) : 0;
    if (length < LINE_BYTES_MIN || length > LINE_BYTES_MAX || at + length > bytes.byteLength) {
      doubts.push('size');
      break;
    }
    let read: Listed | AbsentReason;
    try {
      read = readVariant(bytes.subarray(at, at + length), base, tools);
    } catch {
      read = 'schema';
    }
    if (typeof read === 'string') doubts.push(read);
    else listed.push(read);
    at += length;
  }
  return { listed, doubts };
}

function searchIn(bytes: Buffer, address: string, tools: LineTools): SaidSearch | AbsentReason {
  const read = opened(bytes, SEARCH, tools);
  if (typeof read === 'string') return read;
  const fields = fieldsOf(read.line);
  const [theirs, order, kind] = needed(fields, TAG.names).texts();
  const [wallMs = NaN] = finite(needed(fields, TAG.wall), 1);
  if (theirs !== keyOf([address])) return 'identity';
  if (wallMs > tools.wallMs + tools.skewMaxMs) return 'expired';
  if (kind !== 'params' && kind !== 'except') return 'schema';
  const names = needed(fields, TAG.fields).texts();
  const variation: SearchVariation = { order: order === 'order', kind, names };
  return { variation, wallMs };
}

/** Never throws either. */
export function readSearch(
  bytes: Buffer,
  address: string,
  tools: LineTools,
): SaidSearch | AbsentReason {
  try {
    return searchIn(bytes, address, tools);
  } catch {
    return 'schema';
  }
}
