/** What memory costs, how hard it is pressed, and the knob that trades one for the other. */
import { clip } from './coefficients.js';

/** What the memory tiers count: plain sums, from which each ratio is computed when asked for. */
export interface MemoryTiers {
  readonly workingItems: number;
  readonly workingBytes: number;
  readonly longTermItems: number;
  readonly longTermBytes: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  readonly compressed: number;
  readonly plain: number;
  /** The compression ratios of all compressed operations, added up. */
  readonly ratioSum: number;
}

export const WORKING_ITEMS_MAX = 100;
export const LONG_TERM_ITEMS_MAX = 1000;

export function costVq(compressedShare: number, ratio: number): number {
  return compressedShare * (1 - 1 / Math.max(ratio, 1));
}

export function share(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}

export function compressedShare(memory: MemoryTiers): number {
  return share(memory.compressed, memory.compressed + memory.plain);
}

export function compressionRatio(memory: MemoryTiers): number {
  return memory.compressed > 0 ? memory.ratioSum / memory.compressed : 1;
}

export function memoryCost(memory: MemoryTiers): number {
  return costVq(compressedShare(memory), compressionRatio(memory));
}

export function staleness(memory: MemoryTiers): number {
  const items = memory.workingItems + memory.longTermItems;
  return items === 0 ? 1 : 1 / (1 + memory.hits / items);
}

/** How hard memory is pressed at a knob: bytes, what is not compressed, and what nobody reads. */
export function memoryPressure(memory: MemoryTiers, knob: number): number {
  const kilobytes = (memory.workingBytes + memory.longTermBytes) / 1024;
  return 0.4 * (kilobytes / 1000) + 0.4 * (1 - knob) + 0.2 * staleness(memory);
}

const KNOB_STEP = 0.01;
const KNOB_RATE = 0.1;

/** dE/dk by a finite difference: what one more turn of the knob does to the energy of memory. */
export function knobSlope(memory: MemoryTiers, knob: number, beta: number): number {
  const low = clip(knob - KNOB_STEP, 0, 1);
  const high = clip(knob + KNOB_STEP, 0, 1);
  return (beta * (memoryPressure(memory, high) - memoryPressure(memory, low))) / (high - low);
}

export function nextKnob(memory: MemoryTiers, knob: number, beta: number): number {
  return clip(knob - KNOB_RATE * knobSlope(memory, knob, beta), 0, 1);
}
