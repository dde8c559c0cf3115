/** The rules of the model beside its sums: pairs, patterns, memory, agents, trends, the swarm. */
import { describe, expect, it } from '@jest/globals';
import {
  agentScore,
  chooseAgents,
  discountedCost,
  nextCapability,
  nextMemoryUse,
  taskComplexity,
} from '../../src/energy/model/agents.js';
import {
  costVq,
  knobSlope,
  memoryCost,
  nextKnob,
  staleness,
} from '../../src/energy/model/memory.js';
import { pairProduct, recordPair, sortedPairs, type Pairs } from '../../src/energy/model/pairs.js';
import {
  recordPattern,
  scoreAt,
  strongestPatterns,
  type Patterns,
} from '../../src/energy/model/patterns.js';
import { randomStream } from '../../src/energy/model/random.js';
import { leastSquaresSlope, percentile, pressureScores } from '../../src/energy/model/trend.js';
import { minimise } from '../../src/energy/swarm.js';
import { seededLedger } from '../../src/energy/state/ledger.js';

describe('pairs', () => {
  it('gain a tenth by success, lose a tenth by failure, and have one name either way round', () => {
    const pairs: Pairs = new Map();
    recordPair(pairs, 5, 2, true, 10, 0.4);
    const pair = recordPair(pairs, 2, 5, false, 10);
    expect(pair.weight).toBeCloseTo(0.99, 12);
    expect(pair).toMatchObject({ successes: 1, trials: 2, similarity: 0.4 });
    expect(pairs.size).toBe(1);
    for (let at = 0; at < 100; at += 1) recordPair(pairs, 2, 5, false, 10);
    expect(pair.weight).toBe(0.1);
  });

  it('are kept up to a ceiling; the one that was reported longest ago makes room', () => {
    const pairs: Pairs = new Map();
    recordPair(pairs, 0, 1, true, 2);
    recordPair(pairs, 0, 2, true, 2);
    recordPair(pairs, 0, 1, true, 2);
    recordPair(pairs, 0, 3, true, 2);
    expect([...pairs.keys()]).toEqual(['0-1', '0-3']);
  });

  it('act as a sparse symmetric matrix of success rates', () => {
    const pairs: Pairs = new Map();
    recordPair(pairs, 0, 2, true, 9);
    recordPair(pairs, 0, 2, false, 9);
    const out = pairProduct(sortedPairs(pairs), Float64Array.from([1, 2, 3, 4, 5, 6]), 3, 2);
    expect([...out]).toEqual([2.5, 3, 0, 0, 0.5, 1]);
  });
});

describe('patterns', () => {
  const event = { organs: ['b', 'a', 'b'], success: true, latencyMs: 2000 };

  it('score by success and speed, and fade by half in 15 minutes, for readers too', () => {
    const patterns: Patterns = new Map();
    recordPattern(patterns, event, 0, 9);
    const pattern = patterns.get('a|b')!;
    expect(pattern.score).toBeCloseTo(0.5 + 0.25, 12);
    expect(scoreAt(pattern, 900_000)).toBeCloseTo(0.375, 12);
    recordPattern(patterns, event, 900_000, 9);
    expect(pattern.count).toBeCloseTo(1.5, 12);
    expect(pattern.score).toBeCloseTo(0.375 + 0.75, 12);
  });

  it('an old strong pattern falls behind a new weak one while nobody writes to it', () => {
    const patterns: Patterns = new Map();
    recordPattern(patterns, { organs: ['old'], success: true, latencyMs: 0 }, 0, 9);
    recordPattern(patterns, { organs: ['new'], success: false, latencyMs: 0 }, 3_600_000, 9);
    const [first, second] = strongestPatterns(patterns, 3_600_000, 9);
    expect(first).toEqual({ organs: ['new'], activity: 1 });
    expect(second!.activity).toBeCloseTo(1 / 16 / 0.5, 12);
  });

  it('are kept up to a ceiling, and the weakest makes room', () => {
    const patterns: Patterns = new Map();
    for (const [at, name] of ['a', 'b', 'c'].entries()) {
      recordPattern(patterns, { organs: [name], success: at !== 1, latencyMs: 0 }, 0, 2);
    }
    expect([...patterns.keys()]).toEqual(['a', 'c']);
  });
});

describe('memory', () => {
  const memory = { ...seededLedger(1, 2).memory, compressed: 3, plain: 1, ratioSum: 6 };

  it('costs what compression loses', () => {
    expect(costVq(1, 2)).toBe(0.5);
    expect(costVq(1, 0.5)).toBe(0);
    expect(memoryCost(memory)).toBeCloseTo(0.75 * 0.5, 12);
  });

  it('is stale when nobody reads it', () => {
    expect(staleness({ ...memory, workingItems: 0, longTermItems: 0 })).toBe(1);
    expect(staleness({ ...memory, workingItems: 1, longTermItems: 1, hits: 6 })).toBe(0.25);
  });

  it('has a knob that moves against its slope and stays in its range', () => {
    expect(knobSlope(memory, 0.5, 0.05)).toBeCloseTo(-0.02, 12);
    expect(knobSlope(memory, 1, 0.05)).toBeCloseTo(-0.02, 12);
    expect(nextKnob(memory, 0.5, 0.05)).toBeCloseTo(0.502, 12);
    expect(nextKnob(memory, 1, 0.5)).toBe(1);
  });
});

describe('agents', () => {
  it('learn slowly', () => {
    expect(nextCapability(0.5, true, 1)).toBeCloseTo(0.55, 12);
    expect(nextCapability(0.5, false, 0)).toBeCloseTo(0.45, 12);
    expect(nextMemoryUse(0.2, 1, 0.5, 0.5)).toBeCloseTo(0.18 + 0.1 * 0.75, 12);
    expect(discountedCost(2, 1)).toBe(1);
  });

  it('are chosen by the lowest score, each penalty counted once', () => {
    const table = {
      capability: Float64Array.from([0.5, 0.9, 0.9]),
      memoryUse: Float64Array.from([0, 0.5, 0.5]),
      roles: Float64Array.from([1, 0, 0, 0.5, 0.5, 0, 0.5, 0.5, 0]),
    };
    expect(agentScore(table, 1, 10)).toBeCloseTo(0.1 - 0.2 + 0.15 + 0.1, 12);
    const chosen = chooseAgents(table, Float64Array.from([10, 10, 10]), 2);
    expect(chosen.map((one) => one.agent)).toEqual([1, 2]);
  });

  it('get harder tasks by type, size and hurry, within bounds', () => {
    expect(taskComplexity('general')).toBe(0.5);
    expect(taskComplexity('analysis', 'large', true)).toBe(1);
    expect(taskComplexity('exploration', 'small')).toBeCloseTo(0.6, 12);
  });
});

describe('trends', () => {
  it('are the slope of the least-squares line', () => {
    expect(leastSquaresSlope([1, 3, 5, 7])).toBeCloseTo(2, 12);
    expect(leastSquaresSlope([2, 1, 4])).toBeCloseTo(1, 12);
    expect(leastSquaresSlope([5])).toBe(0);
  });

  it('percentiles lie between neighbours', () => {
    expect(percentile([40, 10, 30, 20], 50)).toBe(25);
    expect(percentile([40, 10, 30, 20], 95)).toBeCloseTo(38.5, 12);
    expect(percentile([], 95)).toBe(0);
  });

  it('pressures become drift and anomaly', () => {
    const calm = { memoryUse: 0, misses: 0, evictions: 0, load: 0, capability: 1, queue: 0 };
    expect(pressureScores({ ...calm, topology: 0 })).toEqual({
      resource: 0,
      coordination: 0,
      drift: 0,
      anomaly: 0,
    });
    const hot = { memoryUse: 0, misses: 1, evictions: 1, load: 1, capability: 0, queue: 1 };
    const scores = pressureScores({ ...hot, topology: 1 });
    expect(scores.coordination).toBeCloseTo(1, 12);
    expect(scores.drift).toBeCloseTo(0.5 + 0.3 * 0.6 + 0.2, 12);
    expect(scores.anomaly).toBeCloseTo(0.6 + 0.4 * 0.3, 12);
  });
});

describe('the particle swarm', () => {
  it('finds the bottom of a bowl, never leaves its box, and is never worse than no change', () => {
    const places: number[] = [];
    const bowl = (all: readonly (readonly number[])[]): number[] =>
      all.map(([x = 0, y = 0]) => {
        places.push(x, y);
        return (x - 0.5) ** 2 + (y + 0.25) ** 2;
      });
    const options = { dimensions: 2, particles: 10, iterations: 30, min: -1, max: 1 };
    const found = minimise(bowl, randomStream(1, 'swarm'), options);
    expect(found.value).toBeLessThan(1e-4);
    expect(found.evaluations).toBe(300);
    expect(places.every((place) => Math.abs(place) <= 1)).toBe(true);
    const best = minimise((all) => all.map(([x = 0]) => x * x), randomStream(2, 'swarm'), options);
    expect(best).toMatchObject({ value: 0, valueBefore: 0 });
  });
});
