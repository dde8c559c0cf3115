/** No-Vary-Search: which differences between queries an origin declares to mean nothing. */
import type { RawHeaders } from '../message.js';
import { allValues, hasField } from './headers.js';
import { parseDictionary } from './structured-fields.js';
import type { Member } from './structured-fields.js';

/**
 * What draft-ietf-httpbis-no-vary-search-10 section 4 calls a URL variation config, where it is not
 * the default one. Plain data, for it is kept beside the path that declared it.
 */
export interface SearchVariation {
  /** Whether the order of different names matters. */
  readonly order: boolean;
  /** `params`: the names do not matter; `except`: only the names matter. */
  readonly kind: 'params' | 'except';
  /** Decoded and sorted. */
  readonly names: readonly string[];
}

/** A field that lists more names is taken as if it were not there. */
export const SEARCH_NAMES_MAX = 128;
/** A query of more pairs is only compared exactly. */
export const SEARCH_PAIRS_MAX = 1024;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * One name or value of a form (section 5.3). Undefined for what is not UTF-8: the draft reads each
 * such octet as U+FFFD, so that `%fe` equals `%ff`, which no origin can have meant for certain.
 */
function decoded(text: string): string | undefined {
  const spaced = text.replaceAll('+', ' ');
  if (!/[%\x80-\uffff]/.test(spaced)) return spaced;
  if (/[\x80-\uffff]/.test(spaced)) return undefined;
  const octets = spaced.replace(/%([0-9A-Fa-f]{2})/g, (_whole, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  try {
    return utf8.decode(Buffer.from(octets, 'latin1'));
  } catch {
    return undefined;
  }
}

/** The names of an inner list of strings; undefined for anything else. */
function namesOf(member: Member): string[] | undefined {
  if (member.type !== 'inner-list' || member.items.length > SEARCH_NAMES_MAX) return undefined;
  const names = new Set<string>();
  for (const item of member.items) {
    const name = item.type === 'string' ? decoded(item.value) : undefined;
    if (name === undefined) return undefined;
    names.add(name);
  }
  return [...names].sort();
}

/**
 * The variation that an answer declares (section 5.1); undefined when every difference matters,
 * and so too when the field is broken, for then nothing may be left out.
 */
export function searchVariation(headers: RawHeaders): SearchVariation | undefined {
  if (!hasField(headers, 'no-vary-search')) return undefined;
  const members = parseDictionary(allValues(headers, 'no-vary-search'));
  if (members === undefined) return undefined;
  const keyOrder = members.get('key-order') ?? { type: 'boolean', value: false };
  if (keyOrder.type !== 'boolean') return undefined;
  const order = !keyOrder.value;
  const params = members.get('params');
  const except = members.get('except');
  if (params !== undefined && except !== undefined) return undefined;
  const kind = except === undefined ? 'params' : 'except';
  const listed = params ?? except;
  const names = listed === undefined ? [] : namesOf(listed);
  if (names === undefined) return undefined;
  return order && kind === 'params' && names.length === 0 ? undefined : { order, kind, names };
}

type Pair = readonly [name: string, value: string];

/** The query as a form's pairs (section 6); `;` separates nothing. */
function pairsOf(query: string): Pair[] | undefined {
  const fields = query.split('&', SEARCH_PAIRS_MAX + 1);
  if (fields.length > SEARCH_PAIRS_MAX) return undefined;
  const pairs: Pair[] = [];
  for (const field of fields) {
    if (field === '') continue;
    const equals = field.indexOf('=');
    const name = decoded(equals < 0 ? field : field.slice(0, equals));
    const value = equals < 0 ? '' : decoded(field.slice(equals + 1));
    if (name === undefined || value === undefined) return undefined;
    pairs.push([name, value]);
  }
  return pairs;
}

/**
 * The query with nothing left but what matters, in one spelling: two queries are equivalent exactly
 * when theirs are equal. Undefined when this one can only be compared exactly. It is a key and
 * never
 * goes upstream, and must not share a space with queries that are keyed as they came.
 */
export function reducedQuery(
  query: string | undefined,
  variation: SearchVariation,
): string | undefined {
  // A missing query and an empty one are the same form.
  const pairs = pairsOf(query ?? '');
  if (pairs === undefined) return undefined;
  const listed = new Set(variation.names);
  const keepListed = variation.kind === 'except';
  const kept = pairs.filter(([name]) => listed.has(name) === keepListed);
  if (!variation.order) {
    // By name only, and stably: the order of a repeated name's values can carry meaning.
    kept.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
  }
  return kept
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
}

/** Whether two queries of one path ask for the same (section 6); undefined is no variation. */
export function sameSearch(
  one: string | undefined,
  other: string | undefined,
  variation: SearchVariation | undefined,
): boolean {
  if (one === other) return true;
  if (variation === undefined) return false;
  const reduced = reducedQuery(one, variation);
  return reduced !== undefined && reduced === reducedQuery(other, variation);
}
