/** What an answer's Cache-Control says, in all the ways in which people write it. */
import { describe, expect, it } from '@jest/globals';
import { responseDirectives } from '../../src/policy/cache-control.js';
import type { ResponseDirectives } from '../../src/policy/cache-control.js';

function said(...lines: string[]): ResponseDirectives {
  return responseDirectives(lines.flatMap((line) => ['Cache-Control', line]));
}

function staleBoth(whileS: number, errorS: number): Partial<ResponseDirectives> {
  return { maxAgeS: 1, staleWhileRevalidateS: whileS, staleIfErrorS: errorS };
}

const DIRECTIVES: [string, Partial<ResponseDirectives>][] = [
  ['no-store', { noStore: true }],
  ['No-StOrE', { noStore: true }],
  ['no-store=1', { noStore: true }],
  ['private', { private: true }],
  ['private=""', { private: true, privateFields: [] }],
  ['private=", ,"', { private: true }],
  ['private="x y"', { private: true }],
  ['private="X-One, b"', { private: false, privateFields: ['x-one', 'b'] }],
  ['private=x', { private: false, privateFields: ['x'] }],
  ['private="x", private', { private: true, privateFields: ['x'] }],
  ['no-cache', { noCache: true }],
  ['no-cache="set-cookie"', { noCache: false, noCacheFields: ['set-cookie'] }],
  ['public', { public: true }],
  ['public=1', { public: false }],
  ['must-revalidate, proxy-revalidate', { mustRevalidate: true, proxyRevalidate: true }],
  ['must-understand, no-transform', { mustUnderstand: true, noTransform: true }],
  ['immutable="ever"', { immutable: true }],
  ['foobar, max-age=3600', { maxAgeS: 3600, unparsable: false }],
  ['extension="max-age=3600", max-age=1', { maxAgeS: 1 }],
  ['extension="\\", max-age=9", max-age=1', { maxAgeS: 1 }],
  ['max-age=1, stale-while-revalidate=2, stale-if-error=3', staleBoth(2, 3)],
  [' , ,max-age=5 , ', { maxAgeS: 5, unparsable: false }],
  ['', { unparsable: false, source: 'cache-control' }],
];

describe('the directives of an answer (RFC 9111 section 5.2.2)', () => {
  it.each(DIRECTIVES)('reads %j', (line, expected) => {
    expect(said(line)).toMatchObject(expected);
  });

  it.each([
    ['max-age=3600', 3600],
    ['MaX-aGe=3600', 3600],
    ['max-age="3600"', 3600],
    ['max-age=003600', 3600],
    ['max-age=2147483648', 2 ** 31],
    ['max-age=99999999999', 2 ** 31],
    [`max-age=${'9'.repeat(5000)}`, 2 ** 31],
    ['max-age=-1', 0],
    ['max-age=3600.0', 0],
    ['max-age=+3600', 0],
    ['max-age=0x10', 0],
    ['max-age=3600a', 0],
    ["max-age='3600'", 0],
    ['max-age', 0],
    ['max-age=""', 0],
  ])('takes %.40s for its most careful number (sections 1.2.2 and 4.2.1)', (line, seconds) => {
    expect(said(line)).toMatchObject({ maxAgeS: seconds, unparsable: false });
  });

  it('counts a lifetime that is said twice differently as stale (section 4.2.1)', () => {
    expect(said('max-age=1800, max-age=1').maxAgeS).toBe(0);
    expect(said('max-age=1', 'max-age=1800').maxAgeS).toBe(0);
    expect(said('max-age=60', 'max-age=60').maxAgeS).toBe(60);
    expect(said('s-maxage=1, s-maxage=9').sMaxageS).toBe(0);
  });

  it('joins several lines', () => {
    expect(said('private', 'max-age=9')).toMatchObject({ private: true, maxAgeS: 9 });
  });

  it.each([
    'no-store;max-age=1',
    'max-age =3600',
    'max-age= 3600',
    'max-age=',
    '=1',
    'private="x',
    'private="x"y',
    'a b',
    'max-age=1 private',
    '"max-age=1"',
    'max-age=1, \u0000',
    'é',
    '%'.repeat(10_240) + '(',
  ])('calls %.40j broken instead of guessing', (line) => {
    expect(said(line).unparsable).toBe(true);
    expect(said('max-age=60', line).unparsable).toBe(true);
  });

  it('says nothing without the field', () => {
    expect(responseDirectives([])).toMatchObject({ source: undefined, maxAgeS: undefined });
  });
});

describe('targeted fields (RFC 9213)', () => {
  function both(name: string, value: string): ResponseDirectives {
    return responseDirectives(['Cache-Control', 'no-store', name, value]);
  }

  it('obeys the most particular field and nothing else', () => {
    const headers = ['CDN-Cache-Control', 'max-age=2', 'Cache-Control', 'no-store'];
    expect(responseDirectives(headers)).toMatchObject({ noStore: false, maxAgeS: 2 });
    const ours = [...headers, 'Leyden-Cache-Control', 'max-age=1', 'Surrogate-Control', 'private'];
    expect(responseDirectives(ours)).toMatchObject({ source: 'leyden-cache-control', maxAgeS: 1 });
    expect(responseDirectives(['Surrogate-Control', 'no-store'])).toMatchObject({ noStore: true });
  });

  it.each(['', '  ', 'max-age=9, &&&', 'max-age =9', 'MaX-aGe=9', 'max-age=9,', 'private="'])(
    'ignores the field when it is empty or broken: %j (section 2.1)',
    (value) => {
      expect(both('CDN-Cache-Control', value)).toMatchObject({
        source: 'cache-control',
        noStore: true,
      });
    },
  );

  it.each<[string, Partial<ResponseDirectives>]>([
    ['max-age=99999999999', { maxAgeS: 2 ** 31 }],
    ['max-age=60;note=1', { maxAgeS: 60 }],
    ['max-age=1, max-age=60', { maxAgeS: 60 }],
    ['max-age="60"', { maxAgeS: 0 }],
    ['max-age=60.5', { maxAgeS: 0 }],
    ['max-age', { maxAgeS: 0 }],
    ['private="a, b"', { private: false, privateFields: ['a', 'b'] }],
    ['private=?0', { private: true }],
    ['public=?0', { public: false }],
    ['no-cache, foo=(1 2)', { noCache: true }],
  ])('reads %j as a dictionary', (value, expected) => {
    expect(both('CDN-Cache-Control', value)).toMatchObject({ noStore: false, ...expected });
  });

  it('leaves the choice of fields to the caller', () => {
    const headers = ['CDN-Cache-Control', 'max-age=2', 'Cache-Control', 'max-age=1'];
    expect(responseDirectives(headers, []).maxAgeS).toBe(1);
  });
});
