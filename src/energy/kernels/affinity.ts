/** The matrix Wᵢⱼ·(hᵢ·hⱼ): the Gram matrix of the embeddings, weighed by the pair weights. */

/** Columns that are worked on together, so that their rows of H stay in the cache. */
const BLOCK_ROWS = 64;

/** Symmetric, because both of its factors are: only one half is computed and the other copied. */
export function affinity(
  pairWeights: Float64Array,
  embeddings: Float64Array,
  size: number,
  width: number,
): Float64Array {
  const out = new Float64Array(size * size);
  for (let start = 0; start < size; start += BLOCK_ROWS) {
    const end = Math.min(size, start + BLOCK_ROWS);
    for (let row = 0; row < end; row += 1) {
      for (let column = Math.max(start, row); column < end; column += 1) {
        const weight = pairWeights[row * size + column] ?? 0;
        const value = weight === 0 ? 0 : weight * rowDot(embeddings, row, column, width);
        out[row * size + column] = value;
        out[column * size + row] = value;
      }
    }
  }
  return out;
}

/** Four sums at once: one sum would wait for its own last addition at every step. */
function rowDot(rows: Float64Array, first: number, second: number, width: number): number {
  const left = first * width;
  const right = second * width;
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let at = 0;
  for (; at + 3 < width; at += 4) {
    sum0 += (rows[left + at] ?? 0) * (rows[right + at] ?? 0);
    sum1 += (rows[left + at + 1] ?? 0) * (rows[right + at + 1] ?? 0);
    sum2 += (rows[left + at + 2] ?? 0) * (rows[right + at + 2] ?? 0);
    sum3 += (rows[left + at + 3] ?? 0) * (rows[right + at + 3] ?? 0);
  }
  let sum = sum0 + sum1 + sum2 + sum3;
  for (; at < width; at += 1) sum += (rows[left + at] ?? 0) * (rows[right + at] ?? 0);
  return sum;
}
