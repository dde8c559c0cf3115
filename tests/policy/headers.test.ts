/** Header fields keep their order, case and number, and are found whatever their case. */
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  allValues,
  combinedValue,
  fieldCount,
  firstValue,
  hasField,
  hopByHopNames,
  sameName,
  singleValue,
  storableFields,
  withField,
  withoutFields,
} from '../../src/policy/headers.js';

const HEADERS = ['Accept', 'a', 'X-One', '1', 'aCCept', 'b', 'Empty', ''];

describe('reading header fields', () => {
  it('finds a field whatever its case, and the first of several', () => {
    expect(firstValue(HEADERS, 'accept')).toBe('a');
    expect(firstValue(HEADERS, 'empty')).toBe('');
    expect(firstValue(HEADERS, 'absent')).toBeUndefined();
    expect(hasField(HEADERS, 'empty')).toBe(true);
    expect(fieldCount(HEADERS)).toBe(4);
  });

  it('gives all lines in order, and as one list value (RFC 9110 section 5.3)', () => {
    expect(allValues(HEADERS, 'accept')).toEqual(['a', 'b']);
    expect(combinedValue(HEADERS, 'accept')).toBe('a, b');
    expect(combinedValue(HEADERS, 'absent')).toBeUndefined();
  });

  it('tells a field that repeats itself from one that contradicts itself', () => {
    expect(singleValue(['Age', '1', 'age', '1'], 'age')).toEqual({ kind: 'one', value: '1' });
    expect(singleValue(['Age', '1', 'age', '2'], 'age')).toEqual({ kind: 'conflict' });
    expect(singleValue([], 'age')).toEqual({ kind: 'absent' });
  });

  it('compares names as toLowerCase does, for all names that HTTP allows', () => {
    const name = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,8}$/);
    fc.assert(
      fc.property(name, name, (one, other) => {
        expect(sameName(one, other.toLowerCase())).toBe(one.toLowerCase() === other.toLowerCase());
        expect(sameName(one.toUpperCase(), one.toLowerCase())).toBe(true);
      }),
    );
  });
});

describe('changing header fields', () => {
  it('leaves out named fields and touches nothing else', () => {
    expect(withoutFields(HEADERS, new Set(['accept']))).toEqual(['X-One', '1', 'Empty', '']);
    expect(withoutFields(HEADERS, new Set(['absent']))).toBe(HEADERS);
  });

  it('replaces all lines of a field in the place of the first, or appends it', () => {
    expect(withField(HEADERS, 'ACCEPT', 'c')).toEqual(['ACCEPT', 'c', 'X-One', '1', 'Empty', '']);
    expect(withField(['A', '1'], 'B', '2')).toEqual(['A', '1', 'B', '2']);
  });

  it('never stores what belongs to one connection or one proxy (RFC 9111 section 3.1)', () => {
    const answer = [
      ...['Connection', 'a, B', 'Connection', 'c', 'A', '1', 'b', '2', 'C', '3', 'd', '4'],
      ...['Keep-Alive', 'x', 'Proxy-Authenticate', 'x', 'Proxy-Authentication-Info', 'x'],
      ...['Proxy-Authorization', 'x', 'Proxy-Connection', 'x', 'TE', 'x', 'Trailer', 'x'],
      ...['Transfer-Encoding', 'chunked', 'Upgrade', 'x', 'Set-Cookie', 'e'],
    ];
    expect(storableFields(answer)).toEqual(['d', '4', 'Set-Cookie', 'e']);
    expect(storableFields(answer, ['set-cookie'])).toEqual(['d', '4']);
    expect(hopByHopNames(['Connection', 'close']).has('close')).toBe(true);
  });
});
