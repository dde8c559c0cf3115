/** Purges: fences in time by tag, so that their cost does not grow with the entries they touch. */
import type { Entry } from './entry.js';

export type PurgeMode = 'stale' | 'delete';

interface Fence {
  /** Everything that began before this epoch is gone. */
  deleted: number;
  /** Everything that began before this epoch is old. */
  staled: number;
}

export interface Purges {
  /** The epoch now; it grows with every purge. */
  epoch(): number;
  purge(tags: readonly string[], mode: PurgeMode): number;
  /** The newest delete that touches any of these tags; 0 when there was none. */
  deletedAt(tags: readonly string[]): number;
  /**
   * Whatever is computing for this address began too early to be stored, or given to who comes
   * now. Nothing stored is touched: whoever calls has deleted that himself.
   */
  fenceFlights(address: string, inFlight: number): void;
  /** The newest such fence for the address; 0 when there is none. */
  flightsFencedAt(address: string): number;
  /** What a purge has made of an entry since its computation began. */
  judge(entry: Pick<Entry, 'tags' | 'epoch'>): 'live' | 'stale' | 'deleted';
  stats(): { readonly purges: number; readonly fences: number };
}

/** The tag that every entry carries without naming it. */
export const EVERYTHING = '*';

export function openPurges(fencesMax: number): Purges {
  const fences = new Map<string, Fence>();
  const addresses = new Map<string, number>();
  /** Stands for all addresses that were forgotten because there were too many. */
  let allFlights = 0;
  let newestFence = 0;
  let epoch = 1;
  let purges = 0;

  const newest = (tags: readonly string[], which: keyof Fence): number => {
    let at = fences.get(EVERYTHING)?.[which] ?? 0;
    for (const tag of tags) at = Math.max(at, fences.get(tag)?.[which] ?? 0);
    return at;
  };
  /**
   * A fence that is forgotten must not undo its purge: the fence over everything takes its place.
   */
  const makeRoom = (): void => {
    for (const [tag, fence] of fences) {
      if (fences.size <= fencesMax) return;
      if (tag === EVERYTHING) continue;
      fences.delete(tag);
      const all = fences.get(EVERYTHING) ?? { deleted: 0, staled: 0 };
      all.deleted = Math.max(all.deleted, fence.deleted);
      all.staled = Math.max(all.staled, fence.staled);
      fences.set(EVERYTHING, all);
    }
  };

  return {
    epoch: () => epoch,
    purge(tags, mode) {
      epoch += 1;
      newestFence = epoch;
      purges += 1;
      for (const tag of tags) {
        const fence = fences.get(tag) ?? { deleted: 0, staled: 0 };
        fence[mode === 'delete' ? 'deleted' : 'staled'] = epoch;
        // Re-inserted, so that the fence forgotten first is the one unused longest.
        fences.delete(tag);
        fences.set(tag, fence);
      }
      makeRoom();
      return epoch;
    },
    deletedAt: (tags) => newest(tags, 'deleted'),
    fenceFlights(address, inFlight) {
      epoch += 1;
      // Nothing that is computing began before the older fences, so they have done their work.
      if (inFlight === 0) addresses.clear();
      else addresses.set(address, epoch);
      if (addresses.size <= fencesMax) return;
      addresses.clear();
      allFlights = epoch;
    },
    flightsFencedAt: (address) => Math.max(addresses.get(address) ?? 0, allFlights),
    judge(entry) {
      // Nothing was purged since it began: the common case costs one comparison.
      if (entry.epoch >= newestFence) return 'live';
      if (newest(entry.tags, 'deleted') > entry.epoch) return 'deleted';
      return newest(entry.tags, 'staled') > entry.epoch ? 'stale' : 'live';
    },
    stats: () => ({ purges, fences: fences.size }),
  };
}
