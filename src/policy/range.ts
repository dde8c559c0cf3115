/** Parts of a stored answer: which bytes a Range asks for, and the 206 or 416 made of them. */
import type { RawHeaders } from '../message.js';
import { allValues, combinedValue, firstValue, withField, withoutFields } from './headers.js';

export interface ByteRange {
  readonly first: number;
  /** Inclusive, as in Content-Range. */
  readonly last: number;
}

export type Ranges =
  /** There is none, it is invalid, or it asks for too much: the whole answer goes out. */
  | { readonly kind: 'whole' }
  | { readonly kind: 'unsatisfiable' }
  | { readonly kind: 'parts'; readonly parts: readonly [ByteRange, ...ByteRange[]] };

/** More parts than this are not worth their headers; the caller gets everything instead. */
export const PARTS_MAX = 16;

const WHOLE: Ranges = { kind: 'whole' };
const SPECIFIER = /^[ \t]*bytes=(.*)$/is;
const INT_RANGE = /^([0-9]+)-([0-9]*)$/;
const SUFFIX_RANGE = /^-([0-9]+)$/;

/** One member against a body of `length` bytes; undefined when it breaks the grammar. */
function memberRange(text: string, length: number): ByteRange | 'outside' | undefined {
  const [, suffix] = SUFFIX_RANGE.exec(text) ?? [];
  if (suffix !== undefined) {
    const bytes = Math.min(Number(suffix), length);
    return bytes === 0 ? 'outside' : { first: length - bytes, last: length - 1 };
  }
  const [, from, to] = INT_RANGE.exec(text) ?? [];
  if (from === undefined || to === undefined) return undefined;
  const first = Number(from);
  const last = to === '' ? Infinity : Number(to);
  if (last < first) return undefined;
  return first >= length ? 'outside' : { first, last: Math.min(last, length - 1) };
}

function overlap(parts: readonly ByteRange[]): boolean {
  const sorted = [...parts].sort((one, other) => one.first - other.first);
  return sorted.some((part, at) => part.first <= (sorted[at - 1]?.last ?? -1));
}

/** RFC 9110 section 14.1.2 and 14.2: only bytes, and what is invalid is as if it were absent. */
export function rangesOf(value: string | undefined, length: number, partsMax = PARTS_MAX): Ranges {
  const set = value === undefined ? undefined : SPECIFIER.exec(value)?.[1];
  if (set === undefined) return WHOLE;
  const members = set.split(',', partsMax * 2 + 1).map((member) => member.trim());
  const said = members.filter((member) => member !== '');
  if (said.length === 0 || said.length > partsMax || members.length > partsMax * 2) return WHOLE;
  const parts: ByteRange[] = [];
  for (const member of said) {
    const range = memberRange(member, length);
    if (range === undefined) return WHOLE;
    if (range !== 'outside') parts.push(range);
  }
  const [head, ...rest] = parts;
  if (head === undefined) return { kind: 'unsatisfiable' };
  // Overlapping parts are how a small request asks for a huge answer (section 17.15).
  return overlap(parts) ? WHOLE : { kind: 'parts', parts: [head, ...rest] };
}

/** A stored answer, whole. */
export interface WholeAnswer {
  readonly status: number;
  readonly headers: RawHeaders;
  readonly body: Buffer;
}

export type PartialAnswer =
  | { readonly kind: 'whole' }
  | {
      readonly kind: 'partial';
      readonly status: 206;
      readonly headers: RawHeaders;
      readonly body: Buffer;
    }
  | { readonly kind: 'unsatisfiable'; readonly status: 416; readonly headers: RawHeaders };

function contentRange({ first, last }: ByteRange, length: number): string {
  return `bytes ${first}-${last}/${length}`;
}

const REPLACED = new Set(['content-length', 'content-range']);

/** RFC 9110 section 14.6. The boundary must not occur in the body: a long random one does not. */
function multipart(
  answer: WholeAnswer,
  parts: readonly ByteRange[],
  boundary: string,
): PartialAnswer {
  const length = answer.body.byteLength;
  const type = firstValue(answer.headers, 'content-type');
  const typeLine = type === undefined ? '' : `Content-Type: ${type}\r\n`;
  const pieces: Buffer[] = [];
  for (const part of parts) {
    const range = `Content-Range: ${contentRange(part, length)}\r\n\r\n`;
    pieces.push(
      Buffer.from(`\r\n--${boundary}\r\n${typeLine}${range}`, 'latin1'),
      answer.body.subarray(part.first, part.last + 1),
    );
  }
  pieces.push(Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1'));
  const body = Buffer.concat(pieces);
  const kept = withField(
    withoutFields(answer.headers, REPLACED),
    'Content-Type',
    `multipart/byteranges; boundary=${boundary}`,
  );
  return {
    kind: 'partial',
    status: 206,
    headers: [...kept, 'Content-Length', String(body.byteLength)],
    body,
  };
}

/**
 * What a GET with a Range gets from a stored answer. `mayRange` is the word of If-Range; the
 * fields of the whole answer are kept, for a caller without If-Range needs them (section 15.3.7).
 */
export function partialAnswer(
  request: RawHeaders,
  answer: WholeAnswer,
  more: { readonly mayRange: boolean; readonly boundary: string; readonly partsMax?: number },
): PartialAnswer {
  if (answer.status !== 200 || !more.mayRange) return { kind: 'whole' };
  const length = answer.body.byteLength;
  // Two Range lines are no list of ranges; the field may stand only once.
  if (allValues(request, 'range').length > 1) return { kind: 'whole' };
  const ranges = rangesOf(combinedValue(request, 'range'), length, more.partsMax);
  if (ranges.kind === 'whole') return ranges;
  if (ranges.kind === 'unsatisfiable') {
    return {
      kind: 'unsatisfiable',
      status: 416,
      // RFC 9110 section 15.5.17.
      headers: ['Content-Range', `bytes */${length}`, 'Content-Length', '0'],
    };
  }
  const [part, ...rest] = ranges.parts;
  if (rest.length > 0) return multipart(answer, ranges.parts, more.boundary);
  const body = answer.body.subarray(part.first, part.last + 1);
  return {
    kind: 'partial',
    status: 206,
    headers: [
      ...withoutFields(answer.headers, REPLACED),
      ...['Content-Range', contentRange(part, length)],
      ...['Content-Length', String(body.byteLength)],
    ],
    body,
  };
}
