/** The form in which a stored answer goes out: whole, in part, or as word that it is the same. */
import { randomBytes } from 'node:crypto';
import type { Answered, GatewayRequest } from '../message.js';
import { ifRangeAllows, preconditionOf, type StoredValidators } from '../policy/conditional.js';
import { parseEntityTag, parseEntityTags, weakMatch } from '../policy/entity-tag.js';
import { hasField } from '../policy/headers.js';
import { partialAnswer, type PartialAnswer } from '../policy/range.js';
import type { Entry } from './entry.js';

export type Form =
  | PartialAnswer
  | { readonly kind: 'not-modified' }
  /** A condition of the request does not hold (RFC 9110 section 15.5.13). */
  | { readonly kind: 'failed' };

export const WHOLE: Form = { kind: 'whole' };
const NOT_MODIFIED: Form = { kind: 'not-modified' };
const FAILED: Form = { kind: 'failed' };

const BOUNDARY_BYTES = 18;
const CONDITIONS = [
  'if-none-match',
  'if-modified-since',
  'if-match',
  'if-unmodified-since',
  'range',
];

/** Only what we hold complete is ours to shape; an upstream that was asked decides for itself. */
function heldBy(outcome: Answered): Entry | undefined {
  if (outcome.kind === 'bypass') return undefined;
  const { reply } = outcome;
  return 'chargedBytes' in reply ? (reply as Entry) : undefined;
}

/** The lane's question: one If-None-Match against one tag, weakly (RFC 9110 section 13.1.2). */
export function formForTag(entry: Entry, ifNoneMatch: string | undefined): Form {
  const { etag, status } = entry;
  if (ifNoneMatch === undefined || etag === undefined || status < 200 || status > 299) return WHOLE;
  // The usual case: a client that asks again with the very tag that it was given.
  if (ifNoneMatch === etag) return NOT_MODIFIED;
  const tags = parseEntityTags(ifNoneMatch);
  if (tags === '*') return NOT_MODIFIED;
  const stored = parseEntityTag(etag);
  return tags?.some((tag) => weakMatch(tag, stored)) === true ? NOT_MODIFIED : WHOLE;
}

export function formOf(outcome: Answered, request: GatewayRequest, wallMs: number): Form {
  const entry = heldBy(outcome);
  const { method, headers } = request;
  if (entry === undefined || !CONDITIONS.some((name) => hasField(headers, name))) return WHOLE;
  const stored: StoredValidators = entry;
  // Under a lifetime rule nobody behind us sees the conditions, so they are ours to judge.
  const asOrigin = entry.http === undefined;
  const precondition = preconditionOf(method, headers, stored, { asOrigin, wallMs });
  if (precondition === 'not-modified') return NOT_MODIFIED;
  if (precondition === 'failed') return FAILED;
  if (method !== 'GET') return WHOLE;
  return partialAnswer(headers, entry, {
    mayRange: ifRangeAllows(headers, stored, wallMs),
    boundary: randomBytes(BOUNDARY_BYTES).toString('base64url'),
  });
}
