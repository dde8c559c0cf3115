/** The heavy product W·H: blocked so that a piece of H stays in the cache while rows pass over it. */

/** Rows of H that are worked on together; 64 rows of 128 numbers are 64 KiB, within a core's L2. */
const BLOCK_ROWS = 64;

/** out = matrix · columns, for a square matrix of `size` and `size` rows of `width` numbers. */
export function product(
  matrix: Float64Array,
  columns: Float64Array,
  size: number,
  width: number,
): Float64Array {
  const out = new Float64Array(size * width);
  for (let start = 0; start < size; start += BLOCK_ROWS) {
    const end = Math.min(size, start + BLOCK_ROWS);
    for (let row = 0; row < size; row += 1) {
      addRow(matrix, columns, out, row, start, end, size, width);
    }
  }
  return out;
}

/** Adds what the rows [start, end) of `columns` give to one row of the result, four at a time. */
function addRow(
  matrix: Float64Array,
  columns: Float64Array,
  out: Float64Array,
  row: number,
  start: number,
  end: number,
  size: number,
  width: number,
): void {
  const to = row * width;
  const from = row * size;
  let inner = start;
  for (; inner + 3 < end; inner += 4) {
    const factor0 = matrix[from + inner] ?? 0;
    const factor1 = matrix[from + inner + 1] ?? 0;
    const factor2 = matrix[from + inner + 2] ?? 0;
    const factor3 = matrix[from + inner + 3] ?? 0;
    const at0 = inner * width;
    const at1 = at0 + width;
    const at2 = at1 + width;
    const at3 = at2 + width;
    for (let at = 0; at < width; at += 1) {
      out[to + at] =
        (out[to + at] ?? 0) +
        factor0 * (columns[at0 + at] ?? 0) +
        factor1 * (columns[at1 + at] ?? 0) +
        factor2 * (columns[at2 + at] ?? 0) +
        factor3 * (columns[at3 + at] ?? 0);
    }
  }
  for (; inner < end; inner += 1) {
    const factor = matrix[from + inner] ?? 0;
    for (let at = 0; at < width; at += 1) {
      out[to + at] = (out[to + at] ?? 0) + factor * (columns[inner * width + at] ?? 0);
    }
  }
}
