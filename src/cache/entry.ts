/** A stored answer: what it is, whose it is, and until when it may be used. */
import type { RawHeaders, RefreshTrigger } from '../message.js';
import type { SearchVariation } from '../policy/no-vary-search.js';
import type { ResponseDirectives } from '../policy/cache-control.js';
import { NEVER_EARLY, type UsualCost } from '../policy/early.js';
import type { PlainReason } from '../policy/coding.js';
import type { Rhythm } from '../policy/rhythm.js';
import type { Coded } from './coding.js';
import type { Tracked } from './tracked.js';

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
  /** So many refreshes failed in a row; of an error answer: so many errors, with itself. */
  failures: number;
  /** Why the last one failed, in the word for an answer that goes out in its place. */
  failedBy: 'if-error' | 'if-busy';
  /** From then on a hit may start the next computation; `DRAWN`: one of them has been drawn. */
  earlyFromMs: number;
  earlyDeltaMs: number;
  /** What computing it usually costs; undefined where nothing is computed before its end. */
  usual: UsualCost | undefined;
  /** Purges up to this epoch have been judged. */
  judgedEpoch: number;
  /** A purge made it old before its time. */
  madeOld: boolean;
  /** How often it went out; it begins with a part of its forerunner's. */
  hits: number;
  /** Those with which it began. */
  hitsBefore: number;
  /** Computed for nobody's request, and not known yet to have been of use to anybody. */
  behind: Behind | undefined;
  /** When it is asked for; undefined where nothing is computed ahead of its end. */
  rhythm: Rhythm | undefined;
  /**
   * What the plain form is like where a coded body is kept. `open`: it may be coded; `queued`: it
   * waits for that; undefined: it has one form, and that is that.
   */
  coded: Coded | 'open' | 'queued' | undefined;
  /** Why it is kept as it came, where that was asked. */
  plainFor: PlainReason | undefined;
  /** The same answer, coded, which has taken its place in the store. */
  movedTo: Entry | undefined;
  /** What is heard of its copy in the second tier; undefined where nothing is. */
  tracked: Tracked | undefined;
}

/** What a computation for nobody's request was for, and what it took. */
export interface Behind {
  readonly trigger: RefreshTrigger;
  readonly spentMs: number;
}

export function nothingLearnt(epoch: number): Learnt {
  return {
    refreshNotBeforeMs: 0,
    failures: 0,
    failedBy: 'if-error',
    earlyFromMs: NEVER_EARLY.earlyFromMs,
    earlyDeltaMs: NEVER_EARLY.earlyDeltaMs,
    usual: undefined,
    judgedEpoch: epoch,
    madeOld: false,
    hits: 0,
    hitsBefore: 0,
    behind: undefined,
    rhythm: undefined,
    coded: undefined,
    plainFor: undefined,
    movedTo: undefined,
    tracked: undefined,
  };
}

/** In `earlyFromMs`: the lane has drawn, and the slow path need not draw again. */
export const DRAWN = 0;

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

/** The object itself, its buffer, its places in the store and its learnt times: measured. */
const OVERHEAD_BYTES = 900;
/** What the engine adds to each string: its head, what it is rounded up by, where it is listed. */
const TEXT_BYTES = 32;

/** All further text that is kept for an answer, above all what a client can make long. */
export function keptTexts({
  address,
  query = '',
  tags,
  recipe = [],
  http,
}: Pick<Entry, 'address' | 'query' | 'tags' | 'recipe'> & {
  readonly http: Pick<HttpPart, 'base' | 'names' | 'values' | 'said'> | undefined;
}): string[] {
  const texts = [address, query, ...tags, ...recipe];
  if (http === undefined) return texts;
  const values = http.values.map((value) => value ?? '');
  return [...texts, http.base, ...http.names, ...values, ...(http.said ?? [])];
}

export function chargeOf(
  headers: RawHeaders,
  body: Buffer,
  key: string,
  others: readonly string[],
): number {
  let bytes = OVERHEAD_BYTES + body.byteLength + key.length + TEXT_BYTES;
  // No field, path or query has characters beyond Latin-1, so each takes one byte.
  for (const text of headers) bytes += text.length + TEXT_BYTES;
  for (const text of others) bytes += text.length + TEXT_BYTES;
  return bytes;
}

/** A host holds no slash, so host and path cannot run into each other. */
export function addressOf(host: string, path: string): string {
  return host + path;
}

/** RFC 9111 section 4.2.3, on a clock that never jumps. */
export function ageMs(entry: Entry, nowMs: number): number {
  return entry.initialAgeMs + Math.max(0, nowMs - entry.storedAtMs);
}

/** Under RFC 9111 what is over can still be asked about: as long again, within these bounds. */
const KEPT_MIN_MS = 60_000;
const KEPT_MAX_MS = 3_600_000;

/** When it is of no use to anybody who does not hold it already. */
export function endMsOf({
  freshUntilMs,
  staleUntilMs,
  errorUntilMs,
  storedAtMs,
  http,
}: Pick<Entry, 'freshUntilMs' | 'staleUntilMs' | 'errorUntilMs' | 'storedAtMs' | 'http'>): number {
  const endMs = Math.max(freshUntilMs, staleUntilMs, errorUntilMs);
  if (http === undefined) return endMs;
  const lastMs = Math.max(endMs, storedAtMs);
  return lastMs + Math.min(KEPT_MAX_MS, Math.max(KEPT_MIN_MS, lastMs - storedAtMs));
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
