/** The registry of resources: who holds what, since when, and what is held for too long. */
import type { Clock } from '../clock.js';
import { Failure } from '../errors.js';

export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly createdWallMs: number;
  readonly lifetimeMs: number;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ResourceStats {
  readonly active: number;
  readonly max: number;
  /** How many of each type are held. */
  readonly types: Readonly<Record<string, number>>;
}

export interface Registry {
  /**
   * Notes that something is held from now on; what it returns notes its end, once. Throws `busy`
   * when too much is held.
   */
  hold(type: string, metadata?: Readonly<Record<string, string>>): () => void;
  /** Held for longer than this, the oldest first. */
  heldLongerThan(lifetimeMs: number): readonly Resource[];
  stats(): ResourceStats;
}

interface Held {
  readonly id: string;
  readonly type: string;
  readonly sinceMs: number;
  readonly sinceWallMs: number;
  readonly metadata: Readonly<Record<string, string>>;
}

export function openRegistry(max: number, clock: Clock): Registry {
  // In the order in which they were taken, so the oldest stand first.
  const held = new Set<Held>();
  let taken = 0;
  return {
    hold(type, metadata = {}) {
      if (held.size >= max) throw new Failure('busy', { retryAfterS: 1 });
      taken += 1;
      const one: Held = {
        ...{ id: `${type}_${taken}`, type, metadata },
        sinceMs: clock.nowMs(),
        sinceWallMs: clock.wallMs(),
      };
      held.add(one);
      return () => {
        held.delete(one);
      };
    },
    heldLongerThan(limitMs) {
      const nowMs = clock.nowMs();
      const old: Resource[] = [];
      for (const { id, type, sinceMs, sinceWallMs: createdWallMs, metadata } of held) {
        const lifetimeMs = nowMs - sinceMs;
        if (lifetimeMs <= limitMs) break;
        old.push({ id, type, createdWallMs, lifetimeMs, metadata });
      }
      return old;
    },
    stats() {
      const types: Record<string, number> = {};
      for (const { type } of held) types[type] = (types[type] ?? 0) + 1;
      return { active: held.size, max, types };
    },
  };
}
