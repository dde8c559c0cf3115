/** Lifetimes that are spread, doubled, held back or cut at a window's end; and the early draw. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { errorHoldMs, refreshPauseMs, retryAfterMs } from '../../src/policy/backoff.js';
import { responseDirectives } from '../../src/policy/cache-control.js';
import { earlyUnderRule, isDrawn, learnCost } from '../../src/policy/early.js';
import { lifetimeUnderRule, type Circumstances } from '../../src/policy/lifetime.js';
import { compileRules, type LifetimeRule } from '../../src/policy/rules.js';
import { spreadOf, windowEndMs } from '../../src/policy/spread.js';
import { cached } from '../fakes/rooms.js';

function ruleOf(more: Parameters<typeof cached>[1]): LifetimeRule {
  const [route] = compileRules([cached('/r', more)]).routes;
  return route?.cache as LifetimeRule;
}

const AT: Circumstances = { spread: 0, windowLeftMs: undefined, failures: 1, retryAfterMs: 0 };

describe('a lifetime', () => {
  const ttl = (more: Parameters<typeof cached>[1], said: string, at: Partial<Circumstances>) =>
    lifetimeUnderRule(200, responseDirectives(['Cache-Control', said]), 0, ruleOf(more), {
      ...AT,
      ...at,
    }).ttlMs;

  it('is spread by its jitter to both sides, but never beyond the origin’s word', () => {
    const rule = { ttl: 30_000, jitter: 0.1 };
    expect(ttl(rule, '', { spread: 1 })).toBe(33_000);
    expect(ttl(rule, '', { spread: -1 })).toBe(27_000);
    expect(ttl({ ...rule, origin: 'cap' }, 'max-age=30', { spread: 1 })).toBe(30_000);
    expect(ttl({ ...rule, origin: 'cap' }, 'max-age=30', { spread: -1 })).toBe(27_000);
    expect(ttl({ ...rule, origin: 'default' }, 'max-age=10', { spread: 1 })).toBe(9_000);
    expect(ttl({ ...rule, origin: 'default' }, 'max-age=10', { spread: -1 })).toBe(9_000);
  });

  it('ends with its window, or before where the origin says so', () => {
    const rule = { ttl: 30_000, window: 60_000, jitter: 0.1 };
    expect(ttl(rule, '', { windowLeftMs: 50_000, spread: 1 })).toBe(50_000);
    for (const origin of ['cap', 'default'] as const) {
      expect(ttl({ ...rule, origin }, 'max-age=20', { windowLeftMs: 50_000 })).toBe(20_000);
      expect(ttl({ ...rule, origin }, 'max-age=90', { windowLeftMs: 50_000 })).toBe(50_000);
    }
  });
});

describe('a back-off', () => {
  it('is never shorter than one failure’s, nor longer than its ceilings', () => {
    fc.assert(
      fc.property(fc.nat(700_000), fc.nat(2_000), fc.nat(1e9), (ttlMs, failures, wantedMs) => {
        const heldMs = errorHoldMs(ttlMs, failures, wantedMs);
        if (ttlMs === 0) return heldMs === 0;
        const ceilingMs = Math.max(ttlMs, Math.min(8 * ttlMs, 300_000));
        return heldMs >= ttlMs && heldMs <= Math.max(ceilingMs, Math.min(wantedMs, 3_600_000));
      }),
      { seed: 1 },
    );
    expect(refreshPauseMs(1_000, 2_000)).toBe(60_000);
    expect(refreshPauseMs(1_000, 0)).toBe(1_000);
  });

  it('reads Retry-After where it is meant for us, and nothing else into it', () => {
    const read = (value: string, status = 503): number =>
      retryAfterMs(status, ['Retry-After', value], 0);
    expect(read('7')).toBe(7_000);
    expect(read('7', 429)).toBe(7_000);
    expect(read('7', 500)).toBe(0);
    expect(read('Thu, 01 Jan 1970 00:01:00 GMT')).toBe(60_000);
    for (const value of ['-1', '1.5', 'soon', '', '7, 8']) {
      expect(read(value)).toBe(0);
    }
    expect(retryAfterMs(503, ['Retry-After', '7', 'Retry-After', '8'], 0)).toBe(0);
    const hour = 3_600_000;
    for (const value of ['99999999999', '9'.repeat(400)]) expect(read(value)).toBe(hour);
    expect(retryAfterMs(503, ['Retry-After', 'Thu, 01 Jan 1970 00:01:00 GMT'], 90_000)).toBe(0);
  });
});

describe('spreading', () => {
  const keys = Array.from({ length: 10_000 }, (_, nth) => `key ${nth}`);

  it('puts keys evenly from -1 to 1, the same key and moment always at the same place', () => {
    const tenths = new Array<number>(10).fill(0);
    for (const key of keys) {
      const spread = spreadOf(key, 5);
      expect(spread).toBe(spreadOf(key, 5));
      const tenth = Math.floor((spread + 1) * 5);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });

  it('rolls the windows of keys evenly over the window', () => {
    const tenths = new Array<number>(10).fill(0);
    for (const key of keys) {
      const leftMs = windowEndMs(key, 60_000, 1_000_000) - 1_000_000;
      expect(leftMs).toBeGreaterThan(0);
      expect(leftMs).toBeLessThanOrEqual(60_000);
      const tenth = Math.min(9, Math.floor(leftMs / 6_000));
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });

  it('gives all moments of a window the same end, and the next one the next', () => {
    const end = windowEndMs('k', 60_000, 1_000_000);
    expect(windowEndMs('k', 60_000, end - 1)).toBe(end);
    expect(windowEndMs('k', 60_000, end)).toBe(end + 60_000);
  });
});

describe('the early draw', () => {
  const lived = { storedAtMs: 0, freshUntilMs: 60_000 };
  const auto = { early: 'auto', windowMs: undefined } as const;

  it('never begins with the answer itself, whatever computing costs', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), (meanMs) => {
        const { earlyFromMs } = earlyUnderRule(auto, { meanMs, deviationMs: 0 }, lived);
        return earlyFromMs >= 60_000 / 6 && earlyFromMs < 60_000;
      }),
      { seed: 1 },
    );
    const clamped = earlyUnderRule(auto, { meanMs: 19_999, deviationMs: 0 }, lived);
    expect(clamped.earlyDeltaMs).toBe(10_000);
    expect(earlyUnderRule(auto, { meanMs: 0, deviationMs: 0 }, lived).earlyFromMs).toBe(Infinity);
  });

  it.each([
    [1, 0.368],
    [2, 0.135],
    [5, 0.0067],
  ])('at %i deltas before the end has the chance that its inventors give', (deltas, chance) => {
    let seed = 1;
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    let drawn = 0;
    for (let nth = 0; nth < 100_000; nth += 1) {
      if (isDrawn({ earlyDeltaMs: 1_000 }, deltas * 1_000, random)) drawn += 1;
    }
    expect(Math.abs(drawn / 100_000 - chance)).toBeLessThan(0.006);
  });

  it('learns what computing costs from each time, the newer the more', () => {
    const first = learnCost(undefined, 1_000);
    expect(first).toEqual({ meanMs: 1_000, deviationMs: 0 });
    expect(learnCost(first, 2_000)).toEqual({ meanMs: 1_250, deviationMs: 250 });
  });
});
