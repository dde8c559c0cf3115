/** Asking whether a stored answer still holds, and what the reply changes in it (RFC 9111 4.3). */
import { httpDate } from '../clock.js';
import type { RawHeaders } from '../message.js';
import { entityTagOf, strongMatch, weakMatch } from './entity-tag.js';
import { firstValue, hopByHopNames, singleValue, withoutFields } from './headers.js';
import { parseHttpDate } from './http-date.js';

const CONDITIONS = new Set([
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
]);

/** The request without the caller's own conditions and ranges, so that a whole answer comes. */
export function unconditionalFields(request: RawHeaders): RawHeaders {
  return withoutFields(request, CONDITIONS);
}

/** The text of Last-Modified, if it is a date that can be sent back. */
function lastModified(headers: RawHeaders, wallMs: number): string | undefined {
  const value = singleValue(headers, 'last-modified');
  if (value.kind !== 'one' || parseHttpDate(value.value, wallMs) === undefined) return undefined;
  return value.value;
}

/**
 * The request that asks whether the stored answer still holds (RFC 9111 section 4.3.1); undefined
 * when it has no validator, and then a plain request must fetch it anew.
 */
export function revalidationFields(
  request: RawHeaders,
  stored: RawHeaders,
  wallMs: number,
): RawHeaders | undefined {
  const tag = entityTagOf(stored) === undefined ? undefined : firstValue(stored, 'etag');
  const date = lastModified(stored, wallMs);
  if (tag === undefined && date === undefined) return undefined;
  return [
    ...unconditionalFields(request),
    ...(tag === undefined ? [] : ['If-None-Match', tag]),
    ...(date === undefined ? [] : ['If-Modified-Since', date]),
  ];
}

/** What describes the stored bytes stays as it was, for they do (RFC 9111 section 3.2). */
const FIXED = [
  'content-digest',
  'content-encoding',
  'content-length',
  'content-md5',
  'content-range',
  'digest',
];

/**
 * The stored fields after a newer reply without content: each field it carries replaces all lines
 * of that name, in the place of the first. Age and Date are always the newer reply's own, for an
 * old Age would make the answer older than it is.
 */
export function updatedFields(
  stored: RawHeaders,
  reply: RawHeaders,
  wallMs: number,
  also: readonly string[] = [],
): RawHeaders {
  const newer = withoutFields(reply, new Set([...hopByHopNames(reply), ...FIXED, ...also]));
  const lines = new Map<string, string[]>();
  for (let at = 0; at + 1 < newer.length; at += 2) {
    const lowerName = (newer[at] ?? '').toLowerCase();
    const group = lines.get(lowerName) ?? [];
    group.push(newer[at] ?? '', newer[at + 1] ?? '');
    lines.set(lowerName, group);
  }
  // A recipient with a clock dates what has no Date (RFC 9110 section 6.6.1).
  if (!lines.has('date')) lines.set('date', ['Date', httpDate(wallMs)]);
  const updated: string[] = [];
  const done = new Set<string>(['age']);
  if (lines.has('age')) done.delete('age');
  for (let at = 0; at + 1 < stored.length; at += 2) {
    const lowerName = (stored[at] ?? '').toLowerCase();
    if (done.has(lowerName)) continue;
    const group = lines.get(lowerName);
    if (group === undefined) updated.push(stored[at] ?? '', stored[at + 1] ?? '');
    else {
      updated.push(...group);
      done.add(lowerName);
    }
  }
  for (const [lowerName, group] of lines) if (!done.has(lowerName)) updated.push(...group);
  return updated;
}

/**
 * Whether a 304 speaks of this stored answer (RFC 9111 section 4.3.4). A reply without validators
 * answers the only question we asked, the one about this answer.
 */
function speaksOf(stored: RawHeaders, reply: RawHeaders, wallMs: number): boolean {
  if (singleValue(reply, 'etag').kind !== 'absent') {
    const tag = entityTagOf(reply);
    if (tag === undefined) return false;
    return tag.weak ? weakMatch(tag, entityTagOf(stored)) : strongMatch(tag, entityTagOf(stored));
  }
  return sameDate(stored, reply, wallMs);
}

function sameDate(stored: RawHeaders, reply: RawHeaders, wallMs: number): boolean {
  const value = singleValue(reply, 'last-modified');
  if (value.kind === 'absent') return true;
  const said = lastModified(reply, wallMs);
  const known = lastModified(stored, wallMs);
  return (
    said !== undefined &&
    known !== undefined &&
    parseHttpDate(said, wallMs) === parseHttpDate(known, wallMs)
  );
}

/** The stored fields after a 304; undefined when it speaks of another answer: then ask plainly. */
export function fieldsAfter304(
  stored: RawHeaders,
  reply: RawHeaders,
  wallMs: number,
  also: readonly string[] = [],
): RawHeaders | undefined {
  return speaksOf(stored, reply, wallMs) ? updatedFields(stored, reply, wallMs, also) : undefined;
}

export type HeadEffect =
  | { readonly kind: 'none' }
  | { readonly kind: 'updated'; readonly headers: RawHeaders }
  /** The stored answer is not the one that HEAD described, and counts as stale from now on. */
  | { readonly kind: 'outdated' };

/** What the answer to HEAD does to the stored answer to GET (RFC 9111 section 4.3.5). */
export function effectOfHead(
  stored: { readonly headers: RawHeaders; readonly bodyBytes: number },
  reply: { readonly status: number; readonly headers: RawHeaders },
  wallMs: number,
): HeadEffect {
  if (reply.status !== 200) return { kind: 'none' };
  const length = singleValue(reply.headers, 'content-length');
  const sameLength =
    length.kind === 'absent' ||
    Number(firstValue(reply.headers, 'content-length')) === stored.bodyBytes;
  const tagged = singleValue(reply.headers, 'etag').kind !== 'absent';
  const sameTag = !tagged || weakMatch(entityTagOf(reply.headers), entityTagOf(stored.headers));
  if (
    !sameLength ||
    length.kind === 'conflict' ||
    !sameTag ||
    !sameDate(stored.headers, reply.headers, wallMs)
  ) {
    return { kind: 'outdated' };
  }
  return { kind: 'updated', headers: updatedFields(stored.headers, reply.headers, wallMs) };
}
