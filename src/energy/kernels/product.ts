/** The heavy products of the model, each on the fastest kernel that this machine has. */
import { panelMultiply } from './panels.js';
import type { Shape } from './shape.js';
import { simdAvailable, simdMultiply } from './simd.js';

/** All kernels give the same bits, so the choice is never seen in an answer. */
export function multiply(left: Float64Array, right: Float64Array, shape: Shape): Float64Array {
  return simdAvailable() ? simdMultiply(left, right, shape) : panelMultiply(left, right, shape);
}

/** W·H: a square matrix of `size` times `size` rows of `width` numbers. */
export function product(
  matrix: Float64Array,
  columns: Float64Array,
  size: number,
  width: number,
): Float64Array {
  return multiply(matrix, columns, { rows: size, inner: size, columns: width });
}

export function transposed(rows: Float64Array, size: number, width: number): Float64Array {
  const out = new Float64Array(rows.length);
  for (let row = 0; row < size; row += 1) {
    for (let at = 0; at < width; at += 1) out[at * size + row] = rows[row * width + at] ?? 0;
  }
  return out;
}

/** The matrix Wᵢⱼ·(hᵢ·hⱼ): the dot products of all rows with each other, weighed by the pairs. */
export function affinity(
  pairWeights: Float64Array,
  embeddings: Float64Array,
  size: number,
  width: number,
): Float64Array {
  const columns = transposed(embeddings, size, width);
  const out = multiply(embeddings, columns, { rows: size, inner: width, columns: size });
  for (let at = 0; at < out.length; at += 1) out[at] = (out[at] ?? 0) * (pairWeights[at] ?? 0);
  return out;
}
