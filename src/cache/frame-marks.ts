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

/** There are as many scopes as routes; those of settings that have been replaced are forgotten. */
const SCOPES_MAX = 1000;
const scopes = new Map<string, readonly number[]>();

function scopeNumbers(scope: string): readonly number[] {
  const known = scopes.get(scope);
  if (known !== undefined) return known;
  const numbers = numbersOf(hash('sha256', scope, 'buffer').subarray(0, SCOPE_BYTES));
  if (scopes.size >= SCOPES_MAX) scopes.clear();
  scopes.set(scope, numbers);
  return numbers;
}

function startsWith(numbers: readonly number[], from: number, wanted: readonly number[]): boolean {
  for (let at = 0; at < wanted.length; at += 1) {
    if (numbers[from + at] !== wanted[at]) return false;
  }
  return true;
}

/** Nearly all frames name the journal that the one before named. */
let last: { readonly numbers: readonly number[]; readonly journal: string } | undefined;

function journalAt(numbers: readonly number[], from: number): string | undefined {
  const isLast = last?.numbers.length === numbers.length - from;
  if (last !== undefined && isLast && startsWith(numbers, from, last.numbers)) return last.journal;
  const own = numbers.slice(from);
  const journal = bytesOf(own)?.toString();
  if (journal !== undefined) last = { numbers: own, journal };
  return journal;
}

export function marksFor(scope: string, { journal, seq }: FleetMark): number[] {
  return [seq, ...scopeNumbers(scope), ...numbersOf(Buffer.from(journal))];
}

/** Undefined when the frame has no marks, or those of another scope. */
export function markIn(numbers: readonly number[], scope: string): FleetMark | undefined {
  const [seq] = numbers;
  const wanted = scopeNumbers(scope);
  if (seq === undefined || !startsWith(numbers, 1, wanted)) return undefined;
  const journal = journalAt(numbers, 1 + wanted.length);
  return journal === undefined ? undefined : { journal, seq };
}
