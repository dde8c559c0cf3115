/** How an outcome looks to the client: its form, and the fields that tell what happened. */
import type { Readable } from 'node:stream';
import type { Answered } from '../message.js';
import { CACHE_WORDS, forwardedStatus, hitStatus } from '../policy/cache-status.js';
import { notModifiedFields } from '../policy/conditional.js';
import { sameName } from '../policy/headers.js';
import type { Entry } from './entry.js';
import type { Form } from './form.js';

/** What may go out: flat fields, ready for `writeHead`. */
export interface Presented {
  readonly status: number;
  readonly headers: string[];
  readonly body: Buffer | Readable | undefined;
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
      return forwardedStatus({ reason: outcome.why, stored, collapsed, detail: refused });
    }
  }
}

const SERVER_TIMING = {
  hit: 'cache;desc=hit',
  stale: 'cache;desc=stale',
  miss: 'cache;desc=miss',
  bypass: 'cache;desc=bypass',
} as const;

const PRECONDITION_FAILED = 412;

/** Status, fields and bytes of each form. */
function shaped({ reply }: Answered, form: Form): Presented {
  switch (form.kind) {
    case 'whole':
      return { status: reply.status, headers: reply.headers.slice(), body: reply.body };
    case 'not-modified':
      return { status: 304, headers: [...notModifiedFields(reply.headers)], body: undefined };
    case 'failed':
      return { status: PRECONDITION_FAILED, headers: ['Content-Length', '0'], body: undefined };
    case 'partial':
      return { status: form.status, headers: [...form.headers], body: form.body };
    case 'unsatisfiable':
      return { status: form.status, headers: [...form.headers], body: undefined };
  }
}

/** A stored error tells how long it still holds, where its upstream said when to come again. */
function sayWhenToComeAgain(outcome: Answered, headers: string[]): void {
  const { reply } = outcome;
  if (!('negative' in reply)) return;
  const { negative, http, freshUntilMs, storedAtMs } = reply as Entry;
  if (!negative || http !== undefined) return;
  const leftMs = 'life' in outcome ? outcome.life.ttlMs : freshUntilMs - storedAtMs;
  const seconds = String(Math.ceil(leftMs / 1000));
  for (let at = 0; at < headers.length; at += 2) {
    if (leftMs > 0 && sameName(headers[at] ?? '', 'retry-after')) headers[at + 1] = seconds;
  }
}

export function present(outcome: Answered, form: Form, id: string): Presented {
  const presented = shaped(outcome, form);
  const { headers } = presented;
  if (presented.status >= 400) sayWhenToComeAgain(outcome, headers);
  if (outcome.kind === 'hit' || outcome.kind === 'stale') {
    headers.push('Age', String(Math.floor(outcome.life.ageMs / 1000)));
  } else if ('initialAgeMs' in outcome.reply) {
    // A cache before us had it first (RFC 9111 section 5.1).
    const seconds = Math.floor((outcome.reply as Entry).initialAgeMs / 1000);
    if (seconds > 0) headers.push('Age', String(seconds));
  }
  headers.push(
    'Cache-Status',
    cacheStatus(outcome),
    'X-Cache',
    CACHE_WORDS[outcome.kind],
    'Server-Timing',
    SERVER_TIMING[outcome.kind],
    'X-Request-Id',
    id,
  );
  return presented;
}
