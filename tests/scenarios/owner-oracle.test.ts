/** The oracle: the origin signs who asked, and no fault of Redis gives anybody another's answer. */
import { describe, expect, it } from '@jest/globals';
import { runOwners, seedFor, told } from './owner-run.js';

describe('three nodes, two dozen callers and a Redis that fails in every way', () => {
  it('cases 12 and 13, R1 to R17: 20,000 answers, and each is its caller’s own', async () => {
    const run = { nodes: 3, answersMin: 20_000, seed: seedFor(1) };
    const result = await runOwners(run);
    process.stdout.write(told(run, result));
    expect(result.evidence).toEqual([]);
    expect(result).toMatchObject({ wrong: 0, undone: 0, broken: 0, right: result.answered });
    expect(result.answered).toBeGreaterThanOrEqual(20_000);
    // Else nothing was proven of Redis.
    expect(result.l2).toBeGreaterThan(1_000);
  }, 600_000);
});
