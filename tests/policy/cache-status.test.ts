/** What an answer says about itself: a closed vocabulary in a list that grows hop by hop. */
import { describe, expect, it } from '@jest/globals';
import { failures, type FailureCode } from '../../src/errors.js';
import { failedFields, forwardedStatus, hitStatus } from '../../src/policy/cache-status.js';
import { allValues, storableFields } from '../../src/policy/headers.js';
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

  it('of a failure says that the request went forward only where it did', () => {
    expect(failedFields('connect', undefined)).toEqual([
      ...['Cache-Status', 'leyden; fwd=miss; detail=connect', 'X-Cache', 'MISS'],
    ]);
    expect(failedFields('busy', undefined)[1]).toBe('leyden; detail=busy');
    expect(failedFields('head_timeout', 'method')[1]).toBe(
      'leyden; fwd=method; detail=head_timeout',
    );
    expect(failedFields('reset', 'cookies')).toEqual([
      ...['Cache-Status', 'leyden; fwd=bypass; detail=reset', 'X-Cache', 'BYPASS'],
    ]);
  });

  it('of a failure is a well-formed member, whatever failed', () => {
    for (const code of Object.keys(failures) as FailureCode[]) {
      expect(parseList([failedFields(code, undefined)[1]])).toHaveLength(1);
    }
  });
});

describe('what the caches before us said', () => {
  it('stays, so that ours stands behind it', () => {
    const headers = ['A', '1', 'Cache-Status', 'origin; hit', 'cache-status', '"b c"; fwd=miss'];
    expect(storableFields(headers)).toEqual(headers);
    const lines = [...allValues(storableFields(headers), 'cache-status'), hitStatus(1, 'l1')];
    expect(parseList(lines)).toHaveLength(3);
  });

  it.each(['', ' ', 'a b c', '12', `a${'a'.repeat(2000)}`, '(a)', 'a,', 'a; b="'])(
    'case 51: goes when it is no such list, for it would spoil ours: %.20s',
    (line) => {
      expect(storableFields(['Cache-Status', line, 'A', '1'])).toEqual(['A', '1']);
      const second = ['cache-status', 'fine; hit', 'Cache-Status', line];
      expect(allValues(storableFields(second), 'cache-status')).toEqual([]);
    },
  );
});
