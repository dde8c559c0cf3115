/** Whether a stored answer may go out now: fresh, old with permission, or only after asking. */
import type { ResponseDirectives } from './cache-control.js';
import type { RequestDirectives } from './request-directives.js';

/** A stored answer as far as using it depends on it. */
export interface StoredLifetime {
  readonly directives: ResponseDirectives;
  readonly lifetimeMs: number;
}

export type Usability =
  | { readonly kind: 'fresh'; readonly remainingMs: number }
  /** It may go out although it is old: by the origin's word, or by the caller's. */
  | {
      readonly kind: 'stale';
      readonly by: 'while-revalidate' | 'max-stale';
      readonly staleMs: number;
    }
  | {
      readonly kind: 'validate';
      /** Who insists: the time, the stored answer, or the request. */
      readonly why: 'stale' | 'no-cache' | 'request';
      /** It may stand in for a 500, 502, 503 or 504 (RFC 5861 section 4). */
      readonly ifError: boolean;
      /** It may stand in while the origin cannot be reached (RFC 9111 section 4.2.4). */
      readonly ifDisconnected: boolean;
    };

export interface StaleOptions {
  /** The operator's word that s-maxage does not forbid stale answers of this route. */
  readonly sMaxageAllowsStale: boolean;
}

const BY_THE_BOOK: StaleOptions = { sMaxageAllowsStale: false };

/** RFC 9111 section 4.2.4; s-maxage carries the meaning of proxy-revalidate (section 5.2.2.10). */
export function forbidsStale(
  directives: ResponseDirectives,
  options: StaleOptions = BY_THE_BOOK,
): boolean {
  return (
    directives.unparsable ||
    directives.noCache ||
    directives.mustRevalidate ||
    directives.proxyRevalidate ||
    (directives.sMaxageS !== undefined && !options.sMaxageAllowsStale)
  );
}

/** How long after its end the answer may still go out; zero when that is forbidden (RFC 5861). */
export function staleWindowsMs(
  directives: ResponseDirectives,
  options: StaleOptions = BY_THE_BOOK,
): { readonly whileRevalidateMs: number; readonly ifErrorMs: number } {
  const forbidden = forbidsStale(directives, options);
  const windowMs = (seconds = 0) => (forbidden ? 0 : seconds * 1000);
  return {
    whileRevalidateMs: windowMs(directives.staleWhileRevalidateS),
    ifErrorMs: windowMs(directives.staleIfErrorS),
  };
}

/** Whether the request asks for more than the stored answer has (RFC 9111 section 5.2.1). */
function askedForMore(stored: StoredLifetime, asked: RequestDirectives, ageMs: number): boolean {
  if (asked.noCache || asked.unparsable) return true;
  const remainingMs = stored.lifetimeMs - ageMs;
  if (asked.minFreshS !== undefined && remainingMs < asked.minFreshS * 1000) return true;
  // A reload need not ask again for what never changes while it is fresh (RFC 8246 section 2).
  if (stored.directives.immutable && remainingMs > 0) return false;
  return asked.maxAgeS !== undefined && ageMs > asked.maxAgeS * 1000;
}

/** What may be done with a stored answer of this age for this request. */
export function usabilityOf(
  stored: StoredLifetime,
  asked: RequestDirectives,
  ageMs: number,
  options: StaleOptions = BY_THE_BOOK,
): Usability {
  const { directives, lifetimeMs } = stored;
  const staleMs = ageMs - lifetimeMs;
  const windows = staleWindowsMs(directives, options);
  const forbidden = forbidsStale(directives, options);
  const requested = askedForMore(stored, asked, ageMs);
  if (!requested && !directives.noCache && !directives.unparsable) {
    if (staleMs < 0) return { kind: 'fresh', remainingMs: -staleMs };
    // A request's max-age rules out old answers, unless it also says max-stale (5.2.1.1).
    const takesStale = asked.maxAgeS === undefined || asked.maxStaleS !== undefined;
    if (takesStale && staleMs < windows.whileRevalidateMs) {
      return { kind: 'stale', by: 'while-revalidate', staleMs };
    }
    if (!forbidden && asked.maxStaleS !== undefined && staleMs <= asked.maxStaleS * 1000) {
      return { kind: 'stale', by: 'max-stale', staleMs };
    }
  }
  const ifErrorMs = Math.max(windows.ifErrorMs, (asked.staleIfErrorS ?? 0) * 1000);
  const mayStandIn = !forbidden && !asked.noCache && !asked.unparsable;
  return {
    kind: 'validate',
    why: directives.noCache || directives.unparsable ? 'no-cache' : requested ? 'request' : 'stale',
    // A fresh one that the caller declined is covered by the same word and by no other.
    ifError: mayStandIn && ifErrorMs > 0 && staleMs < ifErrorMs,
    ifDisconnected: mayStandIn,
  };
}

/** The failures that an old answer may cover (RFC 5861 section 4); a refusal is never one. */
export function coversStatus(status: number): boolean {
  return status === 500 || status === 502 || status === 503 || status === 504;
}
