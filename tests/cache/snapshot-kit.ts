/** Two lives of one house around a snapshot: what the first one wrote, the second one reads. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSnapshot, type Snapshot, type SnapshotOptions } from '../../src/cache/snapshot.js';
import { cached, openHouse, routeOf, type House } from '../fakes/rooms.js';
import { OLD_SECRET, ringOf } from './frame-kit.js';

const folders: string[] = [];

/** A path in a folder of its own that is gone after the tests of the file. */
export function scratchPath(name = 'answers.snapshot'): string {
  const folder = mkdtempSync(join(tmpdir(), 'leyden-snapshot-'));
  folders.push(folder);
  return join(folder, name);
}

export function removeScratch(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export interface Life extends House {
  readonly snapshot: Snapshot;
  /** The fields of the last line of this event. */
  readonly said: (event: string) => Readonly<Record<string, unknown>> | undefined;
}

export interface LifeOptions extends Partial<SnapshotOptions> {
  readonly path: string;
  readonly secrets?: readonly string[];
  /** Patterns, and what the answers of each depend on. */
  readonly origins?: Readonly<Record<string, string>>;
  readonly bytesInStoreMax?: number;
  /** So long after the life before. */
  readonly laterMs?: number;
}

export const ORIGINS = { '/a/**': 'a1', '/web/**': 'w1' };

export function openLife(options: LifeOptions): Life {
  const { secrets = [OLD_SECRET], origins = ORIGINS, bytesInStoreMax, laterMs = 0 } = options;
  const house = openHouse({
    routes: [
      cached('/a/**', { ttl: 60_000, staleWhileRevalidate: 10_000, maxBytes: 400_000 }),
      routeOf('/web/**', { cache: 'http' }),
    ],
    ...(bytesInStoreMax === undefined ? {} : { bytesMax: bytesInStoreMax }),
  });
  house.clock.turn(laterMs);
  const { path, maxAgeMs = 3_600_000, bytesMax = 10_000_000, waitMs = 5_000 } = options;
  const snapshot = openSnapshot(
    { path, maxAgeMs, bytesMax, waitMs, skewMaxMs: 60_000 },
    {
      rooms: house.rooms,
      rings: { entries: ringOf(secrets), snapshot: ringOf(secrets, 'snapshot') },
      origins: () => new Map(Object.entries(origins)),
    },
  );
  return {
    ...{ ...house, snapshot },
    said: (event) => house.logged.findLast((line) => line.event === event)?.fields,
  };
}

/** A life that has been asked for these paths and has ended. */
export async function livedWith(path: string, asked: readonly string[]): Promise<Life> {
  const life = openLife({ path });
  life.upstream.always(({ target }) => ({
    body: `about ${target}`,
    headers: target.startsWith('/web') ? ['Cache-Control', 'max-age=60'] : [],
  }));
  for (const one of asked) await life.ask(one);
  await life.snapshot.save();
  return life;
}
