/** Inspecting the second tier for people: what lies there, with nothing counted or taken away. */
import type { RedisPool } from '../redis/pool.js';
import type { Entry } from './entry.js';
import { readFrame, type FrameTools } from './frame.js';
import { readLines, type LinesRead } from './frame-index.js';
import { indexName } from './redis-index.js';
import type { Place } from './redis-store.js';
import type { RejectReason } from './rejections.js';

export type Inspected =
  | {
      readonly kind: 'good';
      readonly entry: Entry;
      readonly marks: readonly number[];
    }
  | { readonly kind: 'refused'; readonly reason: RejectReason }
  | { readonly kind: 'none' }
  /** Redis did not answer in time, or was not asked. */
  | { readonly kind: 'failed' };

export interface Inspector {
  inspect(
    place: Place,
    identity: { readonly key: string; readonly partition: string },
    waitMs: number,
  ): Promise<Inspected>;
  /** The variants that are listed, and why others are not; undefined when nobody could say. */
  inspectIndex(family: string, base: string, waitMs: number): Promise<LinesRead | undefined>;
}

export interface InspectorTools extends FrameTools {
  readonly prefix: string;
  readonly keyIn: (place: Place) => string;
}

const INDEX_BYTES = 64 * 1024;

export function openInspector(
  tools: InspectorTools,
  pool: Pick<RedisPool, 'call' | 'admits'>,
): Inspector {
  const { prefix, keyIn, bytesMax, ring, clock, skewMaxMs } = tools;
  return {
    async inspect(place, identity, waitMs) {
      const key = keyIn(place);
      if (!pool.admits('read', key)) return { kind: 'failed' };
      try {
        const value = await pool.call('read', 'getrange', [key, 0, bytesMax], { waitMs });
        if (!Buffer.isBuffer(value)) return { kind: 'refused', reason: 'type' };
        if (value.byteLength === 0) return { kind: 'none' };
        const read = readFrame(value, tools, { identity, epoch: 0 });
        return read.kind === 'good' ? read : { kind: 'refused', reason: read.reason };
      } catch (thrown) {
        const isType = thrown instanceof Error && 'code' in thrown && thrown.code === 'wrongtype';
        return isType ? { kind: 'refused', reason: 'type' } : { kind: 'failed' };
      }
    },
    async inspectIndex(family, base, waitMs) {
      const key = indexName(prefix, family);
      if (!pool.admits('read', key)) return undefined;
      try {
        const value = await pool.call('read', 'getrange', [key, 0, INDEX_BYTES], { waitMs });
        const bytes = Buffer.isBuffer(value) ? value : Buffer.alloc(0);
        return readLines(bytes, base, { ring, wallMs: clock.wallMs(), skewMaxMs });
      } catch {
        return undefined;
      }
    },
  };
}
