/** Frame marks: where an answer belongs and how far purges had come, as numbers of its frame. */
import { hash } from 'node:crypto';
import type { FleetMark } from './fleet.js';

/** So many bytes make a whole number that a double holds exactly. */
const CHUNK_BYTES = 6;
const SCOPE_BYTES = 12;
const JOURNAL_BYTES_MAX = 256;

function numbersOf(bytes: Buffer): number[] {
  const numbers = [bytes.byteLength];
  for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES) {
    numbers.push(bytes.readUIntLE(at, Math.min(CHUNK_BYTES, bytes.byteLength - at)));
  }
  return numbers;
}

/** Undefined when these numbers are no bytes. */
function bytesOf([length, ...chunks]: readonly number[]): Buffer | undefined {
  if (length === undefined || !Number.isInteger(length)) return undefined;
  if (length < 0 || length > JOURNAL_BYTES_MAX) return undefined;
  if (chunks.length !== Math.ceil(length / CHUNK_BYTES)) return undefined;
  const bytes = Buffer.alloc(length);
  for (const [nth, chunk] of chunks.entries()) {
    const at = nth * CHUNK_BYTES;
    const size = Math.min(CHUNK_BYTES, length - at);
    if (!Number.isInteger(chunk) || chunk < 0 || chunk >= 2 ** (8 * size)) return undefined;
    bytes.writeUIntLE(chunk, at, size);
  }
  return bytes;
}

function scopeNumbers(scope: string): number[] {
  return numbersOf(hash('sha256', scope, 'buffer').subarray(0, SCOPE_BYTES));
}

export function marksFor(scope: string, { journal, seq }: FleetMark): number[] {
  return [seq, ...scopeNumbers(scope), ...numbersOf(Buffer.from(journal))];
}

/** Undefined when the frame has no marks, or those of another scope. */
export function markIn(numbers: readonly number[], scope: string): FleetMark | undefined {
  const [seq, ...rest] = numbers;
  const wanted = scopeNumbers(scope);
  if (seq === undefined || !wanted.every((value, at) => rest[at] === value)) return undefined;
  const journal = bytesOf(rest.slice(wanted.length));
  return journal === undefined ? undefined : { journal: journal.toString(), seq };
}
