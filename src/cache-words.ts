/** The words of application developers: those of a route's `cache`, and a few of the library. */
import type { Clock } from './clock.js';

/** A duration such as `250ms`, `30s`, `10m`, `2h` or `1d`. */
export type Duration = string;
/** A size such as `64KiB` or `5MiB`, or a number of bytes. */
export type Size = string | number;

/** The lifetime rule of a route, word for word; docs/settings.md says what each of them means. */
export interface RuleWords {
  /** How long an answer is fresh. */
  readonly ttl: Duration;
  /** What the answer's own lifetime may still do: nothing, replace ours, or shorten it. */
  readonly origin?: 'override' | 'default' | 'cap';
  /** How long an error answer is kept, or a map such as `{ 404: '60s', '5xx': '10s' }`. */
  readonly errorTtl?: Duration | Readonly<Record<string, Duration>>;
  /** How long an old answer goes out at once while a new one is computed. */
  readonly staleWhileRevalidate?: Duration;
  /** How long an old answer goes out when computing a new one fails. */
  readonly staleIfError?: Duration;
  readonly softLimit?: Duration;
  readonly patience?: Duration;
  readonly early?: 'off' | 'auto';
  readonly jitter?: string;
  /** `off`, or a duration. */
  readonly window?: Duration;
  /** Which query fields are keyed and seen: all as they came, all sorted, or the listed ones. */
  readonly query?: 'exact' | 'sorted' | readonly string[];
  /** Request fields that are keyed and seen. */
  readonly headers?: readonly string[];
  /** A request with a Cookie goes past the cache, or loses it, or is keyed by the listed ones. */
  readonly cookies?: 'bypass' | 'drop' | readonly string[];
  /** own: a slot for each credential; shared: one for all; bypass: past the cache. */
  readonly authorization?: 'own' | 'shared' | 'bypass';
  readonly body?: { readonly maxBytes?: Size; readonly json?: 'exact' | 'canonical' };
  /** Names under which the answers can be purged. */
  readonly tags?: readonly string[];
  /** Bytes of one stored answer; an eighth of `memory.maxBytes` where it is not said. */
  readonly maxBytes?: Size;
  /** true: a computation is cancelled when nobody waits any more. */
  readonly abandon?: boolean;
  /** What clients may keep by themselves. */
  readonly clientTtl?: Duration;
}

/** What caches that share a memory have in common. */
export interface CacheOptions {
  /** 100 MiB and 100,000 answers where nothing is said. */
  readonly memory?: { readonly maxBytes?: Size; readonly maxEntries?: number } | undefined;
  /** Fields that carry credentials: a request with one that is not keyed goes past the cache. */
  readonly credentials?: readonly string[] | undefined;
  /** Handlers that run at once, that wait for their turn, and how long. */
  readonly budget?:
    | {
        readonly concurrent?: number;
        readonly queued?: number;
        readonly wait?: Duration;
      }
    | undefined;
  /** Ceilings: callers for one answer, answers computed at once, credentials remembered. */
  readonly limits?:
    | {
        readonly waitersMax?: number;
        readonly flightsMax?: number;
        readonly identitiesMax?: number;
      }
    | undefined;
  /** For tests: a clock that is turned by hand. */
  readonly clock?: Clock | undefined;
}

/** What purging takes: tags, one exact path with all its queries and variants, or everything. */
export type Purge = (
  { readonly tags: readonly string[] } | { readonly path: string } | { readonly all: true }
) & {
  /** delete: nobody gets it again; stale: it may still go out under the rule's stale windows. */
  readonly mode?: 'delete' | 'stale';
};

export interface LibraryExtras extends CacheOptions {
  /** A memory made by `createCache`, shared with others; then its options stand there. */
  readonly cache?: Cache | undefined;
  /** The name in the numbers, and in the tag `route:<name>`. */
  readonly name?: string;
  /** false: all hosts share their answers, and the handler does not see the host. */
  readonly keyHost?: boolean;
  /** How long a handler may take to answer; 120s where it is not said. */
  readonly deadline?: Duration;
  /** Hears of each error that a handler ended with; without it the first one is a warning. */
  readonly onError?: (thrown: unknown) => void;
}

/** A lifetime rule, or `rule: 'http'`: obey what the handler's answers say (RFC 9111). */
export type ResponseCacheOptions = (RuleWords | { readonly rule: 'http' }) & LibraryExtras;

/** Numbers of one endpoint. */
export interface EndpointStats {
  readonly hits: number;
  readonly misses: number;
  readonly errors: number;
  readonly stale_served: number;
  readonly coalesced: number;
  readonly hit_rate_percent: number;
  readonly latency_saved_ms: number;
  readonly compute_seconds_saved: number;
  readonly compute_seconds_spent: number;
  readonly compute_seconds_net: number;
  readonly miss_ms_p50: number;
  readonly hit_ms_p50: number;
}

/** The names and meanings of `http_cache` in the gateway's /metrics. */
export interface CacheStats {
  readonly hits: number;
  readonly misses: number;
  readonly errors: number;
  readonly cache_errors: number;
  readonly hit_rate_percent: number;
  readonly total_requests: number;
  readonly total_latency_saved_ms: number;
  readonly avg_latency_saved_ms: number;
  readonly compute_seconds_saved: number;
  readonly compute_seconds_spent: number;
  /** Of which for nobody's request. */
  readonly compute_seconds_background: number;
  /** Of which the answer never went out. */
  readonly compute_seconds_unused: number;
  /** What the cache spared in all: saved less background. */
  readonly compute_seconds_net: number;
  readonly coalesced: number;
  readonly stale_served: number;
  readonly bypassed: number;
  readonly stored: number;
  readonly refused: number;
  readonly by_endpoint: Readonly<Record<string, EndpointStats>>;
  readonly memory: {
    readonly entries: number;
    readonly bytes: number;
    readonly max_entries: number;
    readonly max_bytes: number;
    readonly evictions: number;
    readonly oldest_seconds: number;
  };
  readonly last_minute: {
    readonly hits: number;
    readonly misses: number;
    readonly errors: number;
    readonly hit_rate_percent: number;
  };
  /** What waits and what is held at this moment, each with its ceiling beside it. */
  readonly held: Readonly<Record<string, number>>;
}

export interface Cache {
  stats(): CacheStats;
  /** From its return on nobody is given what was computed before, even if it is still running. */
  purge(what: Purge): void;
  /** Stops the timer behind `last_minute`; answers are still given. */
  close(): void;
}
