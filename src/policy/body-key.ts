/** What of a request's content goes into the key: a digest of it, and what is said about it. */
import { hash } from 'node:crypto';
import type { RawHeaders } from '../message.js';
import { canonicalJson } from './canonical-json.js';
import { allValues, isToken, listMembers } from './headers.js';
import { requestDirectives } from './request-directives.js';
import { splitOutsideQuotes } from './weighted-list.js';

export interface BodyRule {
  /** `canonical`: bodies of the same JSON value share a key. */
  readonly json: 'exact' | 'canonical';
}

interface Normalised {
  /** The type without parameters, in lower case; undefined when it could not be read. */
  readonly essence: string | undefined;
  /** False when a charset other than UTF-8 is named. */
  readonly utf8: boolean;
  readonly text: string;
}

/** Values as they came, marked so that nothing normalised can be equal to them. */
function verbatim(values: readonly string[]): string {
  return values.length === 0 ? '-' : `=${JSON.stringify(values)}`;
}

/** RFC 9110 section 8.3.1: type, subtype, parameter names and charsets ignore case. */
function contentType(values: readonly string[]): Normalised {
  const unread = { essence: undefined, utf8: false, text: verbatim(values) };
  const [value, ...others] = values;
  if (value === undefined || others.length > 0) return unread;
  const [type = '', ...rest] = splitOutsideQuotes(value, ';') ?? [];
  const [, major = '', minor = ''] = /^([^/]*)\/([^/]*)$/.exec(type) ?? [];
  if (!isToken(major) || !isToken(minor)) return unread;
  const parameters = new Map<string, string>();
  for (const part of rest) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = part.slice(0, equals).toLowerCase();
    if (equals < 0 || !isToken(name) || parameters.has(name)) return unread;
    const said = unquoted(part.slice(equals + 1));
    if (said === undefined) return unread;
    parameters.set(name, name === 'charset' ? said.toLowerCase() : said);
  }
  const essence = type.toLowerCase();
  const listed = [...parameters].sort(([one], [other]) => (one < other ? -1 : 1));
  const utf8 = (parameters.get('charset') ?? 'utf-8') === 'utf-8';
  return { essence, utf8, text: `+${JSON.stringify([essence, ...listed])}` };
}

/** A token or a quoted string means the same with and without its quotes (section 5.6.6). */
function unquoted(value: string): string | undefined {
  if (isToken(value)) return value;
  const inner = /^"((?:[^"\\]|\\.)*)"$/.exec(value)?.[1];
  return inner?.replace(/\\(.)/g, '$1');
}

/** RFC 9110 section 8.4: codings in the order in which they were applied. */
function contentCodings(values: readonly string[]): string[] {
  return listMembers(values)
    .map((coding) => coding.toLowerCase())
    .filter((coding) => coding !== 'identity')
    .map((coding) => (coding === 'x-gzip' ? 'gzip' : coding));
}

function isJson(essence: string | undefined): boolean {
  return essence !== undefined && (essence === 'application/json' || essence.endsWith('+json'));
}

/**
 * The key parts of a QUERY's content, and of a POST's where a rule keys it (RFC 10008 section 2.7:
 * the key holds the content and its metadata; differences that mean nothing may be left out). With
 * `no-transform` all is keyed as it came. What is sent upstream is never changed.
 */
export function bodyKeyParts(
  headers: RawHeaders,
  content: Uint8Array,
  rule: BodyRule,
): readonly string[] {
  const types = allValues(headers, 'content-type');
  const codings = allValues(headers, 'content-encoding');
  const languages = allValues(headers, 'content-language');
  const asked = requestDirectives(headers);
  if (asked.noTransform || asked.unparsable) {
    const said = [types, codings, languages].map(verbatim);
    return ['body', 'as-sent', hash('sha256', content, 'base64url'), ...said];
  }
  const type = contentType(types);
  const coded = contentCodings(codings);
  const canonical =
    rule.json === 'canonical' && isJson(type.essence) && type.utf8 && coded.length === 0
      ? canonicalJson(content)
      : undefined;
  return [
    'body',
    canonical === undefined ? 'exact' : 'json',
    hash('sha256', canonical ?? content, 'base64url'),
    type.text,
    JSON.stringify(coded),
    JSON.stringify(listMembers(languages).map((language) => language.toLowerCase())),
  ];
}
