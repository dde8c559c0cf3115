/** Vary: which request fields an answer depends on, and their values in one agreed spelling. */
import type { RawHeaders } from '../message.js';
import { allValues, combinedValue, isToken, listMembers } from './headers.js';
import { canonicalWeighted, parseWeighted, splitOutsideQuotes } from './weighted-list.js';

/** An answer that depends on more fields than this is treated as if it depended on everything. */
export const VARY_NAMES_MAX = 16;

/**
 * The names in all Vary lines: lower case, sorted, each once. `*` stands for everything, and also
 * for what cannot be read, so that the answer is not stored (RFC 9111 section 4.1).
 */
export function varyNames(headers: RawHeaders, namesMax = VARY_NAMES_MAX): readonly string[] | '*' {
  const members = listMembers(allValues(headers, 'vary'));
  if (members.length === 0) return members;
  const names = new Set<string>();
  for (const member of members) {
    if (member === '*' || !isToken(member)) return '*';
    names.add(member.toLowerCase());
    if (names.size > namesMax) return '*';
  }
  return [...names].sort();
}

/** The content codings that we tell apart: `br` takes gzip too, `gzip` takes no br. */
export type CodingClass = 'br' | 'gzip' | 'identity';

/** What is sent upstream for each class, so that no caller of the class can dislike the answer. */
export const SENT_ACCEPT_ENCODING: Readonly<Record<CodingClass, string>> = {
  br: 'br, gzip',
  gzip: 'gzip',
  identity: 'identity',
};

/** The weight of one coding under an Accept-Encoding value (RFC 9110 section 12.5.3). */
function codingWeight(value: string | undefined, coding: string): number {
  // Without the field anything goes, but only plain content is sure to be understood.
  if (value === undefined) return coding === 'identity' ? 1000 : 0;
  const members = parseWeighted(value);
  if (members === undefined) return coding === 'identity' ? 1000 : 0;
  const weightOf = (name: string) => members.find(({ item }) => item === name)?.weight;
  const named = weightOf(coding) ?? (coding === 'gzip' ? weightOf('x-gzip') : undefined);
  return named ?? weightOf('*') ?? (coding === 'identity' ? 1 : 0);
}

/** Whether the caller takes this content coding; plain content unless it was refused by name. */
export function acceptsCoding(value: string | undefined, coding: string): boolean {
  return codingWeight(value, coding.toLowerCase()) > 0;
}

/** The class of a caller's Accept-Encoding: what it surely accepts, never what it refused. */
export function codingClass(value: string | undefined): CodingClass {
  if (!acceptsCoding(value, 'gzip')) return 'identity';
  return acceptsCoding(value, 'br') ? 'br' : 'gzip';
}

/** The offered coding that the caller likes best; equal weights go to the one offered first. */
export function preferredCoding<C extends string>(
  value: string | undefined,
  offered: readonly C[],
): C | undefined {
  let best: C | undefined;
  let bestWeight = 0;
  for (const coding of offered) {
    const weight = codingWeight(value, coding);
    if (weight > bestWeight) {
      best = coding;
      bestWeight = weight;
    }
  }
  return best;
}

/** A field we know nothing about: spaces around commas outside quotes carry no meaning. */
function withoutListSpaces(value: string): string {
  return splitOutsideQuotes(value, ',')?.join(',') ?? value;
}

/** Credentials and cookies are compared as they are. */
const EXACT = new Set(['authorization', 'proxy-authorization', 'cookie', 'x-api-key']);

/** One request field in its agreed spelling; undefined when the request does not carry it. */
export function normalisedValue(request: RawHeaders, lowerName: string): string | undefined {
  const value = combinedValue(request, lowerName);
  if (lowerName === 'accept-encoding') return codingClass(value);
  if (value === undefined || EXACT.has(lowerName)) return value;
  if (lowerName === 'accept' || lowerName === 'accept-language') {
    const members = parseWeighted(value);
    if (members !== undefined) return canonicalWeighted(members);
  }
  return withoutListSpaces(value);
}

/** The second step of the key: one value for each name, in the order of the names. */
export function variantValues(
  names: readonly string[],
  request: RawHeaders,
): readonly (string | undefined)[] {
  return names.map((name) => normalisedValue(request, name));
}

/**
 * The one language that the request likes best, if there is one. A stored variant in exactly that
 * language is the answer, whatever else the field lists (RFC 9111 section 4.1).
 */
export function bestLanguage(request: RawHeaders): string | undefined {
  const value = combinedValue(request, 'accept-language');
  const members = value === undefined ? undefined : parseWeighted(value);
  if (members === undefined) return undefined;
  const most = members.reduce((weight, member) => Math.max(weight, member.weight), 1);
  const best = members.filter(({ weight }) => weight === most);
  const names = new Set(best.map(({ item }) => item));
  const [name] = names;
  return names.size === 1 && name !== '*' ? name : undefined;
}
