/** The health of an origin: what begins and ends a sickness, as values and a handed-in time. */
import { describe, expect, it } from '@jest/globals';
import { Health } from '../../src/upstream/health.js';

const OPTIONS = { sickAfter: 2, sickForMs: 1_000 };

describe('the health of an origin', () => {
  it('an answer between two failures starts the count anew', () => {
    const health = new Health(OPTIONS, () => 0.5);
    expect(health.learn('unreachable', false, 0)).toBe(false);
    health.learn('answered', false, 0);
    expect(health.learn('unreachable', false, 0)).toBe(false);
    health.learn('nothing', false, 0);
    expect(health.standing(0)).toBe('well');
    expect(health.learn('unreachable', false, 0)).toBe(true);
    expect(health.standing(0)).toBe('sick');
  });

  it.each([
    [0, 800],
    [0.5, 1_000],
    [1, 1_200],
  ])('rests are spread, so that many gateways do not ask at once: %d', (random, untilMs) => {
    const health = new Health(OPTIONS, () => random);
    health.learn('unreachable', false, 0);
    health.learn('unreachable', false, 0);
    expect(health.untilMs()).toBe(untilMs);
  });

  it('failures of requests that began before it neither prolong nor end it', () => {
    const health = new Health(OPTIONS, () => 0.5);
    health.learn('unreachable', false, 0);
    health.learn('unreachable', false, 0);
    expect(health.learn('unreachable', false, 900)).toBe(false);
    expect(health.learn('nothing', false, 900)).toBe(false);
    expect(health.untilMs()).toBe(1_000);
    expect(health.probe(999)).toBe(false);
    expect(health.probe(1_000)).toBe(true);
    expect(health.probe(1_000)).toBe(false);
  });
});
