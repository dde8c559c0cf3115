/** Dates as HTTP writes them (RFC 9110 section 5.6.7). */
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { httpDate } from '../../src/clock.js';
import { parseHttpDate } from '../../src/policy/http-date.js';

const NOW = Date.UTC(2026, 5, 1);
const PLAIN = Date.UTC(1994, 10, 6, 8, 49, 37);

describe('reading HTTP dates', () => {
  it.each<[string, number]>([
    ['Sun, 06 Nov 1994 08:49:37 GMT', PLAIN],
    ['Sunday, 06-Nov-94 08:49:37 GMT', PLAIN],
    ['Sun Nov  6 08:49:37 1994', PLAIN],
    ['SUN, 06 nOV 1994 08:49:37 gmt', PLAIN],
    ['Mon, 06 Nov 1994 08:49:37 GMT', PLAIN],
    ['Thursday, 18-Aug-50 02:01:18 GMT', Date.UTC(2050, 7, 18, 2, 1, 18)],
    ['Monday, 01-Jan-76 00:00:00 GMT', Date.UTC(2076, 0, 1)],
    ['Monday, 01-Jan-77 00:00:00 GMT', Date.UTC(1977, 0, 1)],
    ['Thu Aug  8 02:01:18 2050', Date.UTC(2050, 7, 8, 2, 1, 18)],
    ['Sun, 21 Nov 2286 04:46:39 GMT', Date.UTC(2286, 10, 21, 4, 46, 39)],
    ['Thu, 29 Feb 2024 00:00:00 GMT', Date.UTC(2024, 1, 29)],
    ['Sat, 31 Dec 2016 23:59:60 GMT', Date.UTC(2016, 11, 31, 23, 59, 59)],
  ])('reads %s', (text, moment) => {
    expect(parseHttpDate(text, NOW)).toBe(moment);
  });

  it.each([
    undefined,
    '',
    '0',
    '-1',
    'foo',
    'Thu, 18 Aug 2050 02:01:18 UTC',
    'Thu, 18 Aug 2050 02:01:18 AEST',
    'Thu, 18 Aug 50 02:01:18 GMT',
    'Thu 18 Aug 2050 02:01:18 GMT',
    'Thu, 18  Aug  2050 02:01:18 GMT',
    'Thu, 18-Aug-2050 02:01:18 GMT',
    'Thu, 18 Aug 2050 02.01.18 GMT',
    'Thu, 18 Aug 2050 2:01:18 GMT',
    'Thu, 18 Aug 2050 24:00:00 GMT',
    'Thu, 18 Aug 2050 00:60:00 GMT',
    'Thu, 30 Feb 2023 00:00:00 GMT',
    'Thu, 00 Feb 2023 00:00:00 GMT',
    'Thu, 18 Foo 2050 00:00:00 GMT',
    'Sunday, 06-Nov-1994 08:49:37 GMT',
    'Sun Nov 6 08:49:37 1994',
    ' Sun, 06 Nov 1994 08:49:37 GMT',
    '2026-06-01T00:00:00Z',
  ])('calls %s no date', (text) => {
    expect(parseHttpDate(text, NOW)).toBeUndefined();
  });

  it('reads back whatever the clock writes', () => {
    const seconds = fc.integer({ min: -62_000_000_000, max: 253_402_300_799 });
    fc.assert(
      fc.property(seconds, (at) => {
        expect(parseHttpDate(httpDate(at * 1000), NOW)).toBe(at * 1000);
      }),
    );
  });

  it('follows the 50-year rule in every year to come', () => {
    const year = fc.integer({ min: 1990, max: 2300 });
    fc.assert(
      fc.property(year, fc.integer({ min: 0, max: 99 }), (now, short) => {
        const text = `Monday, 01-Jan-${String(short).padStart(2, '0')} 00:00:00 GMT`;
        const got = new Date(parseHttpDate(text, Date.UTC(now, 0, 1)) ?? NaN).getUTCFullYear();
        expect(got % 100).toBe(short);
        expect(got - now).toBeLessThanOrEqual(50);
        expect(got - now).toBeGreaterThan(-50);
      }),
    );
  });
});
