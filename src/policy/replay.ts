/** The fields with which a stored answer goes out, made once when it is stored. */
import { hash } from 'node:crypto';
import type { RawHeaders } from '../message.js';
import { editedFields } from './forward.js';
import { combinedValue, singleValue, storableFields } from './headers.js';
import type { LifetimeRule, Route } from './rules.js';

/** Ours to say under a lifetime rule, or the origin's word to caches and nobody else's business. */
const REPLACED = [
  'age',
  'cache-control',
  'cache-groups',
  'cache-tag',
  'cdn-cache-control',
  'content-length',
  'edge-cache-tag',
  'etag',
  'expires',
  'leyden-cache-control',
  'pragma',
  'server-timing',
  'surrogate-control',
  'surrogate-key',
  'vary',
  'x-cache',
  'x-request-id',
  'xkey',
];

/** RFC 9110 section 8.8.3. */
const ETAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;

/** The origin's validator, or one made of the bytes themselves. */
export function validatorOf(headers: RawHeaders, body: Buffer): string {
  const given = singleValue(headers, 'etag');
  if (given.kind === 'one' && ETAG.test(given.value)) return given.value;
  return `"${hash('sha256', body, 'base64url').slice(0, 27)}"`;
}

function varyOf(headers: RawHeaders, rule: LifetimeRule): string | undefined {
  const given = combinedValue(headers, 'vary');
  if (rule.authorization !== 'own') return given;
  if (given === undefined) return 'Authorization';
  return /(?:^|,)\s*authorization\s*(?:,|$)/i.test(given) ? given : `${given}, Authorization`;
}

export function replayedFields(
  route: Route,
  rule: LifetimeRule,
  answer: { readonly headers: RawHeaders; readonly body: Buffer; readonly etag: string },
): RawHeaders {
  const vary = varyOf(answer.headers, rule);
  const seconds = Math.floor(rule.clientTtlMs / 1000);
  return editedFields(
    [
      ...storableFields(answer.headers, REPLACED),
      // A client that keeps nothing without asking is the only one whom a purge reaches.
      ...['Cache-Control', seconds > 0 ? `private, max-age=${seconds}` : 'private, no-cache'],
      ...['ETag', answer.etag],
      ...(vary === undefined ? [] : ['Vary', vary]),
      ...['Content-Length', String(answer.body.byteLength)],
    ],
    route.response,
  );
}
