/** Products of matrices in plain JavaScript, two rows by four packed columns at a time. */
import type { Shape } from './shape.js';

const PANEL_COLUMNS = 4;

/**
 * Eight sums stay in registers while a panel of four columns passes once over two rows. Every sum
 * adds its products in the order of the plain loop, so the results are the same bits.
 */
export function panelMultiply(left: Float64Array, right: Float64Array, shape: Shape): Float64Array {
  const { rows, inner, columns } = shape;
  const out = new Float64Array(rows * columns);
  const panel = new Float64Array(inner * PANEL_COLUMNS);
  for (let first = 0; first < columns; first += PANEL_COLUMNS) {
    pack(panel, right, first, shape);
    for (let row = 0; row < rows; row += 2) {
      // An odd last row is worked on twice, which costs less than a branch in the inner loop.
      const second = Math.min(row + 1, rows - 1);
      addTwoRows(out, left, panel, row, second, first, shape);
    }
  }
  return out;
}

function pack(panel: Float64Array, right: Float64Array, first: number, shape: Shape): void {
  const { inner, columns } = shape;
  for (let row = 0; row < inner; row += 1) {
    for (let at = 0; at < PANEL_COLUMNS; at += 1) {
      const column = first + at;
      panel[row * PANEL_COLUMNS + at] = column < columns ? (right[row * columns + column] ?? 0) : 0;
    }
  }
}

function addTwoRows(
  out: Float64Array,
  left: Float64Array,
  panel: Float64Array,
  row: number,
  second: number,
  first: number,
  shape: Shape,
): void {
  const { inner, columns } = shape;
  const from0 = row * inner;
  const from1 = second * inner;
  let a0 = 0;
  let a1 = 0;
  let a2 = 0;
  let a3 = 0;
  let b0 = 0;
  let b1 = 0;
  let b2 = 0;
  let b3 = 0;
  for (let at = 0, place = 0; at < inner; at += 1, place += PANEL_COLUMNS) {
    const a = left[from0 + at] ?? 0;
    const b = left[from1 + at] ?? 0;
    const value0 = panel[place] ?? 0;
    const value1 = panel[place + 1] ?? 0;
    const value2 = panel[place + 2] ?? 0;
    const value3 = panel[place + 3] ?? 0;
    a0 += a * value0;
    a1 += a * value1;
    a2 += a * value2;
    a3 += a * value3;
    b0 += b * value0;
    b1 += b * value1;
    b2 += b * value2;
    b3 += b * value3;
  }
  const count = Math.min(PANEL_COLUMNS, columns - first);
  out.set([a0, a1, a2, a3].slice(0, count), row * columns + first);
  out.set([b0, b1, b2, b3].slice(0, count), second * columns + first);
}
