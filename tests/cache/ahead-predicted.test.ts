/** Answers that are computed ahead because they are asked for regularly enough. */
import { describe, expect, it } from '@jest/globals';
import { cached } from '../fakes/rooms.js';
import { askFirst, watched, type Watched } from './ahead-kit.js';

const RULE = { ttl: 30_000, early: 'auto' } as const;
const COST_MS = 1_000;

/** Asks every so often, and says how often the answer was there. */
async function askEvery(house: Watched, gapMs: number, times: number): Promise<number> {
  let hits = 0;
  for (let nth = 0; nth < times; nth += 1) {
    await house.pass(gapMs, COST_MS);
    const asked = house.ask('/r');
    await house.pass(COST_MS, COST_MS);
    if ((await asked).kind === 'hit') hits += 1;
  }
  return hits;
}

const predicted = ({ tally }: Watched): number => tally.refreshed.get('predicted') ?? 0;

describe('a key that is asked for some times in each lifetime', () => {
  it('is there each time, and nothing of it is computed for nothing', async () => {
    const house = watched(cached('/r', RULE));
    await askFirst(house, COST_MS);
    expect(await askEvery(house, 9_000, 30)).toBeGreaterThanOrEqual(29);
    expect(predicted(house)).toBeGreaterThanOrEqual(9);
    expect(house.upstream.calls[2]?.request.priority).toBe('warm');
    expect([...house.tally.unusedMs]).toEqual([]);
  });

  it('is computed once more when it falls silent, and no more', async () => {
    const house = watched(cached('/r', RULE));
    await askFirst(house, COST_MS);
    await askEvery(house, 9_000, 10);
    const before = house.upstream.calls.length;
    await house.pass(600_000, COST_MS);
    expect(house.upstream.calls.length - before).toBeLessThanOrEqual(1);
    expect(house.tally.unusedMs.get('predicted') ?? 0).toBeLessThanOrEqual(COST_MS);
    expect(house.clock.pending()).toBe(0);
  });
});

describe('a key that is asked for once in each lifetime', () => {
  it('is computed ahead once its rhythm has shown itself', async () => {
    const house = watched(cached('/r', RULE));
    await askFirst(house, COST_MS);
    const early = await askEvery(house, 24_000, 10);
    const late = await askEvery(house, 24_000, 20);
    expect(early).toBeLessThan(10);
    expect(late).toBeGreaterThanOrEqual(19);
    expect(predicted(house)).toBeGreaterThan(10);
  });
});

describe('a key that is asked for less often than once in a lifetime', () => {
  it('is not computed ahead: mostly it would be for nothing', async () => {
    const house = watched(cached('/r', RULE));
    await askFirst(house, COST_MS);
    await askEvery(house, 70_000, 20);
    expect([predicted(house), house.tally.computeBehindMs]).toEqual([0, 0]);
  });
});

describe('the margin', () => {
  it.each([
    [0.5, true],
    [0.99, false],
  ])('%s of the cost saved decides', async (margin, isComputed) => {
    const house = watched(cached('/r', RULE), { margin });
    await askFirst(house, COST_MS);
    // Two hits in a lifetime of 30 s: nine chances in ten or so that there will be one.
    await house.pass(9_000, COST_MS);
    await house.ask('/r');
    await house.pass(9_000, COST_MS);
    await house.ask('/r');
    await house.pass(12_000, COST_MS);
    expect(predicted(house) > 0).toBe(isComputed);
  });
});
