/** A strict reader of structured fields: dictionaries and lists (RFC 9651); undefined if broken. */

export type BareItem =
  | { readonly type: 'integer' | 'decimal' | 'date'; readonly value: number }
  | { readonly type: 'string' | 'token' | 'bytes' | 'display'; readonly value: string }
  | { readonly type: 'boolean'; readonly value: boolean };

/** Parameters are checked and dropped: no field that we read gives them a meaning. */
export type Member =
  BareItem | { readonly type: 'inner-list'; readonly items: readonly BareItem[] };

interface Cursor {
  readonly text: string;
  at: number;
}

const SPACES = / */y;
const COMMA = /[ \t]*,[ \t]*/y;
const KEY = /[a-z*][a-z0-9_\-.*]*/y;
const NUMBER = /-?(?:\d{1,12}\.\d{1,3}(?!\d)|\d{1,15}(?![\d.]))/y;
const STRING = /"((?:[ !#-[\]-~]|\\["\\])*)"/y;
const TOKEN = /[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*/y;
const BYTES = /:([A-Za-z0-9+/=]*):/y;
const BOOLEAN = /\?([01])/y;
const DATE = /@(-?\d{1,15})(?![\d.])/y;
const DISPLAY = /%"((?:[ !#$&-~]|%[0-9a-f]{2})*)"/y;

function take(cursor: Cursor, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text);
  if (found === null) return undefined;
  cursor.at = pattern.lastIndex;
  return found;
}

function skip(cursor: Cursor, letter: string): boolean {
  if (cursor.text[cursor.at] !== letter) return false;
  cursor.at += 1;
  return true;
}

function displayString(escaped: string): BareItem | undefined {
  try {
    return { type: 'display', value: decodeURIComponent(escaped) };
  } catch {
    // The octets are not UTF-8, and then the whole field is broken (section 4.2.10).
    return undefined;
  }
}

/** RFC 9651 section 4.2.3.1. */
function bareItem(cursor: Cursor): BareItem | undefined {
  const number = take(cursor, NUMBER)?.[0];
  if (number !== undefined) {
    return { type: number.includes('.') ? 'decimal' : 'integer', value: Number(number) };
  }
  const text = take(cursor, STRING)?.[1];
  if (text !== undefined) return { type: 'string', value: text.replace(/\\(.)/g, '$1') };
  const token = take(cursor, TOKEN)?.[0];
  if (token !== undefined) return { type: 'token', value: token };
  const bit = take(cursor, BOOLEAN)?.[1];
  if (bit !== undefined) return { type: 'boolean', value: bit === '1' };
  const bytes = take(cursor, BYTES)?.[1];
  if (bytes !== undefined) return { type: 'bytes', value: bytes };
  const date = take(cursor, DATE)?.[1];
  if (date !== undefined) return { type: 'date', value: Number(date) };
  const display = take(cursor, DISPLAY)?.[1];
  return display === undefined ? undefined : displayString(display);
}

/** RFC 9651 section 4.2.3.2; false when a parameter is broken. */
function skipParameters(cursor: Cursor): boolean {
  while (skip(cursor, ';')) {
    take(cursor, SPACES);
    if (take(cursor, KEY) === undefined) return false;
    if (skip(cursor, '=') && bareItem(cursor) === undefined) return false;
  }
  return true;
}

/** RFC 9651 section 4.2.1.2, after its opening bracket. */
function innerList(cursor: Cursor): Member | undefined {
  const items: BareItem[] = [];
  for (;;) {
    const spaces = take(cursor, SPACES)?.[0] ?? '';
    if (skip(cursor, ')')) return { type: 'inner-list', items };
    if (items.length > 0 && spaces === '') return undefined;
    const item = bareItem(cursor);
    if (item === undefined || !skipParameters(cursor)) return undefined;
    items.push(item);
  }
}

function member(cursor: Cursor): Member | undefined {
  const found = skip(cursor, '(') ? innerList(cursor) : bareItem(cursor);
  return found !== undefined && skipParameters(cursor) ? found : undefined;
}

/** Reads members until the end; `readOne` says whether one could be read. */
function readMembers(text: string, readOne: (cursor: Cursor) => boolean): boolean {
  const cursor: Cursor = { text: text.replace(/^ +/, ''), at: 0 };
  while (cursor.at < cursor.text.length) {
    if (!readOne(cursor)) return false;
    const rest = cursor.at;
    take(cursor, SPACES);
    if (cursor.at === cursor.text.length) return true;
    cursor.at = rest;
    // A comma at the end breaks the field (sections 4.2.1 and 4.2.2).
    if (take(cursor, COMMA) === undefined || cursor.at === cursor.text.length) return false;
  }
  return true;
}

/** All lines of one dictionary field (section 4.2.2); the last value of a repeated key counts. */
export function parseDictionary(lines: readonly string[]): ReadonlyMap<string, Member> | undefined {
  const members = new Map<string, Member>();
  const whole = readMembers(lines.join(', '), (cursor) => {
    const key = take(cursor, KEY)?.[0];
    if (key === undefined) return false;
    const value = skip(cursor, '=')
      ? member(cursor)
      : skipParameters(cursor)
        ? ({ type: 'boolean', value: true } as const)
        : undefined;
    if (value === undefined) return false;
    members.set(key, value);
    return true;
  });
  return whole ? members : undefined;
}

/** All lines of one list field (section 4.2.1). */
export function parseList(lines: readonly string[]): readonly Member[] | undefined {
  const members: Member[] = [];
  const whole = readMembers(lines.join(', '), (cursor) => {
    const value = member(cursor);
    if (value === undefined) return false;
    members.push(value);
    return true;
  });
  return whole ? members : undefined;
}
