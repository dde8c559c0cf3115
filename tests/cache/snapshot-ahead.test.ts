/** Answers that a snapshot brought back are computed ahead of their end like any other. */
import { afterAll, expect, it } from '@jest/globals';
import { openSnapshot, type Snapshot } from '../../src/cache/snapshot.js';
import { cached } from '../fakes/rooms.js';
import { askFirst, watched, type Watched } from './ahead-kit.js';
import { OLD_SECRET, ringOf } from './frame-kit.js';
import { removeScratch, scratchPath } from './snapshot-kit.js';

afterAll(removeScratch);

const COST_MS = 12_000;
const path = scratchPath();

function life(): { readonly house: Watched; readonly snapshot: Snapshot } {
  const house = watched(cached('/r', { ttl: 30_000, early: 'auto' }));
  const limits = { maxAgeMs: 3_600_000, bytesMax: 1_000_000, waitMs: 5_000, skewMaxMs: 60_000 };
  const snapshot = openSnapshot(
    { path, ...limits },
    {
      rooms: house.rooms,
      rings: { entries: ringOf([OLD_SECRET]), snapshot: ringOf([OLD_SECRET], 'snapshot') },
      origins: () => new Map([['/r', 'r1']]),
    },
  );
  return { house, snapshot };
}

it('an answer that was restored is computed ahead if somebody asked for it since', async () => {
  const first = life();
  await askFirst(first.house, COST_MS);
  await first.snapshot.save();

  const { house, snapshot } = life();
  house.clock.turn(COST_MS);
  await snapshot.restore();
  expect(house.rooms.ahead?.stats().watched).toBe(1);
  expect((await house.ask('/r')).kind).toBe('hit');
  // 30 − 1.2 · 12 = 15.6 s after it was computed.
  await house.pass(15_500, COST_MS);
  expect(house.upstream.calls).toHaveLength(0);
  await house.pass(200, COST_MS);
  expect(house.upstream.calls).toHaveLength(1);
  await house.pass(15_000, COST_MS);
  expect((await house.ask('/r')).kind).toBe('hit');
});
