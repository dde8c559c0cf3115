/** Which request fields an answer depends on, and when two requests say the same in them. */
import { describe, expect, it } from '@jest/globals';
import {
  acceptsCoding,
  bestLanguage,
  codingClass,
  normalisedValue,
  preferredCoding,
  SENT_ACCEPT_ENCODING,
  variantValues,
  varyNames,
} from '../../src/policy/vary.js';

describe('the names in Vary (RFC 9110 section 12.5.5)', () => {
  it.each<[string[], readonly string[] | '*']>([
    [[], []],
    [['Vary', ''], []],
    [
      ['Vary', 'B, a', 'vary', ' A ,c'],
      ['a', 'b', 'c'],
    ],
    [['Vary', '*'], '*'],
    [['Vary', ' * '], '*'],
    [['Vary', '*, *'], '*'],
    [['Vary', '', 'Vary', ', *'], '*'],
    [['Vary', 'Foo, *'], '*'],
    [['Vary', 'a b'], '*'],
    [['Vary', Array.from({ length: 17 }, (_, at) => `x${at}`).join()], '*'],
  ])('case 30: in %j are %j', (headers, names) => {
    expect(varyNames(headers)).toEqual(names);
  });
});

describe('requests that say the same (RFC 9111 section 4.1)', () => {
  it.each<[string, string[], string[]]>([
    ['foo', ['Foo', '1, 2'], ['foo', '1', 'Foo', '2']],
    ['foo', ['Foo', '1,2'], ['Foo', ' 1, 2 ']],
    ['accept-language', ['Accept-Language', 'en, de'], ['Accept-Language', 'de, en']],
    ['accept-language', ['Accept-Language', 'en, de'], ['Accept-Language', 'eN, De;q=1.0']],
    ['accept-language', ['Accept-Language', 'a;q=0.5,b'], ['Accept-Language', 'b, a ; Q=0.50']],
    ['accept', ['Accept', 'a/b;x=1;y=2, c/*;q=.'], ['Accept', 'a/b;x=1;y=2,c/*;q=.']],
    ['accept', ['Accept', 'A/B;X=1;q=0.1, */*'], ['Accept', '*/*,a/b;x=1;q=0.1']],
    ['accept', ['Accept', 'a/b, a/b'], ['Accept', 'a/b']],
  ])('%s of %j and of %j', (name, one, other) => {
    expect(normalisedValue(one, name)).toBe(normalisedValue(other, name));
  });

  it.each<[string, string[], string[]]>([
    ['foo', ['Foo', '1'], []],
    ['foo', ['Foo', ''], []],
    ['foo', ['Foo', '"1, 2"'], ['Foo', '"1,2"']],
    ['foo', ['Foo', 'A'], ['Foo', 'a']],
    ['accept-language', ['Accept-Language', 'a;q=0.5,b'], ['Accept-Language', 'a,b;q=0.5']],
    ['accept', ['Accept', 'a/b;x=A'], ['Accept', 'a/b;x=a']],
    ['accept', ['Accept', 'a/b;q=0'], ['Accept', 'a/b']],
    ['authorization', ['Authorization', 'a, b'], ['Authorization', 'a,b']],
    ['cookie', ['Cookie', 'a=1, b'], ['Cookie', 'a=1,b']],
  ])('%s of %j and of %j differ', (name, one, other) => {
    expect(normalisedValue(one, name)).not.toBe(normalisedValue(other, name));
  });

  it('gives one value for each name, in the order of the names', () => {
    expect(variantValues(['b', 'a', 'accept-encoding'], ['A', '1'])).toEqual([
      undefined,
      '1',
      'identity',
    ]);
  });

  it.each<[string | undefined, string | undefined]>([
    ['fr;q=0.5, De;q=1.0', 'de'],
    ['de', 'de'],
    ['en, de', undefined],
    ['*', undefined],
    ['de;q=0', undefined],
    ['de;q=2', undefined],
    [undefined, undefined],
  ])('likes best in %j: %s', (value, language) => {
    const request = value === undefined ? [] : ['Accept-Language', value];
    expect(bestLanguage(request)).toBe(language);
  });
});

describe('case 55: content codings (RFC 9110 section 12.5.3)', () => {
  it.each([
    [undefined, 'identity'],
    ['', 'identity'],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip;q=1.0, *;q=0', 'gzip'],
    ['*', 'br'],
    ['br;q=0, *', 'gzip'],
    ['gzip;q=0, *', 'identity'],
    ['gzip;q=0', 'identity'],
    ['br', 'identity'],
    ['x-gzip', 'gzip'],
    ['GZIP , BR;q=0.001', 'br'],
    ['gzip;q=banana', 'identity'],
  ])('%s is of the class %s', (value, expected) => {
    expect(codingClass(value)).toBe(expected);
    const sent = SENT_ACCEPT_ENCODING[codingClass(value)].split(', ');
    for (const coding of sent) {
      if (coding !== 'identity') expect(acceptsCoding(value, coding)).toBe(true);
    }
  });

  it('chooses by weight, then by the order of the offer, and never what was refused', () => {
    const offer = ['br', 'gzip', 'identity'] as const;
    expect(preferredCoding('gzip, br', offer)).toBe('br');
    expect(preferredCoding('gzip, br;q=0.9', offer)).toBe('gzip');
    expect(preferredCoding('deflate', offer)).toBe('identity');
    expect(preferredCoding('identity;q=0, deflate', offer)).toBeUndefined();
    expect(preferredCoding('*;q=0', offer)).toBeUndefined();
    expect(acceptsCoding('*;q=0, identity', 'Identity')).toBe(true);
  });
});
