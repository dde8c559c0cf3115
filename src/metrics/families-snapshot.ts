/** The families of the snapshot: what a start found in it, and what that cost. */
import { each, single, type Family } from './family.js';

/** What a snapshot brought in at the start; all zero without one. */
export interface SnapshotReading {
  readonly restored: number;
  readonly bytes: number;
  readonly tookMs: number;
  readonly left: ReadonlyMap<string, number>;
}

const SECOND_MS = 1000;

export const snapshotFamilies: readonly Family[] = [
  single(
    'counter',
    'leyden_snapshot_restored_total',
    'Answers that the snapshot brought in at the start.',
    (r) => r.snapshot.restored,
  ),
  each(
    'counter',
    'leyden_snapshot_left_total',
    'Answers of the snapshot that were not taken.',
    'reason',
    (r) => Object.fromEntries(r.snapshot.left),
    (count) => count,
  ),
  single(
    'gauge',
    'leyden_snapshot_read_bytes',
    'Bytes of the snapshot that were read.',
    (r) => r.snapshot.bytes,
  ),
  single(
    'gauge',
    'leyden_snapshot_read_seconds',
    'How long the start waited for it.',
    (r) => r.snapshot.tookMs / SECOND_MS,
  ),
];
