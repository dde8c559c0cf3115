/** How an outcome looks to the client: the 304 decision and the fields that tell what happened. */
import type { Readable } from 'node:stream';
import type { Answered, RawHeaders } from '../message.js';
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

/** RFC 9110 section 15.4.5: a 304 says nothing of the bytes that it does not send. */
const NOT_ON_304 = new Set([
  'content-length',
  'content-type',
  'content-encoding',
  'content-language',
  'last-modified',
]);

const WEAK = /^W\//;

/** RFC 9110 section 13.1.2: weak comparison against a list of validators, or `*`. */
export function matchesValidator(list: string, etag: string): boolean {
  if (list === etag || list.trim() === '*') return true;
  const wanted = etag.replace(WEAK, '');
  const found = list.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return found.some((validator) => validator.replace(WEAK, '') === wanted);
}

/** RFC 9211, with the words that the metrics and the log use too. */
function cacheStatus(outcome: Answered): string {
  switch (outcome.kind) {
    case 'hit': {
      const ttl = Math.floor(outcome.life.ttlMs / 1000);
      const detail = outcome.negative ? 'negative' : outcome.tier;
      return `leyden; hit; ttl=${ttl}; detail=${detail}`;
    }
    case 'stale':
      return `leyden; hit; ttl=${Math.floor(outcome.life.ttlMs / 1000)}; detail=${outcome.reason}`;
    case 'bypass':
      return `leyden; fwd=${outcome.reason === 'method' ? 'method' : 'bypass'}; detail=${outcome.reason}`;
    case 'miss': {
      const stored = outcome.refused === undefined ? '; stored' : `; detail=${outcome.refused}`;
      return `leyden; fwd=uri-miss${outcome.joined ? '; collapsed' : ''}${stored}`;
    }
  }
}

const X_CACHE = { hit: 'HIT', stale: 'STALE', miss: 'MISS', bypass: 'BYPASS' } as const;
const SERVER_TIMING = {
  hit: 'cache;desc=hit',
  stale: 'cache;desc=stale',
  miss: 'cache;desc=miss',
  bypass: 'cache;desc=bypass',
} as const;

function for304(headers: RawHeaders): string[] {
  const kept: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    if (!NOT_ON_304.has(name.toLowerCase())) kept.push(name, headers[at + 1] ?? '');
  }
  return kept;
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
  const out = unchanged ? for304(headers) : headers.slice();
  if (outcome.kind === 'hit' || outcome.kind === 'stale') {
    out.push('Age', String(Math.floor(outcome.life.ageMs / 1000)));
  }
  out.push(
    'Cache-Status',
    cacheStatus(outcome),
    'X-Cache',
    X_CACHE[outcome.kind],
    'Server-Timing',
    SERVER_TIMING[outcome.kind],
    'X-Request-Id',
    asker.id,
  );
  return { status: unchanged ? 304 : status, headers: out, body: unchanged ? undefined : body };
}
