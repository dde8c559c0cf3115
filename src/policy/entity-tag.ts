/** Entity tags: how they are read and when two of them mean the same (RFC 9110 section 8.8.3). */
import type { RawHeaders } from '../message.js';
import { singleValue } from './headers.js';

export interface EntityTag {
  readonly weak: boolean;
  /** What stands between the quotes. */
  readonly opaque: string;
}

const ENTITY_TAG = /(W\/)?"([!#-~\x80-\uffff]*)"[ \t]*(?=,|$)/y;
const SEPARATORS = /[ \t,]*/y;

/** A list of tags, or `*`; undefined when it cannot be read. */
export function parseEntityTags(text: string): readonly EntityTag[] | '*' | undefined {
  if (text.trim() === '*') return '*';
  const tags: EntityTag[] = [];
  let at = 0;
  for (;;) {
    SEPARATORS.lastIndex = at;
    SEPARATORS.exec(text);
    at = SEPARATORS.lastIndex;
    if (at === text.length) return tags.length === 0 ? undefined : tags;
    ENTITY_TAG.lastIndex = at;
    const found = ENTITY_TAG.exec(text);
    if (found === null) return undefined;
    at = ENTITY_TAG.lastIndex;
    tags.push({ weak: found[1] !== undefined, opaque: found[2] ?? '' });
  }
}

/** Exactly one tag. */
export function parseEntityTag(text: string | undefined): EntityTag | undefined {
  const tags = text === undefined ? undefined : parseEntityTags(text);
  return Array.isArray(tags) && tags.length === 1 ? (tags as readonly EntityTag[])[0] : undefined;
}

/** The tag of an answer; two lines that differ are none. */
export function entityTagOf(headers: RawHeaders): EntityTag | undefined {
  const value = singleValue(headers, 'etag');
  return value.kind === 'one' ? parseEntityTag(value.value) : undefined;
}

/** RFC 9110 section 8.8.3.2: good enough for a 304. */
export function weakMatch(one: EntityTag | undefined, other: EntityTag | undefined): boolean {
  return one !== undefined && one.opaque === other?.opaque;
}

/** RFC 9110 section 8.8.3.2: the same bytes. */
export function strongMatch(one: EntityTag | undefined, other: EntityTag | undefined): boolean {
  return weakMatch(one, other) && one?.weak === false && other?.weak === false;
}
