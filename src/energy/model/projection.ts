/** Keeps the pair weights a contraction: symmetric, and with a spectral norm of one at most. */
import { matrixVector } from '../kernels/matrix-vector.js';

export interface NormOptions {
  readonly iterationsMax: number;
  /** Stops when the norm moves by less than this share of itself. */
  readonly tolerance: number;
}

export const defaultNormOptions: NormOptions = { iterationsMax: 200, tolerance: 1e-13 };

/** W ← (W + Wᵀ)/2, in place. */
export function symmetrize(matrix: Float64Array, size: number): void {
  for (let row = 0; row < size; row += 1) {
    for (let column = row + 1; column < size; column += 1) {
      const mean = ((matrix[row * size + column] ?? 0) + (matrix[column * size + row] ?? 0)) / 2;
      matrix[row * size + column] = mean;
      matrix[column * size + row] = mean;
    }
  }
}

function normalize(vector: Float64Array): number {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const length = Math.sqrt(sum);
  if (length > 0)
    for (let at = 0; at < vector.length; at += 1) vector[at] = (vector[at] ?? 0) / length;
  return length;
}

/** Without symmetry, so that no eigenvector of a regular matrix is at right angles to it. */
export function firstVector(size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, at) => 1 + Math.sin(at * 12.9898 + 0.5) / 2);
}

export interface Spectrum {
  readonly norm: number;
  /** Where the iteration arrived: a good place to begin for a matrix that is nearly the same. */
  readonly vector: Float64Array;
}

/**
 * The largest absolute eigenvalue of a symmetric operator by power iteration. A norm is what one
 * step does to a unit vector; with eigenvalues +x and -x the vector never settles, but its length
 * under two steps does.
 */
export function powerIteration(
  apply: (vector: Float64Array) => Float64Array,
  start: Float64Array,
  options: NormOptions = defaultNormOptions,
): Spectrum {
  let vector: Float64Array = start.slice();
  normalize(vector);
  let norm = 0;
  for (let step = 0; step < options.iterationsMax; step += 1) {
    const once = apply(vector);
    const first = normalize(once);
    if (first === 0) return { norm: 0, vector };
    const twice = apply(once);
    const second = normalize(twice);
    const next = Math.sqrt(first * second);
    vector = twice;
    if (Math.abs(next - norm) <= options.tolerance * next) return { norm: next, vector };
    norm = next;
  }
  return { norm, vector };
}

export function spectrum(matrix: Float64Array, size: number, options?: NormOptions): Spectrum {
  const apply = (vector: Float64Array): Float64Array => matrixVector(matrix, vector, size);
  return powerIteration(apply, firstVector(size), options);
}

export function spectralNorm(matrix: Float64Array, size: number, options?: NormOptions): number {
  return spectrum(matrix, size, options).norm;
}

/** What W is multiplied by so that its spectral norm is one at most. */
export function contraction(norm: number): number {
  return norm > 1 ? 1 / norm : 1;
}

/** Symmetric and a contraction, in place; gives back the norm it had. */
export function project(matrix: Float64Array, size: number, options?: NormOptions): number {
  symmetrize(matrix, size);
  const norm = spectralNorm(matrix, size, options);
  const factor = contraction(norm);
  if (factor !== 1) {
    for (let at = 0; at < matrix.length; at += 1) matrix[at] = (matrix[at] ?? 0) * factor;
  }
  return norm;
}
