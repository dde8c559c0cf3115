/** The fields of a frame: what of a stored answer is written, and how it is read again. */
import { codedEntry, type Coded } from './coding.js';
import { chargeOf, DRAWN, keptTexts, nothingLearnt, type Entry } from './entry.js';
import { fieldsOf, finite, fromOptional, Malformed, needed } from './frame-bytes.js';
import { optional, textsOf } from './frame-bytes.js';
import type { ByteReader, ByteWriter, Fields } from './frame-bytes.js';
import { httpOf, writeHttp } from './frame-http.js';
import { ownBytes } from './own-bytes.js';

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
  coded: 10,
} as const;

const NEGATIVE = 1;
const MADE_OLD = 2;
const MAY_BE_CODED = 4;

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

function pairs(texts: string[]): string[] {
  if (texts.length % 2 !== 0) throw new Malformed('a name without a value');
  return texts;
}

/** Of a coded body: without it nobody could be given the plain form. */
function codedIn(field: ByteReader | undefined): Coded | undefined {
  if (field === undefined) return undefined;
  const [bytes, etag, ...headers] = field.texts();
  return {
    headers: pairs(headers),
    etag: fromOptional(etag),
    bytes: Number(bytes),
    plain: undefined,
    used: false,
  };
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
  const { negative, madeOld, coded } = entry;
  const flags =
    (negative ? NEGATIVE : 0) |
    (madeOld ? MADE_OLD : 0) |
    (coded === 'open' || coded === 'queued' ? MAY_BE_CODED : 0);
  writer.numberField(TAG.numbers, [
    ...[entry.status, flags, entry.arrivedWallMs, entry.initialAgeMs, entry.costMs, entry.hits],
    ...[entry.storedAtMs, entry.freshUntilMs, entry.staleUntilMs, entry.errorUntilMs].map(wall),
  ]);
  writeLearnt(writer, entry, wall, nowMs);
  writer.textField(TAG.headers, entry.headers);
  if (entry.tags.length > 0) writer.textField(TAG.tags, entry.tags);
  if (entry.recipe !== undefined) writer.textField(TAG.recipe, entry.recipe);
  if (marks.length > 0) writer.numberField(TAG.marks, marks);
  if (typeof coded === 'object') {
    writer.textField(TAG.coded, [String(coded.bytes), optional(coded.etag), ...coded.headers]);
  }
  if (entry.http !== undefined) writeHttp(writer, entry.http);
  writer.field(TAG.body, () => {
    writer.bytes(entry.body);
  });
}

/** The writer's clock against ours: how far ahead of us it was when it stored the answer. */
export interface Read {
  readonly entry: Entry;
  readonly aheadMs: number;
  readonly marks: readonly number[];
}

/** A view would pin whatever larger piece it came in. */
function bodyIn(fields: Fields): Buffer {
  const content = needed(fields, TAG.body);
  return ownBytes(content.bytes(content.left));
}

/** As when it was coded. */
function chargeBothForms(entry: Entry): void {
  if (typeof entry.coded !== 'object') return;
  Object.assign(entry, { chargedBytes: codedEntry(entry, entry.body).chargedBytes });
}

/** Whose it is, where it was asked for, and its numbers as they were written. */
function coreIn(fields: Fields) {
  const names = needed(fields, TAG.names).texts();
  const [key = '', partition = '', address = '', route = '', query, etag] = names;
  if (key === '' || partition === '' || !address.includes('/')) throw new Malformed('nobody’s');
  const values = finite(needed(fields, TAG.numbers), 10);
  const [status = 0, flags = 0, arrivedWallMs = 0, initialAgeMs = 0, costMs = 0] = values;
  const [hits = 0, stored = 0, fresh = 0, stale = 0, error = 0] = values.slice(5);
  return {
    names: { key, partition, address, route },
    query: fromOptional(query),
    etag: fromOptional(etag),
    numbers: { status, flags, arrivedWallMs, initialAgeMs, costMs, hits },
    wall: { stored, fresh, stale, error },
  };
}

/** Throws when a field is missing or is not what it should be. */
export function readFields(reader: ByteReader, { nowMs, wallMs }: Moment, epoch: number): Read {
  const fields = fieldsOf(reader);
  const { names, query, etag, numbers, wall } = coreIn(fields);
  const { key, address } = names;
  // A clock ahead of ours must not lengthen any life: what it stored counts from now on.
  const aheadMs = Math.max(0, wall.stored - wallMs);
  const ours: Turned = (one) => nowMs + (one - wallMs) - aheadMs;
  const headers = pairs(needed(fields, TAG.headers).texts());
  const body = bodyIn(fields);
  const tags = textsOf(fields, TAG.tags);
  const recipe = fields.get(TAG.recipe)?.texts();
  const http = httpOf(fields);
  const texts = keptTexts({ address, query, tags, recipe, http });
  const coded = codedIn(fields.get(TAG.coded));
  const nothing = nothingLearnt(epoch);
  // One plain literal: spread together, it is a slow object, which is five times as long to make.
  const entry: Entry = {
    refreshNotBeforeMs: nothing.refreshNotBeforeMs,
    failures: nothing.failures,
    failedBy: nothing.failedBy,
    earlyFromMs: nothing.earlyFromMs,
    earlyDeltaMs: nothing.earlyDeltaMs,
    judgedEpoch: nothing.judgedEpoch,
    behind: nothing.behind,
    rhythm: nothing.rhythm,
    coded: coded ?? ((numbers.flags & MAY_BE_CODED) === 0 ? undefined : 'open'),
    plainFor: nothing.plainFor,
    movedTo: nothing.movedTo,
    tracked: nothing.tracked,
    key,
    partition: names.partition,
    address,
    query,
    route: names.route,
    status: numbers.status,
    headers,
    etag,
    body,
    storedAtMs: ours(wall.stored),
    arrivedWallMs: numbers.arrivedWallMs,
    freshUntilMs: ours(wall.fresh),
    staleUntilMs: ours(wall.stale),
    errorUntilMs: ours(wall.error),
    initialAgeMs: numbers.initialAgeMs,
    costMs: numbers.costMs,
    usual: usualIn(fields.get(TAG.usual)),
    negative: (numbers.flags & NEGATIVE) !== 0,
    tags,
    epoch,
    chargedBytes: chargeOf(coded?.headers ?? headers, body, key, texts),
    madeOld: (numbers.flags & MADE_OLD) !== 0,
    hits: numbers.hits,
    hitsBefore: numbers.hits,
    recipe,
    http,
  };
  learnAgain(entry, fields.get(TAG.learnt), ours);
  chargeBothForms(entry);
  return { entry, aheadMs, marks: fields.get(TAG.marks)?.numbers() ?? [] };
}
