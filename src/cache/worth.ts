/** What a stored answer is worth: how often it is asked for, times its cost, for each byte. */
import type { Entry } from './entry.js';

/** A stored answer in its place, and what is known of its use. */
export interface Slot {
  readonly entry: Entry;
  /** Uses in units of `ONE_USE`, halved with each age; only ever whole, for hits count here. */
  frequency: number;
  /** The age in which `frequency` was last reckoned. */
  age: number;
  /** The order in which they came. */
  readonly serial: number;
  /** Where it stands in the main part; `IN_WINDOW` before it has proved its worth. */
  place: number;
}

export const IN_WINDOW = -1;
/** Ten halvings leave a trace of a single use; more would need numbers that cost a hit dearly. */
export const ONE_USE = 1 << 10;
/** Beyond it all are alike, so that yesterday's favourite can be overtaken within a few ages. */
const FREQUENCY_MAX = 60 * ONE_USE;
/** An answer that cost next to nothing is still worth more than an empty place. */
const COST_MIN_MS = 1;
const SHIFT_MAX = 31;

export interface Ages {
  /** Counts one use of what is stored: nothing moves, nothing is searched. */
  used(slot: Slot): void;
  /** Somebody asked for what was stored once and is no more. */
  missed(): void;
  /** Uses, with all that ageing took from them. */
  frequencyOf(slot: Slot): number;
  now(): number;
}

/**
 * An age ends after so many uses for each answer stored. Keys that nobody has seen before do not
 * count, so that a flood of them cannot make old what is in use.
 */
export const AGE_USES_EACH = 4;
const AGE_ENTRIES_MIN = 1_024;

export function openAges(entries: () => number): Ages {
  let age = 0;
  let left = AGE_USES_EACH * AGE_ENTRIES_MIN;
  const touch = (): void => {
    left -= 1;
    if (left > 0) return;
    age += 1;
    left = AGE_USES_EACH * Math.max(AGE_ENTRIES_MIN, entries());
  };
  const reckon = (slot: Slot): void => {
    if (slot.age === age) return;
    slot.frequency >>= Math.min(SHIFT_MAX, age - slot.age);
    slot.age = age;
  };
  return {
    used(slot) {
      reckon(slot);
      if (slot.frequency < FREQUENCY_MAX) slot.frequency += ONE_USE;
      touch();
    },
    missed: touch,
    frequencyOf(slot) {
      reckon(slot);
      return slot.frequency;
    },
    now: () => age,
  };
}

/** Nothing can come of it any more, not even a question whether it still holds. */
export function hasEnded(entry: Entry, nowMs: number): boolean {
  if (nowMs < entry.freshUntilMs || nowMs < entry.staleUntilMs) return false;
  const mayBeAskedAbout = entry.http !== undefined && entry.etag !== undefined;
  return nowMs >= entry.errorUntilMs && !mayBeAskedAbout;
}

/**
 * Milliseconds of computing that a byte of it spares. `bytesEach` is what a place costs at least:
 * where the number of answers is what is short, small ones are no cheaper to keep.
 */
export function worthOf(entry: Entry, frequency: number, bytesEach: number, nowMs: number): number {
  if (hasEnded(entry, nowMs)) return 0;
  const costMs = entry.negative ? COST_MIN_MS : Math.max(COST_MIN_MS, entry.costMs);
  return (frequency * costMs) / Math.max(bytesEach, entry.chargedBytes);
}
