/** How long an answer lives under a lifetime rule. */
import { describe, expect, it } from '@jest/globals';
import { responseDirectives } from '../../src/policy/cache-control.js';
import { lifetimeUnderRule } from '../../src/policy/lifetime.js';
import { compileRules, type CacheOptions, type LifetimeRule } from '../../src/policy/rules.js';
import { cached } from '../fakes/rooms.js';

function lifetime(rule: Partial<CacheOptions>, status: number, cacheControl?: string, ageMs = 0) {
  const [route] = compileRules([cached('/a', { ttl: 30_000, ...rule })]).routes;
  const directives = responseDirectives(
    cacheControl === undefined ? [] : ['Cache-Control', cacheControl],
  );
  return lifetimeUnderRule(status, directives, ageMs, route?.cache as LifetimeRule);
}

describe('the lifetime of an answer', () => {
  it.each([
    ['override', 'max-age=5', 0, 30_000],
    ['override', 'max-age=500', 9_000, 30_000],
    ['default', undefined, 0, 30_000],
    ['default', 'max-age=500', 0, 500_000],
    ['default', 'max-age=5, s-maxage=7', 0, 7_000],
    ['default', 'max-age=5', 4_000, 1_000],
    ['default', 'max-age=0', 0, 0],
    ['cap', undefined, 0, 30_000],
    ['cap', 'max-age=500', 0, 30_000],
    ['cap', 'max-age=5', 0, 5_000],
    ['cap', 'max-age=5', 9_000, -4_000],
  ] as const)('origin: %s with %s and an age of %i ms gives %i ms', (origin, said, age, ttlMs) => {
    expect(lifetime({ origin }, 200, said, age).ttlMs).toBe(ttlMs);
  });

  it('a good answer has the windows of its rule', () => {
    expect(lifetime({ staleWhileRevalidate: 5, staleIfError: 7 }, 200)).toEqual({
      ttlMs: 30_000,
      staleWhileRevalidateMs: 5,
      staleIfErrorMs: 7,
      negative: false,
    });
  });

  it.each([
    [404, 10_000, 10_000],
    [410, 10_000, 10_000],
    [500, 10_000, 10_000],
    [404, { 404: 60_000, '5xx': 1_000 }, 60_000],
    [503, { 404: 60_000, '5xx': 1_000 }, 1_000],
    [503, { '503': 2_000, '5xx': 1_000 }, 2_000],
    [410, { '4xx': 3_000 }, 3_000],
    [410, { 404: 60_000 }, 0],
    [401, 10_000, 0],
    [403, { '4xx': 3_000 }, 0],
    [429, 10_000, 0],
  ])('an error %i under %j is kept %i ms and never goes out old', (status, errorTtl, ttlMs) => {
    const rule = { errorTtl, staleWhileRevalidate: 5_000, staleIfError: 7_000 };
    expect(lifetime(rule, status)).toEqual({
      ttlMs,
      staleWhileRevalidateMs: 0,
      staleIfErrorMs: 0,
      negative: true,
    });
  });
});
