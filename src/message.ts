/** The words that rooms say to each other: a request, a reply, an outcome, the reasons for it. */
import type { Readable } from 'node:stream';
import type { Failure } from './errors.js';

/** Header fields in the order, case and number in which they arrived: name, value, name, value … */
export type RawHeaders = readonly string[];

export type OnInterim = (status: number, headers: RawHeaders) => void;

/** A request after the gate has admitted it. */
export interface GatewayRequest {
  readonly id: string;
  readonly method: string;
  /** Lower case, without a default port. */
  readonly host: string;
  /** The exact bytes that the gate admitted; it begins with one slash. */
  readonly path: string;
  /** What follows the question mark; undefined when there was none. */
  readonly query: string | undefined;
  readonly headers: RawHeaders;
  readonly body: Readable | undefined;
  /** The whole body, where it was read because it is part of the key; then `body` is undefined. */
  readonly content?: Buffer;
  /** Takes an interim answer (102, 103) to the caller; undefined where none may be sent. */
  readonly interim?: OnInterim;
  /** The address of the other end of the socket. */
  readonly peer: string;
  /** Whose request it is: `anon`, or an HMAC of the credential; never the credential itself. */
  readonly partition: string;
  /** Fires when the caller has gone. */
  readonly gone: AbortSignal;
  /** Hears when this request begins to wait for a computation, be it begun or joined. */
  readonly boarded?: (flight: BoardedFlight) => void;
  /** What the lane has found of it in the second tier; undefined where it has not looked. */
  readonly looked?: Looked | undefined;
}

/** A look into the second tier on the way to a computation: both have one budget of time. */
export interface Looked {
  /** `found`: there is something, which the lane does not decide. */
  readonly kind: 'found' | 'absent' | 'failed';
  readonly beganMs: number;
  readonly endedMs: number;
}

/** A computation as far as whoever waits for it may know it. */
export interface BoardedFlight {
  readonly startedMs: number;
  /** How long it usually takes in all; undefined before any has ended. */
  readonly estimateMs: number | undefined;
  readonly waiters: () => number;
}

/** An answer. A Buffer is complete and must never be changed; a Readable is still on its way. */
export interface Reply {
  readonly status: number;
  readonly headers: RawHeaders;
  readonly body: Buffer | Readable | undefined;
  /** False when its end is the end of the connection, so that a cut looks like an end. */
  readonly framed?: boolean;
}

/** A stored answer's times: its age, how long it may still go out (negative: old), and its cost. */
export interface Lifetime {
  readonly ageMs: number;
  readonly ttlMs: number;
  /** How long it took to compute. */
  readonly costMs: number;
}

/** Whose turn it is where many want to ask an upstream: callers who wait come first. */
export type Priority = 'foreground' | 'revalidate' | 'audit' | 'warm';

/** What is asked of an upstream: exactly what was keyed, and nothing else that could matter. */
export interface UpstreamRequest {
  readonly upstream: string;
  readonly id: string;
  readonly method: string;
  /** Path and query as they go on the wire. */
  readonly target: string;
  /** End-to-end fields only; `host` is left out, for the upstream has its own name. */
  readonly headers: RawHeaders;
  readonly body: Readable | Buffer | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onInterim?: OnInterim | undefined;
  readonly priority: Priority;
  /** The longest wait of a caller for his turn; beyond it the question is refused as `busy`. */
  readonly patienceMs?: number | undefined;
  /** Fires when the first caller begins to wait for what was begun for nobody. */
  readonly urgent?: AbortSignal | undefined;
}

/** How the cache reaches whatever computes answers. It rejects with a `Failure`. */
export type Fetch = (request: UpstreamRequest) => Promise<Reply>;

/** Where a stored answer was found. */
export type Tier = 'l1' | 'l2';

/** Why a request went past the cache. */
export type BypassReason =
  | 'no-cache-rule' // the route has no `cache`
  | 'method' // the method is not one that the rule keys
  | 'credentials' // a credential that the key does not cover, or `authorization: bypass`
  | 'cookies' // a Cookie, and the rule says bypass
  | 'body' // a body where the key has none, or one above `body.maxBytes`
  | 'range' // a Range for which nothing is stored
  | 'condition'; // If-Match or If-Unmodified-Since, which only the origin may judge

/** Why an answer that was asked for was not kept. */
export type RefusalReason =
  | 'status' // this status is not kept under the rule
  | 'no-store' // the origin said no-store
  | 'private' // the origin said private
  | 'no-cache' // the origin said no-cache
  | 'set-cookie' // the answer sets a cookie
  | 'vary' // it varies by something that the key does not cover
  | 'unparsable' // its Cache-Control cannot be read, so it is taken at its strictest
  | 'too-large' // it is larger than the rule or the store allows
  | 'not-admitted' // memory is full of what is worth more
  | 'store-failed' // the store could not take it
  | 'unframed' // it ends with the connection, so a cut cannot be told from an end
  | 'partial' // it is a part (206, Content-Range)
  | 'zero-lifetime' // the rule gives this class no lifetime
  | 'good-kept' // an error, while a usable good answer is stored
  | 'method' // answers to this method are not stored
  | 'authorization' // asked with a credential, and nothing says that it may be shared
  | 'no-lifetime' // nothing says how long it holds, and its status gives no lifetime
  | 'not-shared' // another caller got the answer that could go to one only; this one asked alone
  | 'fenced'; // a purge came while it was computed

/** Why an old answer went out. */
export type StaleReason =
  | 'revalidating' // a new one is computed behind it
  | 'soft-limit' // a new one is computed, and the caller has waited as long as the rule lets him
  | 'if-error' // computing a new one failed
  | 'if-busy' // the upstream has too much to do
  | 'max-stale'; // the caller takes old ones

/** Why an answer was computed again although nobody waited for it. */
export type RefreshTrigger =
  | 'stale' // an old one went out
  | 'early' // it was drawn before its end (XFetch)
  | 'scheduled' // computing takes so long that it begins at a fixed time before the end
  | 'window' // for the next window of time
  | 'predicted' // nobody was drawn, but it is asked for too regularly to let it end
  | 'purge' // it was purged, and is asked for much
  | 'warm'; // somebody wants it to be there before it is asked for

/** Why a request that the cache could have answered went forward (RFC 9211 section 2.2). */
export type MissReason = 'uri-miss' | 'vary-miss' | 'stale';

/** What became of a request. Each kind carries only its own; `route` is the route's pattern. */
export type Outcome =
  | { readonly kind: 'no-route'; readonly allow: readonly string[] }
  | {
      readonly kind: 'failed';
      readonly route: string;
      /** Undefined when the cache was asked and had nothing. */
      readonly bypass: BypassReason | undefined;
      readonly failure: Failure;
    }
  | {
      readonly kind: 'bypass';
      readonly route: string;
      readonly reason: BypassReason;
      readonly reply: Reply;
    }
  | {
      readonly kind: 'hit';
      readonly route: string;
      readonly tier: Tier;
      readonly negative: boolean;
      readonly life: Lifetime;
      readonly reply: Reply;
    }
  | {
      readonly kind: 'stale';
      readonly route: string;
      readonly tier: Tier;
      readonly reason: StaleReason;
      readonly life: Lifetime;
      readonly reply: Reply;
    }
  | {
      readonly kind: 'miss';
      readonly route: string;
      readonly why: MissReason;
      readonly joined: boolean;
      /** Undefined when the answer was stored. */
      readonly refused: RefusalReason | undefined;
      /** Computing time that joining saved. */
      readonly sparedMs: number;
      readonly reply: Reply;
    };

/** The caller would not wait so long: the answer comes later, and this is the word of it. */
export interface Later {
  readonly kind: 'later';
  readonly route: string;
  /** Where it will be. */
  readonly location: string;
  readonly flight: BoardedFlight;
}

/** An outcome that has an answer of its own. */
export type Answered = Exclude<Outcome, { readonly kind: 'no-route' | 'failed' }>;
