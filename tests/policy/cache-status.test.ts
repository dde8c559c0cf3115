/** What an answer says about itself: a closed vocabulary in a list that grows hop by hop. */
import { describe, expect, it } from '@jest/globals';
import { forwardedStatus, hitStatus, withCacheStatus } from '../../src/policy/cache-status.js';
import { parseList } from '../../src/policy/structured-fields.js';

describe('Cache-Status (RFC 9211)', () => {
  it('tells a hit, and how long it has left or is over', () => {
    expect(hitStatus(12.9, 'l1')).toBe('leyden; hit; ttl=12; detail=l1');
    expect(hitStatus(-3, 'revalidating')).toBe('leyden; hit; ttl=-3; detail=revalidating');
    expect(hitStatus(-0.0, 'l2')).toBe('leyden; hit; ttl=0; detail=l2');
  });

  it('tells why it asked somebody else, and what came of it', () => {
    expect(forwardedStatus({ reason: 'uri-miss', stored: true, collapsed: true })).toBe(
      'leyden; fwd=uri-miss; stored; collapsed',
    );
    expect(
      forwardedStatus({
        reason: 'stale',
        status: 503,
        ttlS: -9,
        stored: false,
        detail: 'if-error',
      }),
    ).toBe('leyden; fwd=stale; fwd-status=503; ttl=-9; detail=if-error');
  });

  it('is always a well-formed list member', () => {
    for (const seconds of [NaN, Infinity, -Infinity, 1e30, 1.5, -1.5]) {
      expect(parseList([hitStatus(seconds, 'l1')])).toHaveLength(1);
      expect(parseList([forwardedStatus({ reason: 'miss', ttlS: seconds })])).toHaveLength(1);
    }
  });

  it('stands behind what the caches before us said', () => {
    const headers = ['A', '1', 'Cache-Status', 'origin; hit', 'cache-status', '"b c"; fwd=miss'];
    expect(withCacheStatus(headers, 'leyden; hit')).toEqual([
      'A',
      '1',
      'Cache-Status',
      'origin; hit, "b c"; fwd=miss, leyden; hit',
    ]);
    expect(withCacheStatus([], 'leyden; hit')).toEqual(['Cache-Status', 'leyden; hit']);
  });

  it.each(['', 'a b c', '12', `a${'a'.repeat(2000)}`, '(a)'])(
    'case 51: stands alone when what they said is no such list: %.20s',
    (line) => {
      expect(withCacheStatus(['Cache-Status', line], 'leyden; hit')).toEqual([
        'Cache-Status',
        'leyden; hit',
      ]);
    },
  );
});
