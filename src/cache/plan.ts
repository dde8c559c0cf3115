/** A plan: what a route's word decides at each turn of the cache path, be it a rule or RFC 9111. */
import type { Clock } from '../clock.js';
import type {
  BypassReason,
  GatewayRequest,
  RawHeaders,
  RefusalReason,
  Reply,
  StaleReason,
} from '../message.js';
import type { Keyed, Keying } from '../policy/key.js';
import type { Route } from '../policy/rules.js';
import type { Entry } from './entry.js';
import type { SaidSearch } from './searches.js';
import type { Store } from './store.js';
import type { FieldsFor, Variants } from './variants.js';

/** One request under one plan. */
export interface Task {
  readonly route: Route;
  readonly plan: Plan;
  readonly keyed: Keyed;
  readonly request: GatewayRequest;
}

/** What may be done with a stored answer now. */
export type Use =
  | { readonly kind: 'fresh' }
  /** Old, but it may go out; `refresh` says whether a new one is computed behind it. */
  | { readonly kind: 'old'; readonly reason: StaleReason; readonly refresh: boolean }
  /** Somebody must be asked; `standsIn` tells for which failures the old answer may stand in. */
  | { readonly kind: 'ask'; readonly standsIn: (status: number | 'unreachable') => boolean };

/** What happens to a request for which nothing usable is stored. */
export type Forward =
  | { readonly kind: 'compute' }
  /** Asked as it is, for itself alone. */
  | { readonly kind: 'pass'; readonly reason: BypassReason }
  /** The caller wants what is stored or nothing (RFC 9111 section 5.2.1.7). */
  | { readonly kind: 'never' };

/** Whether somebody else's answer is also this caller's. */
export type Suits =
  | 'shared'
  /** It is another variant: who differs flies for himself. */
  | 'other'
  /** It answers nobody but the one who asked, so each asks alone. */
  | 'alone';

/** When a computation began and ended, and the purge epoch that stood at its beginning. */
export interface Course {
  readonly epoch: number;
  readonly costMs: number;
  readonly nowMs: number;
  readonly wallMs: number;
}

/** What this key has been through before an answer arrives. */
export interface Past {
  readonly old: Entry | undefined;
  /** Errors and failures in a row until now. */
  readonly failures: number;
}

export interface Verdict {
  /** Why it goes to one caller only. */
  readonly alone: RefusalReason | undefined;
  /** Why it is not stored, although everybody who waits may have it. */
  readonly refused: RefusalReason | undefined;
  /** Only this request's own words forbid it: that says nothing of what is stored already. */
  readonly byRequest: boolean;
}

/** What a plan may look into. */
export interface Shelves {
  readonly store: Store;
  readonly variants: Variants;
  readonly clock: Clock;
}

/** What an answer's own words add to the key of its resource (RFC 9111 section 4.1). */
export interface SecondStep {
  fieldsFor(request: GatewayRequest): FieldsFor;
  /** The key that queries share which do not tell answers apart; if there is one. */
  baseOf(keyed: Keyed, request: GatewayRequest): string | undefined;
  /** The same by the word of an answer, or of another node. */
  learn(keyed: Keyed, request: GatewayRequest, said: SaidSearch): string | undefined;
  /** Whether this caller may have it at all (RFC 9111 section 3.5). */
  mayServe(entry: Entry, request: GatewayRequest): boolean;
}

export interface Plan {
  /** Tags that every answer of the route carries before it is known. */
  readonly tags: readonly string[];
  readonly bodyBytesMax: number;
  /** How much of a request's content is read for its key. */
  readonly contentBytesMax: number;
  /** Whether a computation is given up when nobody waits any more. */
  readonly abandon: boolean;
  /** How long one that somebody waits for may queue for its turn with the upstream. */
  readonly patienceMs: number | undefined;
  /** How long a caller waits for whom an old answer may stand in. */
  readonly softLimitMs: number | undefined;
  /** Undefined where the key alone says which answer it is. */
  readonly step: SecondStep | undefined;
  key(route: Route, request: GatewayRequest, credentials: ReadonlySet<string>): Keying;
  /** The stored answer that this request selects; purges are judged by whoever asks. */
  find(shelves: Shelves, keyed: Keyed, request: GatewayRequest): Entry | undefined;
  use(entry: Entry, request: GatewayRequest, now: { nowMs: number; live: boolean }): Use;
  /** Whether an old answer may still stand in for a failure that comes now. */
  outlasts(entry: Entry, nowMs: number): boolean;
  forward(request: GatewayRequest): Forward;
  /** The query as this plan keys it. */
  queryOf(query: string | undefined): string | undefined;
  /** What the key leaves open until the answer is known: callers who differ in it fly apart. */
  flightPart(shelves: Shelves, keyed: Keyed, request: GatewayRequest): string;
  /** Whether an answer to another request under the same key answers this one. */
  suits(entry: Entry, request: GatewayRequest): Suits;
  /** The fields that go upstream; with an old answer they may ask whether it still holds. */
  fields(task: Task, old: Entry | undefined, wallMs: number): RawHeaders;
  judge(task: Task, reply: Reply): Verdict;
  entry(task: Task, reply: Reply, body: Buffer, course: Course, past: Past): Entry;
  /** How long a failure to get any answer is remembered; zero: not at all. */
  failureHoldMs(status: number, failures: number): number;
  /**
   * What goes to the caller for whom it was asked, where more of it was said than may be stored.
   */
  firstReply(task: Task, reply: Reply, entry: Entry): Reply | undefined;
  /** The old answer after the upstream said that it still holds; undefined: ask plainly. */
  renewed(task: Task, old: Entry, reply: Reply, course: Course): Entry | undefined;
  /** The old answer with the fields that an answer to HEAD gave it. */
  described(task: Task, old: Entry, headers: RawHeaders, course: Course): Entry | undefined;
}
