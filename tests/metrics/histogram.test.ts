/** The histogram: fixed memory, and percentiles that are never far off. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createHistogram } from '../../src/metrics/histogram.js';

describe('a histogram', () => {
  it('says nothing before anything was measured', () => {
    const histogram = createHistogram();
    expect([histogram.count(), histogram.sumMs(), histogram.quantileMs(0.5)]).toEqual([0, 0, 0]);
  });

  it('is within a fifth of the true percentile, from a microsecond to minutes', () => {
    const value = fc.double({ min: 0.002, max: 600_000, noNaN: true });
    const share = fc.double({ min: 0.01, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), share, (values, part) => {
        const histogram = createHistogram();
        for (const one of values) histogram.record(one);
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
        const said = histogram.quantileMs(part);
        return said > exact / 1.2 && said < exact * 1.2 && histogram.count() === values.length;
      }),
      { numRuns: 500, seed: 5 },
    );
  });

  it('counts what cannot be a time as the least, and what is too long as the longest', () => {
    const histogram = createHistogram();
    for (const odd of [0, -5, Number.NaN]) histogram.record(odd);
    expect(histogram.quantileMs(1)).toBeLessThanOrEqual(0.001);
    expect(histogram.sumMs()).toBe(0);
    histogram.record(Number.POSITIVE_INFINITY);
    expect(Number.isFinite(histogram.quantileMs(1))).toBe(true);
  });
});
