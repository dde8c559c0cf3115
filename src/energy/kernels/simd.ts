/** Products of matrices on the vector unit: packs, calls the module tile by tile, copies out. */
import type { Shape } from './shape.js';
import { PANEL_COLUMNS, simdModule, TILE_ROWS } from './simd-module.js';

/** What is used of the global; the types of Node leave it to those of the browser. */
interface WebAssemblyApi {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly multiply: (
    tile: number,
    panels: number,
    out: number,
    rowBytes: number,
    outRowBytes: number,
    panelsEnd: number,
  ) => void;
}

const PAGE_BYTES = 65_536;
let exports: Exports | undefined | null = null;

/** Undefined where WebAssembly or its vectors are missing. */
function open(): Exports | undefined {
  if (exports === null) {
    const bytes = simdModule();
    const api = (globalThis as { WebAssembly?: WebAssemblyApi }).WebAssembly;
    exports =
      api?.validate(bytes) === true
        ? (new api.Instance(new api.Module(bytes)).exports as Exports)
        : undefined;
  }
  return exports;
}

export function simdAvailable(): boolean {
  return open() !== undefined;
}

/**
 * left · right. Only the panels of the right matrix and four rows of the left one live in the
 * module's memory, so that it stays small however many rows there are.
 */
export function simdMultiply(left: Float64Array, right: Float64Array, shape: Shape): Float64Array {
  const module = open();
  const { rows, inner, columns } = shape;
  const out = new Float64Array(rows * columns);
  if (module === undefined || inner === 0) return out;
  const panels = Math.ceil(columns / PANEL_COLUMNS);
  const width = panels * PANEL_COLUMNS;
  const tileAt = panels * inner * PANEL_COLUMNS;
  const outAt = tileAt + TILE_ROWS * inner;
  const bytes = 8 * (outAt + TILE_ROWS * width);
  const missing = Math.ceil((bytes - module.memory.buffer.byteLength) / PAGE_BYTES);
  if (missing > 0) module.memory.grow(missing);
  const memory = new Float64Array(module.memory.buffer);
  pack(memory, right, inner, columns, panels);
  for (let row = 0; row < rows; row += TILE_ROWS) {
    const count = Math.min(TILE_ROWS, rows - row);
    memory.set(left.subarray(row * inner, (row + count) * inner), tileAt);
    if (count < TILE_ROWS) memory.fill(0, tileAt + count * inner, outAt);
    module.multiply(8 * tileAt, 0, 8 * outAt, 8 * inner, 8 * width, 8 * tileAt);
    for (let at = 0; at < count; at += 1) {
      const from = outAt + at * width;
      out.set(memory.subarray(from, from + columns), (row + at) * columns);
    }
  }
  return out;
}

/** Four columns side by side, row after row, as the inner loop reads them; zeros fill the last. */
function pack(
  memory: Float64Array,
  right: Float64Array,
  inner: number,
  columns: number,
  panels: number,
): void {
  let to = 0;
  for (let panel = 0; panel < panels; panel += 1) {
    const first = panel * PANEL_COLUMNS;
    for (let row = 0; row < inner; row += 1) {
      for (let column = first; column < first + PANEL_COLUMNS; column += 1) {
        memory[to] = column < columns ? (right[row * columns + column] ?? 0) : 0;
        to += 1;
      }
    }
  }
}
