/** The oracle at length: 200,000 answers of four nodes while everything about Redis fails. */
import { describe, expect, it } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { runOwners, seedFor, told } from '../scenarios/owner-run.js';

const ANSWERS_MIN = 200_000;

describe('four nodes, two dozen callers and a Redis that fails in every way', () => {
  it('200,000 answers, and each is its caller’s own', async () => {
    const run = { nodes: 4, answersMin: ANSWERS_MIN, seed: seedFor(randomInt(2 ** 31)) };
    const result = await runOwners(run);
    process.stdout.write(told(run, result));
    expect(result.evidence).toEqual([]);
    expect(result).toMatchObject({ wrong: 0, undone: 0, broken: 0, right: result.answered });
    expect(result.answered).toBeGreaterThanOrEqual(ANSWERS_MIN);
    expect(result.l2).toBeGreaterThan(10_000);
    expect(result.everywhere).toBeGreaterThan(10);
  }, 3_600_000);
});
