/** A stored answer: what it is, whose it is, and until when it may be used. */
import type { RawHeaders } from '../message.js';
import type { SearchVariation } from '../policy/no-vary-search.js';
import type { ResponseDirectives } from '../policy/cache-control.js';

/** What an answer under `cache: http` needs besides. */
export interface HttpPart {
  /** The key of the resource, of which this is one variant. */
  readonly base: string;
  readonly names: readonly string[];
  readonly values: readonly (string | undefined)[];
  /** What its No-Vary-Search said. */
  readonly search: SearchVariation | undefined;
  /** The one language of the content, in lower case. */
  readonly language: string | undefined;
  readonly directives: ResponseDirectives;
  /** The fields before the route's edits, where it has any: what a 304 speaks of. */
  readonly said?: RawHeaders;
  lifetimeMs: number;
}

/** What is learnt of a stored answer while it lies there. */
interface Learnt {
  /** After a refresh that failed: the next one waits until then. */
  refreshNotBeforeMs: number;
  /** Purges up to this epoch have been judged. */
  judgedEpoch: number;
  /** A purge made it old before its time. */
  madeOld: boolean;
  /** How often it went out. */
  hits: number;
}

export function nothingLearnt(epoch: number): Learnt {
  return { refreshNotBeforeMs: 0, judgedEpoch: epoch, madeOld: false, hits: 0 };
}

/** Only times and what is learnt change: a purge to stale brings its end forward. */
export interface Entry extends Learnt {
  readonly key: string;
  /** Whose slot it lies in; a reader with another partition gets a miss. */
  readonly partition: string;
  /** Where it was asked for: `addressOf` host and path. */
  readonly address: string;
  /** The query as it was keyed. */
  readonly query: string | undefined;
  /** The pattern of the route that stored it. */
  readonly route: string;
  readonly status: number;
  /** End-to-end fields as they go to the client, without those that change from hit to hit. */
  readonly headers: RawHeaders;
  readonly etag: string | undefined;
  readonly body: Buffer;
  readonly storedAtMs: number;
  /** The wall clock then, for comparing with dates that others wrote. */
  readonly arrivedWallMs: number;
  freshUntilMs: number;
  /** Until then it may go out while a refresh runs behind it. */
  staleUntilMs: number;
  /** Until then it may go out in place of an upstream's failure. */
  errorUntilMs: number;
  /** What the origin said of its age when it arrived (RFC 9111 section 4.2.3). */
  readonly initialAgeMs: number;
  /** How long the computation took. */
  readonly costMs: number;
  /** An error answer that is kept for its short lifetime. */
  readonly negative: boolean;
  readonly tags: readonly string[];
  /** The purge epoch that stood when its computation began. */
  readonly epoch: number;
  /** What it is charged for in the store. */
  readonly chargedBytes: number;
  /** Undefined under a lifetime rule. */
  readonly http: HttpPart | undefined;
  /**
   * The request fields with which it can be asked for again in nobody's name; undefined where it
   * was asked with something of a caller's own, be it a credential, a cookie or content.
   */
  readonly recipe: RawHeaders | undefined;
}

/** Map slots, the object itself and the prebuilt heads, measured on a full store. */
const OVERHEAD_BYTES = 800;

export function chargeOf(
  headers: RawHeaders,
  body: Buffer,
  key: string,
  tags: readonly string[],
): number {
  let characters = key.length;
  for (const text of headers) characters += text.length;
  for (const tag of tags) characters += tag.length;
  return body.byteLength + 2 * characters + OVERHEAD_BYTES;
}

/** A host holds no slash, so host and path cannot run into each other. */
export function addressOf(host: string, path: string): string {
  return host + path;
}

/** RFC 9111 section 4.2.3, on a clock that never jumps. */
export function ageMs(entry: Entry, nowMs: number): number {
  return entry.initialAgeMs + Math.max(0, nowMs - entry.storedAtMs);
}

/** The path of an address, which begins at its first slash. */
export function pathOf(address: string): string {
  return address.slice(address.indexOf('/'));
}

/** Its end comes now, or came at `atMs`; the windows behind it keep their length. */
export function makeOld(entry: Entry, atMs: number): void {
  entry.madeOld = true;
  const earlierMs = entry.freshUntilMs - atMs;
  if (earlierMs <= 0) return;
  entry.freshUntilMs -= earlierMs;
  entry.staleUntilMs -= earlierMs;
  entry.errorUntilMs -= earlierMs;
  if (entry.http !== undefined) entry.http.lifetimeMs -= earlierMs;
}
