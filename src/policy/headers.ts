/** Reading and changing header fields in the flat list that keeps their order, case and number. */
import type { RawHeaders } from '../message.js';
import { isStatusList } from './cache-status.js';

/** Whether two field names are the same; `lowerName` is already in lower case. */
export function sameName(name: string, lowerName: string): boolean {
  if (name === lowerName) return true;
  if (name.length !== lowerName.length) return false;
  for (let at = 0; at < name.length; at += 1) {
    const letter = name.charCodeAt(at);
    const lower = letter >= 65 && letter <= 90 ? letter + 32 : letter;
    if (lower !== lowerName.charCodeAt(at)) return false;
  }
  return true;
}

/** The value of the first line of this name. Names are given in lower case, here and below. */
export function firstValue(headers: RawHeaders, lowerName: string): string | undefined {
  for (let at = 0; at + 1 < headers.length; at += 2) {
    if (sameName(headers[at] ?? '', lowerName)) return headers[at + 1];
  }
  return undefined;
}

/** The values of all lines of this name, in order. */
export function allValues(headers: RawHeaders, lowerName: string): string[] {
  const values: string[] = [];
  for (let at = 0; at + 1 < headers.length; at += 2) {
    if (sameName(headers[at] ?? '', lowerName)) values.push(headers[at + 1] ?? '');
  }
  return values;
}

export function hasField(headers: RawHeaders, lowerName: string): boolean {
  return firstValue(headers, lowerName) !== undefined;
}

/** All lines of a list-based field as one value (RFC 9110 section 5.3); undefined when absent. */
export function combinedValue(headers: RawHeaders, lowerName: string): string | undefined {
  const first = firstValue(headers, lowerName);
  if (first === undefined) return undefined;
  const values = allValues(headers, lowerName);
  return values.length === 1 ? first : values.join(', ');
}

export type SingleValue =
  | { readonly kind: 'absent' }
  | { readonly kind: 'one'; readonly value: string }
  | { readonly kind: 'conflict' };

const ABSENT: SingleValue = { kind: 'absent' };
const CONFLICT: SingleValue = { kind: 'conflict' };

/** A field that may stand only once: repeats that say the same are one, others are a conflict. */
export function singleValue(headers: RawHeaders, lowerName: string): SingleValue {
  let value: string | undefined;
  for (let at = 0; at + 1 < headers.length; at += 2) {
    if (!sameName(headers[at] ?? '', lowerName)) continue;
    const here = headers[at + 1] ?? '';
    if (value !== undefined && value !== here) return CONFLICT;
    value = here;
  }
  return value === undefined ? ABSENT : { kind: 'one', value };
}

/** How many lines there are. */
export function fieldCount(headers: RawHeaders): number {
  return headers.length >> 1;
}

/** A copy without the fields of these names (lower case); the list itself when none is there. */
export function withoutFields(headers: RawHeaders, lowerNames: ReadonlySet<string>): RawHeaders {
  if (lowerNames.size === 0) return headers;
  const kept: string[] = [];
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? '';
    if (!lowerNames.has(name.toLowerCase())) kept.push(name, headers[at + 1] ?? '');
  }
  return kept.length === headers.length ? headers : kept;
}

/** A copy in which this field stands once, in the place of its first line, or else at the end. */
export function withField(headers: RawHeaders, name: string, value: string): RawHeaders {
  const lowerName = name.toLowerCase();
  const changed: string[] = [];
  let placed = false;
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const here = headers[at] ?? '';
    if (!sameName(here, lowerName)) changed.push(here, headers[at + 1] ?? '');
    else if (!placed) {
      changed.push(name, value);
      placed = true;
    }
  }
  if (!placed) changed.push(name, value);
  return changed;
}

/** The members of comma-separated lines, trimmed, empty ones left out (RFC 9110 section 5.6.1). */
export function listMembers(values: readonly string[]): string[] {
  const members: string[] = [];
  for (const value of values) {
    for (const part of value.split(',')) {
      const member = part.trim();
      if (member !== '') members.push(member);
    }
  }
  return members;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Whether this is a token, and so could be a field name (RFC 9110 sections 5.1 and 5.6.2). */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** What belongs to one connection or one proxy (RFC 9110 section 7.6.1, RFC 9111 section 3.1). */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  // Trailer fields are not kept, so a stored answer must not announce them.
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The names that must not be stored or passed on: hop-by-hop, and those Connection lists. */
export function hopByHopNames(headers: RawHeaders): ReadonlySet<string> {
  const listed = listMembers(allValues(headers, 'connection'));
  if (listed.length === 0) return HOP_BY_HOP;
  return new Set([...HOP_BY_HOP, ...listed.map((name) => name.toLowerCase())]);
}

/** The fields of an answer that may be stored; `also` are names that a directive forbids. */
export function storableFields(headers: RawHeaders, also: readonly string[] = []): RawHeaders {
  const names = hopByHopNames(headers);
  // A list that is broken or too long would spoil our member behind it, and goes.
  const statuses = allValues(headers, 'cache-status');
  const spoilt = statuses.length > 0 && !isStatusList(statuses) ? ['cache-status'] : [];
  const more = [...also, ...spoilt];
  return withoutFields(headers, more.length === 0 ? names : new Set([...names, ...more]));
}
