/** Marks: what an answer of another node has heard of, said in epochs of our own. */
import { describe, expect, it } from '@jest/globals';
import { openMarks } from '../../src/cache/fleet-marks.js';

describe('the marks of a node', () => {
  it('say which epoch stood at each place, and nothing of what was before', () => {
    const marks = openMarks(100);
    marks.reset(7, 3);
    marks.reached(4);
    marks.reached(6);
    expect([6, 7, 8, 9, 10].map((seq) => marks.epochAt(seq))).toEqual([undefined, 3, 4, 6, 6]);
  });

  it('hold a purge of ours to be news for all who stood before its place in the journal', () => {
    const marks = openMarks(100);
    marks.reset(0, 1);
    // We purge: 2. What others did comes first: 3 and 4. Then ours comes back.
    marks.reached(3);
    marks.reached(4);
    marks.returned(1);
    marks.reached(4);
    // Who stood at 1 or 2 had not heard of our purge, though we had heard of his.
    expect([0, 1, 2, 3].map((seq) => marks.epochAt(seq))).toEqual([1, 1, 1, 4]);
  });

  it('forget the oldest places, and never more than half of them', () => {
    const marks = openMarks(10);
    marks.reset(0, 1);
    for (let seq = 1; seq <= 100; seq += 1) marks.reached(1 + seq);
    expect(marks.size()).toBeLessThanOrEqual(10);
    expect([marks.epochAt(100), marks.epochAt(96), marks.epochAt(80)]).toEqual([
      101,
      97,
      undefined,
    ]);
  });
});
