/** Which header fields go to the other side: the lists, and nothing but the lists. */
import type { RawHeaders } from '../message.js';

/** Fields that mean one connection only (RFC 9110 section 7.6.1), besides all `proxy-` ones. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What the gateway says to an upstream in its own words, never in the caller's. */
const OWN_WORDS: ReadonlySet<string> = new Set(['content-length', 'expect', 'host']);

export function isHopByHop(lowerName: string): boolean {
  return HOP_BY_HOP.has(lowerName) || lowerName.startsWith('proxy-');
}

/** Calls `visit` with every field: its name in lower case, its value, and where it stands. */
export function eachField(
  headers: RawHeaders,
  visit: (lowerName: string, value: string, at: number) => void,
): void {
  for (let at = 0; at + 1 < headers.length; at += 2) {
    visit((headers[at] ?? '').toLowerCase(), headers[at + 1] ?? '', at);
  }
}

/** The names that the Connection fields declare to be for this connection only. */
export function connectionOptions(headers: RawHeaders): ReadonlySet<string> {
  const names = new Set<string>();
  eachField(headers, (name, value) => {
    if (name !== 'connection') return;
    for (const option of value.split(',')) names.add(option.trim().toLowerCase());
  });
  return names;
}

function keep(headers: RawHeaders, wanted: (lowerName: string) => boolean): string[] {
  const named = connectionOptions(headers);
  const kept: string[] = [];
  eachField(headers, (name, value, at) => {
    if (isHopByHop(name) || named.has(name) || !wanted(name)) return;
    kept.push(headers[at] ?? '', value);
  });
  return kept;
}

/** The fields of a request that an upstream may see, in their order and case. */
export function requestFields(headers: RawHeaders): string[] {
  return keep(headers, (name) => !OWN_WORDS.has(name));
}

/** The fields of an answer that a caller may see, in their order and case. */
export function answerFields(headers: RawHeaders, status: number): string[] {
  // A 204 must not carry a length (RFC 9110 section 8.6); some servers send `0` all the same.
  return keep(headers, (name) => status !== 204 || name !== 'content-length');
}

/** The declared length of a body, or undefined when it has to be sent in chunks. */
export function declaredLength(headers: RawHeaders): string | undefined {
  let length: string | undefined;
  eachField(headers, (name, value) => {
    if (name === 'content-length' && /^\d{1,15}$/.test(value)) length ??= value;
  });
  return length;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Tab, space, visible ASCII and Latin-1; no control may travel in a value (RFC 9110 5.5). */
export function isFieldValue(text: string): boolean {
  return /^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(text);
}

/** Whether these fields can be written on a wire as they are. */
export function areSendable(headers: RawHeaders): boolean {
  if (headers.length % 2 !== 0) return false;
  return headers.every((text, at) => (at % 2 === 0 ? isToken(text) : isFieldValue(text)));
}

/** A target that stays on the origin it is appended to: one slash first, no blank, no control. */
export function isTarget(target: string): boolean {
  return /^\/[\u0021-\u007e\u0080-\u00ff]*$/.test(target);
}
