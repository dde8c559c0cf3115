/** What outlives a restart: the snapshot as the roof opens it, and what its answers depend on. */
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Settings } from '../config/settings.js';
import { openKeyRing } from './cache/key-ring.js';
import { openSnapshot, type Snapshot, type SnapshotStats } from './cache/snapshot.js';
import { journalOf, type SnapshotJournal } from './cache/snapshot-journal.js';
import type { Interior } from './interior.js';

/** Machines whose clocks differ by more have other worries. */
const SKEW_MAX_MS = 60_000;

/** What the built-in service computes from, as long as nobody has changed its state. */
export function energySource({ energy }: Settings): string {
  const { agents, seed, state } = energy;
  const file = state === undefined ? '' : hash('sha256', readFileSync(state), 'base64url');
  return JSON.stringify([agents, seed, file]);
}

/**
 * By the pattern of each route: how it keys, whom it asks, and from what state. A state that was
 * changed ends with the process, and so does everything that was computed from it.
 */
function originsOf(
  { upstreams }: Settings,
  { rooms, energy }: Pick<Interior, 'rooms' | 'energy'>,
  local: string,
): ReadonlyMap<string, string> {
  const origins = new Map<string, string>();
  const ended = new Set<string>();
  for (const { pattern, version, upstream } of rooms.plans.keys()) {
    const url = upstreams[upstream]?.url;
    if (url === 'local' && energy?.version() !== 1) ended.add(pattern);
    const source = url === 'local' ? local : JSON.stringify(url ?? '');
    // One pattern may stand twice, with other methods.
    origins.set(pattern, `${origins.get(pattern) ?? ''}${version} ${source}\n`);
  }
  for (const pattern of ended) origins.delete(pattern);
  return origins;
}

function journalFor({ rooms, fleet }: Interior): SnapshotJournal | undefined {
  if (fleet?.mark === undefined || fleet.epochAt === undefined) return undefined;
  const { mark, epochAt, ready, stats } = fleet;
  const more = { ...(ready && { ready }), ...(stats && { stats }) };
  return journalOf({ mark, epochAt, ...more }, rooms.purges);
}

export const NOTHING_RESTORED: SnapshotStats = {
  ...{ restored: 0, bytes: 0, tookMs: 0 },
  left: new Map(),
};

/** Undefined when there is none; then the log says so, where one was asked for. */
export function openKept(settings: Settings, interior: Interior): Snapshot | undefined {
  const { path, maxAge: maxAgeMs, maxBytes: bytesMax, wait: waitMs } = settings.memory.snapshot;
  if (path === undefined) return undefined;
  const { rooms } = interior;
  const entries = openKeyRing(settings.secret, 'entries');
  const snapshot = openKeyRing(settings.secret, 'snapshot');
  if (entries === undefined || snapshot === undefined) {
    const sentence = 'Without a secret nothing could prove that a snapshot is ours; set secret.';
    rooms.log.warn('snapshot_off', { sentence });
    return undefined;
  }
  const local = interior.energy === undefined ? '' : energySource(settings);
  return openSnapshot(
    { path, maxAgeMs, bytesMax, waitMs, skewMaxMs: SKEW_MAX_MS },
    {
      ...{ rooms, rings: { entries, snapshot }, journal: journalFor(interior) },
      origins: () => originsOf(settings, interior, local),
    },
  );
}

/** How much longer a shutdown may take because of it. */
export function keepingMs({ memory, secret }: Settings): number {
  return memory.snapshot.path === undefined || secret.length === 0 ? 0 : memory.snapshot.wait;
}
