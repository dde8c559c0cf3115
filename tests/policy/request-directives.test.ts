/** What a caller may ask of the cache. */
import { describe, expect, it } from '@jest/globals';
import { requestDirectives } from '../../src/policy/request-directives.js';
import type { RequestDirectives } from '../../src/policy/request-directives.js';

describe('the directives of a request (RFC 9111 section 5.2.1)', () => {
  it.each<[string, Partial<RequestDirectives>]>([
    ['no-cache', { noCache: true }],
    ['No-Store', { noStore: true }],
    ['only-if-cached', { onlyIfCached: true }],
    ['no-transform', { noTransform: true }],
    ['max-age=0', { maxAgeS: 0 }],
    ['max-age=9, max-age=3', { maxAgeS: 3 }],
    ['max-age=x', { maxAgeS: 0 }],
    ['min-fresh=5, min-fresh=2', { minFreshS: 5 }],
    ['min-fresh=x', { minFreshS: 2 ** 31 }],
    ['max-stale', { maxStaleS: 2 ** 31 }],
    ['max-stale=10', { maxStaleS: 10 }],
    ['max-stale, max-stale=10', { maxStaleS: 10 }],
    ['max-stale=x', { maxStaleS: 0 }],
    ['stale-if-error=7', { staleIfErrorS: 7 }],
    ['max-age = 1', { unparsable: true }],
    ['nothing-to-see-here', { unparsable: false, noCache: false }],
  ])('reads %j', (line, expected) => {
    expect(requestDirectives(['cache-control', line])).toMatchObject(expected);
  });

  it('reads Pragma only where Cache-Control is absent (section 5.4)', () => {
    expect(requestDirectives(['Pragma', 'x, No-Cache']).noCache).toBe(true);
    expect(requestDirectives(['Pragma', 'no-cache', 'Cache-Control', 'x']).noCache).toBe(false);
    expect(requestDirectives(['Pragma', 'no-cache=1']).noCache).toBe(false);
  });
});
