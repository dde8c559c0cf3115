/** A snapshot and purges by pattern: what is forgotten meanwhile was a purge too. */
import { afterAll, describe, expect, it } from '@jest/globals';
import { openSnapshot } from '../../src/cache/snapshot.js';
import { cached, openHouse } from '../fakes/rooms.js';
import { OLD_SECRET, ringOf } from './frame-kit.js';
import { livedWith, removeScratch, scratchPath } from './snapshot-kit.js';

afterAll(removeScratch);

/** More patterns than are remembered for answers that lie elsewhere. */
const PATTERNS = 600;

async function restored(isForgotten: boolean): Promise<number> {
  const path = scratchPath();
  await livedWith(path, ['/a/1', '/a/2']);
  const { rooms } = openHouse({ routes: [cached('/a/**', { ttl: 60_000 })] });
  const { purges } = rooms;
  purges.outlast();
  const epoch = purges.epoch();
  const standpoint = () => {
    // From here on the file is read, and what follows comes meanwhile.
    for (let nth = 0; nth < PATTERNS; nth += 1) purges.ban([`/other/${nth}`], 'delete');
    if (isForgotten) {
      purges.ban(['/a/1'], 'delete');
      purges.forgetBans(purges.epoch());
    }
    return { kind: 'known', epoch } as const;
  };
  const snapshot = openSnapshot(
    { path, maxAgeMs: 3_600_000, bytesMax: 10_000_000, waitMs: 5_000, skewMaxMs: 60_000 },
    {
      rooms,
      rings: { entries: ringOf([OLD_SECRET]), snapshot: ringOf([OLD_SECRET], 'snapshot') },
      origins: () => new Map([['/a/**', 'a1']]),
      journal: { ready: () => Promise.resolve(), place: () => undefined, standpoint },
    },
  );
  await snapshot.restore();
  return rooms.store.stats().entries;
}

describe('answers that are read from a snapshot', () => {
  it('are left out when patterns came meanwhile that are not remembered any more', async () => {
    expect(await restored(true)).toBe(0);
  });

  it('are kept when every pattern that came meanwhile is known and spares them', async () => {
    expect(await restored(false)).toBe(2);
  });
});
