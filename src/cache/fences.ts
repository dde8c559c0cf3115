/** Fences: for each name the moments of its purges, so many names at most, and none undone. */

export type PurgeMode = 'stale' | 'delete';

export interface Fence {
  /** Everything that began before this epoch is gone. */
  deleted: number;
  /** Everything that began before this epoch is old. */
  staled: number;
  /** When it became old. */
  staledAtMs: number;
}

export interface Moment {
  readonly mode: PurgeMode;
  readonly epoch: number;
  readonly nowMs: number;
}

export interface Fences {
  raise(name: string, moment: Moment): void;
  /** The newest fences over all of these names together. */
  over(names: readonly string[]): Readonly<Fence>;
  /** The newest moment of either kind. */
  newest(names: readonly string[]): number;
  /** Only when nothing is left that they could reach. */
  clear(): void;
  size(): number;
}

/** What nothing can be called: it stands for all names. */
export const EVERYTHING = '\n';

const none = (): Fence => ({ deleted: 0, staled: 0, staledAtMs: 0 });

function widen(fence: Fence, other: Fence): void {
  fence.deleted = Math.max(fence.deleted, other.deleted);
  if (other.staled <= fence.staled) return;
  fence.staled = other.staled;
  fence.staledAtMs = other.staledAtMs;
}

export function openFences(namesMax: number): Fences {
  const fences = new Map<string, Fence>();
  const over = (names: readonly string[]): Fence => {
    const widest = { ...(fences.get(EVERYTHING) ?? none()) };
    for (const name of names) {
      const fence = fences.get(name);
      if (fence !== undefined) widen(widest, fence);
    }
    return widest;
  };
  /** A fence that is forgotten must not undo its purge: the one over everything takes its place. */
  const makeRoom = (): void => {
    for (const [name, fence] of fences) {
      if (fences.size <= namesMax) return;
      if (name === EVERYTHING) continue;
      fences.delete(name);
      const all = fences.get(EVERYTHING) ?? none();
      widen(all, fence);
      fences.set(EVERYTHING, all);
    }
  };
  return {
    raise(name, { mode, epoch, nowMs }) {
      const fence = fences.get(name) ?? none();
      if (mode === 'delete') fence.deleted = epoch;
      else {
        fence.staled = epoch;
        fence.staledAtMs = nowMs;
      }
      // Re-inserted, so that the fence forgotten first is the one unused longest.
      fences.delete(name);
      fences.set(name, fence);
      makeRoom();
    },
    over,
    newest(names) {
      const { deleted, staled } = over(names);
      return Math.max(deleted, staled);
    },
    clear() {
      fences.clear();
    },
    size: () => fences.size,
  };
}
