/** How an outcome looks to the client: the 304 decision and the fields that tell what happened. */
import type { Readable } from 'node:stream';
import type { Answered } from '../message.js';
import { CACHE_WORDS, forwardedStatus, hitStatus } from '../policy/cache-status.js';
import { notModifiedFields } from '../policy/conditional.js';
import { parseEntityTag, parseEntityTags, weakMatch } from '../policy/entity-tag.js';
import { firstValue } from '../policy/headers.js';

/** What may go out: flat fields, ready for `writeHead`. */
export interface Presented {
  readonly status: number;
  readonly headers: string[];
  readonly body: Buffer | Readable | undefined;
}

export interface Asker {
  readonly id: string;
  /** All If-None-Match lines as one list; undefined when there is none. */
  readonly ifNoneMatch: string | undefined;
}

/** RFC 9211, with the words that the metrics and the log use too. */
function cacheStatus(outcome: Answered): string {
  switch (outcome.kind) {
    case 'hit':
      return hitStatus(outcome.life.ttlMs / 1000, outcome.negative ? 'negative' : outcome.tier);
    case 'stale':
      return hitStatus(outcome.life.ttlMs / 1000, outcome.reason);
    case 'bypass': {
      const { reason: detail } = outcome;
      return forwardedStatus({ reason: detail === 'method' ? 'method' : 'bypass', detail });
    }
    case 'miss': {
      const { refused, joined: collapsed } = outcome;
      const stored = refused === undefined;
      return forwardedStatus({ reason: 'uri-miss', stored, collapsed, detail: refused });
    }
  }
}

const SERVER_TIMING = {
  hit: 'cache;desc=hit',
  stale: 'cache;desc=stale',
  miss: 'cache;desc=miss',
  bypass: 'cache;desc=bypass',
} as const;

/** RFC 9110 section 13.1.2: weak comparison against a list of validators, or `*`. */
function matchesValidator(list: string, etag: string): boolean {
  // The usual case: one client that asks again with the very tag that it was given.
  if (list === etag) return true;
  const tags = parseEntityTags(list);
  if (tags === '*') return true;
  const stored = parseEntityTag(etag);
  return tags?.some((tag) => weakMatch(tag, stored)) === true;
}

export function present(outcome: Answered, asker: Asker): Presented {
  const { status, headers, body } = outcome.reply;
  // Only a complete answer of ours is compared; an upstream that was asked decides for itself.
  const etag =
    asker.ifNoneMatch !== undefined && status === 200 && Buffer.isBuffer(body)
      ? firstValue(headers, 'etag')
      : undefined;
  const unchanged =
    etag !== undefined &&
    asker.ifNoneMatch !== undefined &&
    outcome.kind !== 'bypass' &&
    matchesValidator(asker.ifNoneMatch, etag);
  const out = unchanged ? [...notModifiedFields(headers)] : headers.slice();
  if (outcome.kind === 'hit' || outcome.kind === 'stale') {
    out.push('Age', String(Math.floor(outcome.life.ageMs / 1000)));
  }
  out.push(
    'Cache-Status',
    cacheStatus(outcome),
    'X-Cache',
    CACHE_WORDS[outcome.kind],
    'Server-Timing',
    SERVER_TIMING[outcome.kind],
    'X-Request-Id',
    asker.id,
  );
  return { status: unchanged ? 304 : status, headers: out, body: unchanged ? undefined : body };
}
