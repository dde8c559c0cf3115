/** Tags and groups, by which a purge finds answers. */
import { describe, expect, it } from '@jest/globals';
import { cacheGroups, invalidatedGroups, isSafeMethod, tagsOf } from '../../src/policy/tags.js';

describe('tags', () => {
  it('come from all four fields, each tag once', () => {
    const headers = [
      ...['Cache-Tag', 'a, b,,a', 'Edge-Cache-Tag', 'c', 'Surrogate-Key', ' d  e ', 'xkey', 'f'],
    ];
    expect(tagsOf(headers)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('have ceilings, and what cannot be printed is no tag', () => {
    const many = Array.from({ length: 500 }, (_, at) => `t${at}`).join(',');
    expect(tagsOf(['Cache-Tag', many])).toHaveLength(128);
    expect(tagsOf(['Cache-Tag', `${'x'.repeat(257)}, ok, a b, é`])).toEqual(['ok']);
  });
});

describe('groups (RFC 9875)', () => {
  it('are strings of a list, with 32 groups of 32 characters at least', () => {
    expect(cacheGroups(['Cache-Groups', '"a b", "A"', 'cache-groups', '"c";x=1'])).toEqual([
      'a b',
      'A',
      'c',
    ]);
    const many = Array.from({ length: 32 }, (_, at) => String(at).padStart(32, 'g'));
    expect(cacheGroups(['Cache-Groups', many.map((group) => `"${group}"`).join(', ')])).toEqual(
      many,
    );
  });

  it.each(['a, b', '"a", 1', '"a", ("b")', '"a",', '"a', ''])(
    'count for nothing when the field is broken: %s',
    (value) => {
      expect(cacheGroups(['Cache-Groups', value])).toEqual([]);
    },
  );

  it('are invalidated by answers to unsafe methods only', () => {
    const answer = ['Cache-Group-Invalidation', '"a"'];
    expect(invalidatedGroups('POST', answer)).toEqual(['a']);
    expect(invalidatedGroups('M-SEARCH', answer)).toEqual(['a']);
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY']) {
      expect(invalidatedGroups(method, answer)).toEqual([]);
      expect(isSafeMethod(method)).toBe(true);
    }
  });
});
