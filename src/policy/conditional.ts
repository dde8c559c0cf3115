/** Conditional requests answered from the store: 304, 412 or the whole (RFC 9110 section 13). */
import type { RawHeaders } from '../message.js';
import {
  entityTagOf,
  parseEntityTag,
  parseEntityTags,
  strongMatch,
  weakMatch,
} from './entity-tag.js';
import type { EntityTag } from './entity-tag.js';
import { combinedValue, firstValue, hasField, singleValue } from './headers.js';
import { parseHttpDate } from './http-date.js';

/** A stored answer as far as conditions depend on it. */
export interface StoredValidators {
  readonly status: number;
  readonly headers: RawHeaders;
  /** The wall clock when it arrived, for answers without a Date. */
  readonly arrivedWallMs: number;
}

export type Precondition = 'serve' | 'not-modified' | 'failed';

export interface ConditionOptions {
  /**
   * Whether If-Match and If-Unmodified-Since are ours to judge. Under a lifetime rule they are,
   * for nobody behind us sees them; in a cache they belong to the origin (RFC 9111 section 4.3.2).
   */
  readonly asOrigin: boolean;
  /** The wall clock now, for two-digit years. */
  readonly wallMs: number;
}

const READS = new Set(['GET', 'HEAD', 'QUERY']);

function matches(
  value: string,
  stored: EntityTag | undefined,
  same: (one: EntityTag, other: EntityTag | undefined) => boolean,
): boolean {
  const tags = parseEntityTags(value);
  if (tags === '*') return true;
  return tags?.some((tag) => same(tag, stored)) === true;
}

function dateIn(headers: RawHeaders, lowerName: string, wallMs: number): number | undefined {
  const value = singleValue(headers, lowerName);
  return value.kind === 'one' ? parseHttpDate(value.value, wallMs) : undefined;
}

/** When the stored content last changed; without Last-Modified its Date stands in (4.3.2). */
function changedMs(stored: StoredValidators, wallMs: number): number {
  return (
    dateIn(stored.headers, 'last-modified', wallMs) ??
    dateIn(stored.headers, 'date', wallMs) ??
    stored.arrivedWallMs
  );
}

/** Steps 1 and 2 of RFC 9110 section 13.2.2. */
function failsAsOrigin(request: RawHeaders, stored: StoredValidators, wallMs: number): boolean {
  const ifMatch = combinedValue(request, 'if-match');
  if (ifMatch !== undefined) return !matches(ifMatch, entityTagOf(stored.headers), strongMatch);
  const since = dateIn(request, 'if-unmodified-since', wallMs);
  const changed = dateIn(stored.headers, 'last-modified', wallMs);
  return since !== undefined && changed !== undefined && changed > since;
}

/** What a request with conditions gets from a stored answer (RFC 9110 section 13.2.2). */
export function preconditionOf(
  method: string,
  request: RawHeaders,
  stored: StoredValidators,
  options: ConditionOptions,
): Precondition {
  const { asOrigin, wallMs } = options;
  // Conditions are about success: any other answer goes out as it is (section 13.2.1).
  if (!READS.has(method) || stored.status < 200 || stored.status > 299) return 'serve';
  if (asOrigin && failsAsOrigin(request, stored, wallMs)) return 'failed';
  const ifNoneMatch = combinedValue(request, 'if-none-match');
  if (ifNoneMatch !== undefined) {
    // If-Modified-Since is ignored beside it, also when it cannot be read (section 13.1.3).
    return matches(ifNoneMatch, entityTagOf(stored.headers), weakMatch) ? 'not-modified' : 'serve';
  }
  const since = dateIn(request, 'if-modified-since', wallMs);
  return since !== undefined && changedMs(stored, wallMs) <= since ? 'not-modified' : 'serve';
}

/** Whether the request carries conditions that only an origin may judge (RFC 9111 4.3.2). */
export function hasOriginCondition(request: RawHeaders): boolean {
  return hasField(request, 'if-match') || hasField(request, 'if-unmodified-since');
}

/** Whether If-Range lets the Range count: only the very same bytes do (RFC 9110 13.1.5). */
export function ifRangeAllows(
  request: RawHeaders,
  stored: StoredValidators,
  wallMs: number,
): boolean {
  if (!hasField(request, 'if-range')) return true;
  const value = singleValue(request, 'if-range');
  if (value.kind !== 'one') return false;
  const tag = parseEntityTag(value.value);
  if (tag !== undefined) return strongMatch(tag, entityTagOf(stored.headers));
  const asked = parseHttpDate(value.value, wallMs);
  const changed = dateIn(stored.headers, 'last-modified', wallMs);
  const madeMs = dateIn(stored.headers, 'date', wallMs);
  if (asked === undefined || changed === undefined || madeMs === undefined) return false;
  // A date is a strong validator only if the answer was made later than it (section 8.8.2.2).
  return asked === changed && madeMs - changed >= 1000;
}

/** Fields that describe the content, which a 304 does not carry (RFC 9110 section 15.4.5). */
const DESCRIBES_CONTENT = new Set([
  'accept-ranges',
  'content-digest',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-range',
  'content-type',
  'digest',
  'repr-digest',
  'trailer',
  'transfer-encoding',
]);

/** The fields of a 304 made from a stored answer's fields. */
export function notModifiedFields(headers: RawHeaders): RawHeaders {
  // Beside an ETag the date of the last change says nothing more.
  const hasTag = firstValue(headers, 'etag') !== undefined;
  const kept: string[] = [];
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? '';
    const lowerName = name.toLowerCase();
    if (DESCRIBES_CONTENT.has(lowerName) || (hasTag && lowerName === 'last-modified')) continue;
    kept.push(name, headers[at + 1] ?? '');
  }
  return kept;
}
