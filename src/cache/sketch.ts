/** How often a key that is not stored was asked for lately: a few bytes for any number of keys. */

export interface Sketch {
  /** Never less than what was noted since, but for what ageing took; rarely more. */
  countOf(key: string): number;
  note(key: string, count: number): void;
  /** Halves everything: what was long ago counts for less and less. */
  age(): void;
}

const ROWS = 4;
const COUNT_MAX = 255;
/** Keys that never came look known in one case of a hundred: a flood must not seem familiar. */
const CELLS_EACH = 8;
const ROW_CELLS_MIN = 2 ** 14;
/** Four megabytes in all, however many answers the settings allow. */
const ROW_CELLS_MAX = 2 ** 20;
/** All bytes of a word halved at once: the bit that falls into the neighbour is masked away. */
const HALVES = 0x7f7f7f7f;

/** FNV-1a; keys are hashes for the most part, but nothing here relies on it. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  }
  return hash;
}

/** Each row looks elsewhere, so that two keys which meet in one part again in the others. */
function mixed(hash: number, row: number): number {
  let mix = Math.imul(hash ^ Math.imul(row + 1, 0x9e3779b1), 0x85ebca6b);
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35);
  return mix ^ (mix >>> 16);
}

export function openSketch(keys: number): Sketch {
  const wanted = Math.min(ROW_CELLS_MAX, Math.max(ROW_CELLS_MIN, CELLS_EACH * keys));
  const cells = 2 ** Math.ceil(Math.log2(wanted));
  const words = new Uint32Array((ROWS * cells) / 4);
  const counts = new Uint8Array(words.buffer);
  const cellOf = (hash: number, row: number): number =>
    row * cells + (mixed(hash, row) & (cells - 1));
  return {
    countOf(key) {
      const hash = hashOf(key);
      let least = COUNT_MAX;
      for (let row = 0; row < ROWS; row += 1) {
        least = Math.min(least, counts[cellOf(hash, row)] ?? 0);
      }
      return least;
    },
    // The highest wins rather than the sum: a flood of keys that come once cannot add up to one
    // that came often.
    note(key, count) {
      const hash = hashOf(key);
      const bounded = Math.min(COUNT_MAX, count);
      for (let row = 0; row < ROWS; row += 1) {
        const cell = cellOf(hash, row);
        if ((counts[cell] ?? 0) < bounded) counts[cell] = bounded;
      }
    },
    age() {
      for (let at = 0; at < words.length; at += 1) {
        words[at] = ((words[at] ?? 0) >>> 1) & HALVES;
      }
    },
  };
}
