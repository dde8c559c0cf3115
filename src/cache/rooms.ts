/** What the cache path needs of the rest of the house. */
import type { Clock } from '../clock.js';
import type { Flights } from '../guards/flights.js';
import type { Log } from '../log.js';
import type { Fetch, RefusalReason, Reply } from '../message.js';
import type { Route, Rules } from '../policy/rules.js';
import type { Ahead } from './ahead.js';
import type { Coder } from './coder.js';
import type { Entry } from './entry.js';
import type { Marks } from './marks.js';
import type { Plan } from './plan.js';
import type { Purges } from './purge.js';
import type { SecondTier } from './second-tier.js';
import type { Spread } from './spread.js';
import type { Store } from './store.js';
import type { Tallies } from './tally.js';
import type { Variants } from './variants.js';

/** What a computation left behind. */
export type Computed =
  /** Complete: everybody who waits under this key may have it, stored or not. */
  | {
      readonly kind: 'whole';
      readonly entry: Entry;
      readonly refused: RefusalReason | undefined;
      /** What the upstream said, which is 304 when the old answer still holds. */
      readonly upstreamStatus: number;
      /** For the one who asked first, where it differs from what is stored. */
      readonly first: Reply | undefined;
      /** Nothing was computed: it lay in the second tier. */
      readonly tier?: 'l2';
      /** Whether it was written to the second tier; nobody who waits for an answer waits for it. */
      readonly written?: Promise<boolean>;
    }
  /** For one caller only; whoever claims it second gets nothing and asks for itself. */
  | {
      readonly kind: 'single';
      readonly refused: RefusalReason;
      readonly status: number;
      /** Of the computation, so that a purge reaches it although nothing of it is kept. */
      readonly epoch: number;
      readonly tags: readonly string[];
      readonly address: string;
      readonly key: string;
      claim(): Reply | undefined;
    };

export interface Rooms {
  /** Replaced as a whole when the settings change. */
  rules: Rules;
  /** The plan of each route that has a `cache`; replaced together with the rules. */
  plans: ReadonlyMap<Route, Plan>;
  readonly variants: Variants;
  readonly store: Store;
  readonly purges: Purges;
  readonly flights: Flights<Computed>;
  readonly fetch: Fetch;
  readonly tallies: Tallies;
  readonly clock: Clock;
  readonly log: Log;
  /** Names of request fields that are credentials, in lower case. */
  credentials: ReadonlySet<string>;
  /** Whether a peer may vouch for the address and scheme of others. */
  trusts: (peer: string) => boolean;
  /** The pause after a refresh that failed; it doubles with each that fails after it. */
  readonly negativeRetryMs: number;
  readonly marks: Marks;
  /** Numbers from 0 to below 1. */
  readonly random: () => number;
  /** Computes ahead of the end where no hit begins it; without it only hits do. */
  ahead?: Ahead;
  /** Keeps bodies coded where that pays; without it each is kept as it came. */
  coder?: Coder;
  /** What all nodes share; without it each has its own memory and nothing else. */
  second?: SecondTier;
  /** Looks of the fast lane into it that are under way, and the most that may be. */
  laneLooks?: () => { readonly underway: number; readonly underwayMax: number };
  /** Tells the other nodes of every purge; without it there are none. */
  spread?: Spread;
}
