/** Chance that a number brings back: the same seed makes the same choices. */

export interface Chance {
  /** From 0 to below 1. */
  readonly next: () => number;
  /** A whole number from 0 to below this one. */
  readonly below: (count: number) => number;
  readonly pick: <T>(among: readonly T[]) => T;
  readonly happens: (share: number) => boolean;
}

/** Mulberry32: 32 bits of state are enough for a few thousand choices. */
export function openChance(seed: number): Chance {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number): number => Math.floor(next() * count);
  return {
    next,
    below,
    // Undefined may well be one of them.
    pick: <T>(among: readonly T[]) => among[below(among.length)] as T,
    happens: (share) => next() < share,
  };
}
