/** The fast kernels give what the plain loops give. */
import { describe, expect, it } from '@jest/globals';
import { matrixVector } from '../../src/energy/kernels/matrix-vector.js';
import { panelMultiply } from '../../src/energy/kernels/panels.js';
import { affinity, product } from '../../src/energy/kernels/product.js';
import { simdAvailable, simdMultiply } from '../../src/energy/kernels/simd.js';
import { plainGram, plainMatrixVector, plainProduct } from '../../src/energy/kernels/reference.js';
import { powerIteration, project, spectralNorm } from '../../src/energy/model/projection.js';
import { randomStream } from '../../src/energy/model/random.js';

function numbers(length: number, purpose: string): Float64Array {
  const random = randomStream(9, purpose);
  return Float64Array.from({ length }, () => random.normal());
}

function expectSame(ours: Float64Array, plain: Float64Array): void {
  expect(ours).toHaveLength(plain.length);
  let worst = 0;
  for (let at = 0; at < plain.length; at += 1) {
    worst = Math.max(worst, Math.abs(ours[at]! - plain[at]!));
  }
  expect(worst).toBeLessThan(1e-10);
}

/** Bit for bit, so that the choice of a kernel can never be seen in an answer. */
function expectBits(ours: Float64Array, plain: Float64Array): void {
  const bytes = (of: Float64Array): Buffer => Buffer.from(of.buffer, of.byteOffset, of.byteLength);
  expect(Buffer.compare(bytes(ours), bytes(plain))).toBe(0);
}

// Sizes below, at and above the blocks, and none that divide evenly.
const sizes = [1, 2, 3, 5, 63, 64, 65, 130];

describe('the kernels', () => {
  it.each(sizes)('multiply %i rows to the very bits of the plain loop', (size) => {
    for (const width of [1, 3, 4, 128]) {
      const matrix = numbers(size * size, 'matrix');
      const columns = numbers(size * width, 'columns');
      const plain = plainProduct(matrix, columns, size, width);
      const shape = { rows: size, inner: size, columns: width };
      expectBits(panelMultiply(matrix, columns, shape), plain);
      expectBits(product(matrix, columns, size, width), plain);
      if (simdAvailable()) expectBits(simdMultiply(matrix, columns, shape), plain);
    }
  });

  it('multiply matrices that are not square, large after small and small after large', () => {
    for (const [rows, inner, columns] of [
      [3, 200, 7],
      [130, 2, 65],
      [1, 1, 1],
    ] as const) {
      const left = numbers(rows * inner, 'left');
      const right = numbers(inner * columns, 'right');
      const shape = { rows, inner, columns };
      const ours = simdMultiply(left, right, shape);
      expectBits(panelMultiply(left, right, shape), ours);
      let sum = 0;
      for (let at = 0; at < inner; at += 1) sum += left[at]! * right[at * columns]!;
      expect(ours[0]).toBe(sum);
    }
  });

  it('run on the vector unit where tests run', () => {
    expect(simdAvailable()).toBe(true);
  });

  it.each(sizes)('apply a matrix of %i rows to a vector as the plain loop does', (size) => {
    const matrix = numbers(size * size, 'matrix');
    const vector = numbers(size, 'vector');
    expectSame(matrixVector(matrix, vector, size), plainMatrixVector(matrix, vector, size));
  });

  it.each(sizes)('weigh the dot products of %i rows as the plain loop does', (size) => {
    const weights = numbers(size * size, 'weights');
    for (let row = 0; row < size; row += 1) {
      for (let column = 0; column < row; column += 1) {
        weights[row * size + column] = weights[column * size + row]!;
      }
    }
    const rows = numbers(size * 6, 'rows');
    const expected = plainGram(rows, size, 6).map((value, at) => value * weights[at]!);
    expectSame(affinity(weights, rows, size, 6), expected);
  });
});

describe('the spectral norm', () => {
  it('is the largest absolute eigenvalue, also a negative one or one of both signs', () => {
    expect(spectralNorm(Float64Array.from([-3, 0, 0, 2]), 2)).toBeCloseTo(3, 10);
    expect(spectralNorm(Float64Array.from([0, 4, 4, 0]), 2)).toBeCloseTo(4, 10);
    const nothing = powerIteration((vector) => vector.map(() => 0), Float64Array.of(1, 2));
    expect(nothing.norm).toBe(0);
  });

  it('is never more than one after a projection, and smaller matrices stay as they are', () => {
    const large = numbers(40 * 40, 'large');
    expect(project(large, 40)).toBeGreaterThan(1);
    expect(spectralNorm(large, 40)).toBeCloseTo(1, 9);
    const small = Float64Array.from([0.1, 0.3, 0.1, 0.2]);
    project(small, 2);
    expect([...small]).toEqual([0.1, 0.2, 0.2, 0.2]);
  });
});
