/** How long answers stay fresh and how old they are (RFC 9111 section 4.2). */
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { httpDate } from '../../src/clock.js';
import { responseDirectives } from '../../src/policy/cache-control.js';
import {
  ageField,
  ageValueMs,
  currentAgeMs,
  initialAgeMs,
  lifetimeOf,
} from '../../src/policy/freshness.js';
import type { Arrival } from '../../src/policy/freshness.js';

const NOW = Date.UTC(2026, 5, 1);
const HOUR = 3_600_000;
const CAP = 2 ** 31 * 1000;

function arrival(headers: string[], more: Partial<Arrival> = {}): Arrival {
  const directives = responseDirectives(headers);
  return { status: 200, headers, directives, wallMs: NOW, delayMs: 0, ...more };
}

function at(offsetS: number): string {
  return httpDate(NOW + offsetS * 1000);
}

describe('the lifetime of an answer (section 4.2.1)', () => {
  it.each<[string[], number, string]>([
    [['Cache-Control', 'max-age=1, s-maxage=9'], 9, 's-maxage'],
    [['Cache-Control', 's-maxage=0, max-age=9'], 0, 's-maxage'],
    [['Cache-Control', 'max-age=9', 'Expires', at(-99)], 9, 'max-age'],
    [['Cache-Control', 'max-age=0', 'Expires', at(99)], 0, 'max-age'],
    [['Expires', at(30), 'Date', at(10)], 20, 'expires'],
    [['Expires', at(30)], 30, 'expires'],
    [['Expires', at(30), 'Date', 'foo'], 30, 'expires'],
    [['Expires', at(30), 'Expires', at(40)], 0, 'expires'],
    [['Expires', '0', 'Last-Modified', at(-900)], 0, 'expires'],
    [['Expires', at(300), 'Date', at(400)], 0, 'expires'],
    [['CDN-Cache-Control', 'max-age=9', 'Expires', at(-9)], 9, 'max-age'],
    [['CDN-Cache-Control', 'public', 'Expires', at(99)], 0, 'none'],
    [['Last-Modified', at(-1000), 'Date', at(0)], 100, 'heuristic'],
    [['Last-Modified', at(-1000)], 100, 'heuristic'],
    [['Last-Modified', at(1000)], 0, 'heuristic'],
    [['Last-Modified', at(-99 * 365 * 86_400)], 86_400, 'heuristic'],
    [[], 0, 'none'],
  ])('of %j is %i s, by %s', (headers, seconds, source) => {
    expect(lifetimeOf(arrival(headers))).toEqual({ lifetimeMs: seconds * 1000, source });
  });

  it('is guessed only for statuses that have one by themselves, or by public', () => {
    const headers = ['Last-Modified', at(-1000)];
    expect(lifetimeOf(arrival(headers, { status: 404 })).lifetimeMs).toBe(100_000);
    expect(lifetimeOf(arrival(headers, { status: 503 })).source).toBe('none');
    const shared = [...headers, 'Cache-Control', 'public'];
    expect(lifetimeOf(arrival(shared, { status: 599 })).lifetimeMs).toBe(100_000);
  });
});

describe('the age of an answer (section 4.2.3)', () => {
  it.each([
    [['Age', '30'], 30],
    [['Age', '7200, 0'], 7200],
    [['Age', '0, 7200'], 0],
    [['Age', '7200', 'Age', '0'], 7200],
    [['Age', '0', 'Age', '7200'], 0],
    [['Age', 'abc'], 0],
    [['Age', '-7200'], 0],
    [['Age', '7200.0'], 0],
    [['Age', '2147483649'], 2 ** 31],
    [[], 0],
  ])('reads %j as %i s (section 5.1)', (headers, seconds) => {
    expect(ageValueMs(headers)).toBe(seconds * 1000);
  });

  it('counts the time on the way and the time in the store', () => {
    const age = initialAgeMs(arrival(['Age', '30'], { delayMs: 2_000 }));
    expect(age).toBe(32_000);
    expect(currentAgeMs(age, 1_000, 6_500)).toBe(37_500);
    expect(ageField(37_999)).toBe('37');
  });

  it('case 56: an origin whose clock is an hour off changes no age', () => {
    expect(initialAgeMs(arrival(['Date', at(-3600)]))).toBe(0);
    expect(initialAgeMs(arrival(['Date', at(3600)]))).toBe(0);
  });

  it('believes the dates where a cache too old for Age was on the way', () => {
    const headers = ['Date', at(-3600), 'Via', '1.0 old, 1.1 new'];
    expect(initialAgeMs(arrival(headers))).toBe(HOUR);
    expect(initialAgeMs(arrival(['Date', at(-3600), 'Via', '1.1 new']))).toBe(0);
    expect(initialAgeMs(arrival(['Date', at(3600), 'Via', '1.0 old']))).toBe(0);
  });

  it('case 56: no lifetime and no age is negative or above the cap, whatever is claimed', () => {
    const date = fc.oneof(
      fc.integer({ min: -1e13, max: 1e13 }).map((ms) => httpDate(NOW + ms)),
      fc.constantFrom('0', '-1', 'foo', ''),
    );
    const seconds = fc.oneof(fc.string(), fc.bigInt().map(String), fc.double().map(String));
    const headers = fc.tuple(date, date, date, seconds, seconds);
    fc.assert(
      fc.property(headers, fc.double(), fc.double(), ([a, b, c, age, max], one, other) => {
        const fields = ['Date', a, 'Expires', b, 'Last-Modified', c, 'Age', age];
        const answers = [
          arrival(fields, { delayMs: one }),
          arrival([...fields, 'Cache-Control', `max-age=${max}`]),
        ];
        for (const answer of answers) {
          const numbers = [
            lifetimeOf(answer).lifetimeMs,
            initialAgeMs(answer),
            currentAgeMs(initialAgeMs(answer), one, other),
          ];
          for (const ms of numbers) expect(ms >= 0 && ms <= CAP).toBe(true);
          expect(ageField(one)).toMatch(/^[0-9]{1,10}$/);
        }
      }),
    );
  });
});
