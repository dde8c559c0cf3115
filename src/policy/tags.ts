/** The tags that an answer gives itself, by which a purge finds it. */
import type { RawHeaders } from '../message.js';
import { allValues, hasField, listMembers } from './headers.js';
import { parseList } from './structured-fields.js';

export interface TagLimits {
  /** An answer keeps its first tags up to this number. */
  readonly countMax: number;
  /** A longer tag is left out, never cut: half a tag would match what nobody meant. */
  readonly lengthMax: number;
}

export const TAG_LIMITS: TagLimits = { countMax: 128, lengthMax: 256 };

/** RFC 9875 section 2 asks for 32 groups of 32 characters at least. */
export const GROUP_LIMITS: TagLimits = { countMax: 128, lengthMax: 128 };

/** What a tag may be made of: everything that can be seen, so that logs and lists stay readable. */
const TAG = /^[!-~]+$/;

function limited(tags: readonly string[], limits: TagLimits): string[] {
  const kept = new Set<string>();
  for (const tag of tags) {
    if (kept.size >= limits.countMax) break;
    if (tag.length <= limits.lengthMax) kept.add(tag);
  }
  return [...kept];
}

/** The strings of a list field. One member that is not a string spoils the field (RFC 9875 2.1). */
function groupStrings(headers: RawHeaders, lowerName: string, limits: TagLimits): string[] {
  if (!hasField(headers, lowerName)) return [];
  const members = parseList(allValues(headers, lowerName)) ?? [];
  const groups: string[] = [];
  for (const member of members) {
    if (member.type !== 'string') return [];
    groups.push(member.value);
  }
  return limited(groups, limits);
}

/** The groups an answer belongs to, case kept (RFC 9875 section 2). */
export function cacheGroups(headers: RawHeaders, limits: TagLimits = GROUP_LIMITS): string[] {
  return groupStrings(headers, 'cache-groups', limits);
}

/**
 * The groups that an answer to an unsafe request invalidates on its own origin (RFC 9875 section
 * 3); an answer to a safe one invalidates nothing, whatever it says.
 */
export function invalidatedGroups(
  method: string,
  headers: RawHeaders,
  limits: TagLimits = GROUP_LIMITS,
): string[] {
  return isSafeMethod(method) ? [] : groupStrings(headers, 'cache-group-invalidation', limits);
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY']);

/** RFC 9110 section 9.2.1 and RFC 10008; a method that we do not know is not safe. */
export function isSafeMethod(method: string): boolean {
  return SAFE_METHODS.has(method);
}

/** Tags from Cache-Tag and Edge-Cache-Tag (commas), Surrogate-Key and xkey (spaces). */
export function tagsOf(headers: RawHeaders, limits: TagLimits = TAG_LIMITS): string[] {
  const tags: string[] = [];
  for (const name of ['cache-tag', 'edge-cache-tag']) {
    tags.push(...listMembers(allValues(headers, name)));
  }
  for (const name of ['surrogate-key', 'xkey']) {
    for (const value of allValues(headers, name)) tags.push(...value.split(/[ \t]+/));
  }
  return limited(
    tags.filter((tag) => TAG.test(tag)),
    limits,
  );
}
