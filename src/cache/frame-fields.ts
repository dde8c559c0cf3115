/** The fields of a frame: what of a stored answer is written, and how it is read again. */
import { chargeOf, DRAWN, keptTexts, nothingLearnt, type Entry } from './entry.js';
import { fieldsOf, finite, fromOptional, Malformed, needed } from './frame-bytes.js';
import { optional, textsOf } from './frame-bytes.js';
import type { ByteReader, ByteWriter } from './frame-bytes.js';
import { httpOf, writeHttp } from './frame-http.js';

/**
 * Tags are never given a new meaning. A reader skips those that it does not know; what no reader
 * may overlook raises the version of the frame.
 */
const TAG = {
  names: 1,
  numbers: 2,
  headers: 3,
  body: 4,
  tags: 5,
  recipe: 6,
  marks: 7,
  learnt: 8,
  usual: 9,
} as const;

const NEGATIVE = 1;
const MADE_OLD = 2;

/** The two clocks at one moment: by them the times of a frame are turned into ours. */
export interface Moment {
  readonly nowMs: number;
  readonly wallMs: number;
}

type Turned = (ms: number) => number;

/** What is learnt of an answer while it lies there; a reader can do without. */
function writeLearnt(writer: ByteWriter, entry: Entry, wall: Turned, nowMs: number): void {
  const { refreshNotBeforeMs, failures, failedBy, earlyDeltaMs, usual } = entry;
  // The computation that was drawn ends with this process: the next one draws again.
  const earlyFromMs = entry.earlyFromMs === DRAWN ? nowMs : entry.earlyFromMs;
  writer.numberField(TAG.learnt, [
    ...[wall(refreshNotBeforeMs), failures, failedBy === 'if-busy' ? 1 : 0],
    ...[wall(earlyFromMs), earlyDeltaMs],
  ]);
  if (usual !== undefined) writer.numberField(TAG.usual, [usual.meanMs, usual.deviationMs]);
}

/** Changes an answer that has just been read into one of which so much is known. */
function learnAgain(entry: Entry, field: ByteReader | undefined, ours: Turned): void {
  const [refreshWallMs, failures, busy, earlyWallMs, earlyDeltaMs] = field?.numbers(5) ?? [];
  if (earlyDeltaMs === undefined || earlyWallMs === undefined) return;
  if (failures === undefined || refreshWallMs === undefined) return;
  entry.refreshNotBeforeMs = ours(refreshWallMs);
  entry.failures = failures;
  entry.failedBy = busy === 1 ? 'if-busy' : 'if-error';
  entry.earlyFromMs = ours(earlyWallMs);
  entry.earlyDeltaMs = earlyDeltaMs;
}

function usualIn(field: ByteReader | undefined): Entry['usual'] {
  if (field === undefined) return undefined;
  const [meanMs = 0, deviationMs = 0] = finite(field, 2);
  return { meanMs, deviationMs };
}

export function writeFields(
  writer: ByteWriter,
  entry: Entry,
  { nowMs, wallMs }: Moment,
  marks: readonly number[],
): void {
  const { key, partition, address, query, route, etag } = entry;
  writer.textField(TAG.names, [key, partition, address, route, optional(query), optional(etag)]);
  // Another process has another steady clock: between them only the wall clock is understood.
  const wall: Turned = (ms) => wallMs + (ms - nowMs);
  const flags = (entry.negative ? NEGATIVE : 0) | (entry.madeOld ? MADE_OLD : 0);
  writer.numberField(TAG.numbers, [
    ...[entry.status, flags, entry.arrivedWallMs, entry.initialAgeMs, entry.costMs, entry.hits],
    ...[entry.storedAtMs, entry.freshUntilMs, entry.staleUntilMs, entry.errorUntilMs].map(wall),
  ]);
  writeLearnt(writer, entry, wall, nowMs);
  writer.textField(TAG.headers, entry.headers);
  if (entry.tags.length > 0) writer.textField(TAG.tags, entry.tags);
  if (entry.recipe !== undefined) writer.textField(TAG.recipe, entry.recipe);
  if (marks.length > 0) writer.numberField(TAG.marks, marks);
  if (entry.http !== undefined) writeHttp(writer, entry.http);
  writer.field(TAG.body, () => {
    writer.bytes(entry.body);
  });
}

/** Bytes of their own: a view would pin whatever larger piece they came in. */
function ownBytes(view: ByteReader): Buffer {
  const body = Buffer.allocUnsafeSlow(view.left);
  view.bytes(view.left).copy(body);
  return body;
}

/** The writer's clock against ours: how far ahead of us it was when it stored the answer. */
export interface Read {
  readonly entry: Entry;
  readonly aheadMs: number;
  readonly marks: readonly number[];
}

function pairs(texts: string[]): string[] {
  if (texts.length % 2 !== 0) throw new Malformed('a name without a value');
  return texts;
}

/** Throws when a field is missing or is not what it should be. */
export function readFields(reader: ByteReader, { nowMs, wallMs }: Moment, epoch: number): Read {
  const fields = fieldsOf(reader);
  const [key = '', partition = '', address = '', route = '', query, etag] = needed(
    fields,
    TAG.names,
  ).texts();
  const values = finite(needed(fields, TAG.numbers), 10);
  const [status = 0, flags = 0, arrivedWallMs = 0, initialAgeMs = 0, costMs = 0] = values;
  const [hits = 0, storedWallMs = 0, freshWallMs = 0, staleWallMs = 0, errorWallMs = 0] =
    values.slice(5);
  if (key === '' || partition === '' || !address.includes('/')) throw new Malformed('nobody’s');
  // A clock ahead of ours must not lengthen any life: what it stored counts from now on.
  const aheadMs = Math.max(0, storedWallMs - wallMs);
  const ours: Turned = (wall) => nowMs + (wall - wallMs) - aheadMs;
  const headers = pairs(needed(fields, TAG.headers).texts());
  const body = ownBytes(needed(fields, TAG.body));
  const tags = textsOf(fields, TAG.tags);
  const recipe = fields.get(TAG.recipe)?.texts();
  const http = httpOf(fields);
  const texts = keptTexts({ address, query: fromOptional(query), tags, recipe, http });
  const entry: Entry = {
    // One spread, and first: each that follows it makes the object several times as slow to make.
    ...nothingLearnt(epoch),
    key,
    partition,
    address,
    query: fromOptional(query),
    route,
    status,
    headers,
    etag: fromOptional(etag),
    body,
    storedAtMs: ours(storedWallMs),
    arrivedWallMs,
    freshUntilMs: ours(freshWallMs),
    staleUntilMs: ours(staleWallMs),
    errorUntilMs: ours(errorWallMs),
    initialAgeMs,
    costMs,
    usual: usualIn(fields.get(TAG.usual)),
    negative: (flags & NEGATIVE) !== 0,
    tags,
    epoch,
    chargedBytes: chargeOf(headers, body, key, texts),
    madeOld: (flags & MADE_OLD) !== 0,
    hits,
    hitsBefore: hits,
    recipe,
    http,
  };
  learnAgain(entry, fields.get(TAG.learnt), ours);
  return { entry, aheadMs, marks: fields.get(TAG.marks)?.numbers() ?? [] };
}
