/** Conditional requests answered from the store (RFC 9110 section 13). */
import { describe, expect, it } from '@jest/globals';
import { httpDate } from '../../src/clock.js';
import {
  hasOriginCondition,
  ifRangeAllows,
  notModifiedFields,
  preconditionOf,
} from '../../src/policy/conditional.js';
import { parseEntityTags } from '../../src/policy/entity-tag.js';

const NOW = Date.UTC(2026, 5, 1);
const at = (offsetS: number) => httpDate(NOW + offsetS * 1000);

function judge(
  request: string[],
  stored: string[],
  more: { status?: number; method?: string } = {},
) {
  const answer = { status: more.status ?? 200, headers: stored, arrivedWallMs: NOW };
  const options = { asOrigin: true, wallMs: NOW };
  return preconditionOf(more.method ?? 'GET', request, answer, options);
}

const TAGGED = ['ETag', '"abc"'];
const WEAK = ['ETag', 'W/"abc"'];
const DATED = ['Last-Modified', at(-3000), 'Date', at(0)];

describe('If-None-Match (section 13.1.2)', () => {
  it.each([
    ['"abc"', TAGGED],
    ['W/"abc"', TAGGED],
    ['"abc"', WEAK],
    ['"x", W/"y" ,"abc"', TAGGED],
    ['*', []],
    ['"a,b"', ['ETag', '"a,b"']],
    ['"abcü"', ['ETag', '"abcü"']],
  ])('%s gives 304 for %j', (value, stored) => {
    expect(judge(['If-None-Match', value], stored)).toBe('not-modified');
  });

  it.each([
    ['"x"', TAGGED],
    ['abc', TAGGED],
    ['"abc', TAGGED],
    ['w/"abc"', WEAK],
    ['"abc" "x"', TAGGED],
    ['"abc"', ['ETag', 'abc']],
    ['"abc"', ['ETag', '"abc"', 'ETag', '"x"']],
    ['', TAGGED],
    ['"abc"', []],
  ])('%s gives everything for %j', (value, stored) => {
    expect(judge(['If-None-Match', value], stored)).toBe('serve');
  });

  it('wins over If-Modified-Since, also when it cannot be read (section 13.1.3)', () => {
    const since = ['If-Modified-Since', at(0)];
    expect(judge(['If-None-Match', '"x"', ...since], [...TAGGED, ...DATED])).toBe('serve');
    expect(judge(['If-None-Match', 'x', ...since], [...TAGGED, ...DATED])).toBe('serve');
  });

  it('joins several lines and reads QUERY and HEAD as GET', () => {
    const lines = ['If-None-Match', '"x"', 'if-none-match', '"abc"'];
    for (const method of ['GET', 'HEAD', 'QUERY']) {
      expect(judge(lines, TAGGED, { method })).toBe('not-modified');
    }
    expect(judge(lines, TAGGED, { method: 'POST' })).toBe('serve');
  });
});

describe('If-Modified-Since (section 13.1.3)', () => {
  it.each([
    [at(-3000), DATED, 'not-modified'],
    [at(-2000), DATED, 'not-modified'],
    [at(-3001), DATED, 'serve'],
    ['yesterday', DATED, 'serve'],
    [at(0), ['Date', at(0)], 'not-modified'],
    [at(-1), ['Date', at(0)], 'serve'],
    [at(0), [], 'not-modified'],
  ])('%s against %j: %s', (value, stored, expected) => {
    expect(judge(['If-Modified-Since', value], stored)).toBe(expected);
  });

  it('says nothing about answers that are not a success (section 13.2.1)', () => {
    expect(judge(['If-None-Match', '*'], TAGGED, { status: 404 })).toBe('serve');
    expect(judge(['If-Match', '"x"'], TAGGED, { status: 301 })).toBe('serve');
  });
});

describe('conditions for an origin (sections 13.1.1 and 13.1.4)', () => {
  it.each([
    [['If-Match', '"abc"'], TAGGED, 'serve'],
    [['If-Match', '*'], TAGGED, 'serve'],
    [['If-Match', 'W/"abc"'], TAGGED, 'failed'],
    [['If-Match', '"abc"'], WEAK, 'failed'],
    [['If-Match', 'x'], TAGGED, 'failed'],
    [['If-Unmodified-Since', at(-3001)], DATED, 'failed'],
    [['If-Unmodified-Since', at(-3000)], DATED, 'serve'],
    [['If-Unmodified-Since', 'x'], DATED, 'serve'],
    [['If-Match', '"abc"', 'If-None-Match', '"abc"'], TAGGED, 'not-modified'],
  ])('case 48: %j against %j: %s', (request, stored, expected) => {
    expect(judge(request, stored)).toBe(expected);
    expect(hasOriginCondition(request)).toBe(true);
  });

  it('are left to the origin where there is one behind the cache (RFC 9111 4.3.2)', () => {
    const stored = { status: 200, headers: TAGGED, arrivedWallMs: NOW };
    const options = { asOrigin: false, wallMs: NOW };
    expect(preconditionOf('GET', ['If-Match', '"x"'], stored, options)).toBe('serve');
  });
});

describe('If-Range (section 13.1.5)', () => {
  const allows = (value: string[], headers: string[]) =>
    ifRangeAllows(value, { status: 200, headers, arrivedWallMs: NOW }, NOW);

  it.each([
    [[], TAGGED, true],
    [['If-Range', '"abc"'], TAGGED, true],
    [['If-Range', '"x"'], TAGGED, false],
    [['If-Range', 'W/"abc"'], WEAK, false],
    [['If-Range', at(-3000)], DATED, true],
    [['If-Range', at(-2999)], DATED, false],
    [['If-Range', at(0)], ['Last-Modified', at(0), 'Date', at(0)], false],
    [['If-Range', at(-3000)], ['Last-Modified', at(-3000)], false],
    [['If-Range', '"abc"', 'If-Range', '"x"'], TAGGED, false],
    [['If-Range', 'junk'], TAGGED, false],
  ])('%j against %j: %s', (request, stored, expected) => {
    expect(allows(request, stored)).toBe(expected);
  });
});

describe('a 304 (section 15.4.5)', () => {
  it('carries what guides a cache and nothing that describes content', () => {
    const kept = [
      ...['Date', at(0), 'etag', '"a"', 'Vary', 'X', 'Cache-Control', 'no-cache', 'Expires', '0'],
      ...['Content-Location', '/b', 'Content-Security-Policy', 'none'],
    ];
    const content = ['Content-Type', 'a/b', 'Content-Length', '3', 'Content-Encoding', 'br'];
    expect(notModifiedFields([...content, ...kept, 'Last-Modified', at(0)])).toEqual(kept);
    expect(notModifiedFields(['Last-Modified', 'x'])).toEqual(['Last-Modified', 'x']);
  });
});

describe('entity tags (section 8.8.3)', () => {
  it('are read with commas and obs-text inside, and not otherwise', () => {
    expect(parseEntityTags('W/"a,b", "" ,')).toEqual([
      { weak: true, opaque: 'a,b' },
      { weak: false, opaque: '' },
    ]);
    for (const bad of ['"a b"', '"a"b', 'W/ "a"', '*, "a"', '']) {
      expect(parseEntityTags(bad)).toBeUndefined();
    }
  });
});
