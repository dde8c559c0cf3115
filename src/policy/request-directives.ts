/** What a request's Cache-Control asks of this cache (RFC 9111 section 5.2.1). */
import type { RawHeaders } from '../message.js';
import { deltaSeconds, readDirectives, SECONDS_MAX } from './directives.js';
import type { Directive, Mutable } from './directives.js';
import { allValues, hasField, listMembers } from './headers.js';

/** What a request's directives say. */
export interface RequestDirectives {
  readonly unparsable: boolean;
  readonly noStore: boolean;
  readonly noCache: boolean;
  readonly onlyIfCached: boolean;
  readonly noTransform: boolean;
  readonly maxAgeS: number | undefined;
  readonly minFreshS: number | undefined;
  /** 2^31 when any staleness will do. */
  readonly maxStaleS: number | undefined;
  readonly staleIfErrorS: number | undefined;
}

function smaller(one: number | undefined, other: number): number {
  return one === undefined ? other : Math.min(one, other);
}

const SILENT_REQUEST: RequestDirectives = {
  unparsable: false,
  noStore: false,
  noCache: false,
  onlyIfCached: false,
  noTransform: false,
  maxAgeS: undefined,
  minFreshS: undefined,
  maxStaleS: undefined,
  staleIfErrorS: undefined,
};

function applyToRequest(request: Mutable<RequestDirectives>, { name, value }: Directive): void {
  const seconds = deltaSeconds(value);
  switch (name) {
    case 'no-store':
      request.noStore = true;
      return;
    case 'no-cache':
      request.noCache = true;
      return;
    case 'only-if-cached':
      request.onlyIfCached = true;
      return;
    case 'no-transform':
      request.noTransform = true;
      return;
    case 'max-age':
      request.maxAgeS = smaller(request.maxAgeS, seconds ?? 0);
      return;
    case 'min-fresh':
      // A number that cannot be read asks for more freshness than anything has.
      request.minFreshS = Math.max(request.minFreshS ?? 0, seconds ?? SECONDS_MAX);
      return;
    case 'max-stale':
      // Without a value any staleness will do (RFC 9111 section 5.2.1.2).
      request.maxStaleS = smaller(
        request.maxStaleS,
        value === undefined ? SECONDS_MAX : (seconds ?? 0),
      );
      return;
    case 'stale-if-error':
      request.staleIfErrorS = smaller(request.staleIfErrorS, seconds ?? 0);
      return;
    default:
  }
}

/** What the caller asks of this cache; Pragma speaks only where Cache-Control is silent. */
export function requestDirectives(headers: RawHeaders): RequestDirectives {
  if (!hasField(headers, 'cache-control')) {
    // RFC 9111 section 5.4.
    const pragma = listMembers(allValues(headers, 'pragma'));
    return pragma.some((word) => word.toLowerCase() === 'no-cache')
      ? { ...SILENT_REQUEST, noCache: true }
      : SILENT_REQUEST;
  }
  const directives = readDirectives(allValues(headers, 'cache-control'));
  if (directives === undefined) return { ...SILENT_REQUEST, unparsable: true };
  const request: Mutable<RequestDirectives> = { ...SILENT_REQUEST };
  for (const directive of directives) applyToRequest(request, directive);
  return request;
}
