/** The plain loops: slow, obvious, and what every faster kernel is tested against. */

/** out = matrix · columns, for a square matrix of `size` and `size` rows of `width` numbers. */
export function plainProduct(
  matrix: Float64Array,
  columns: Float64Array,
  size: number,
  width: number,
): Float64Array {
  const out = new Float64Array(size * width);
  for (let row = 0; row < size; row += 1) {
    for (let inner = 0; inner < size; inner += 1) {
      const factor = matrix[row * size + inner] ?? 0;
      for (let at = 0; at < width; at += 1) {
        const index = row * width + at;
        out[index] = (out[index] ?? 0) + factor * (columns[inner * width + at] ?? 0);
      }
    }
  }
  return out;
}

/** All dot products of the rows with each other. */
export function plainGram(rows: Float64Array, size: number, width: number): Float64Array {
  const out = new Float64Array(size * size);
  for (let first = 0; first < size; first += 1) {
    for (let second = 0; second < size; second += 1) {
      let sum = 0;
      for (let at = 0; at < width; at += 1) {
        sum += (rows[first * width + at] ?? 0) * (rows[second * width + at] ?? 0);
      }
      out[first * size + second] = sum;
    }
  }
  return out;
}

export function plainMatrixVector(
  matrix: Float64Array,
  vector: Float64Array,
  size: number,
): Float64Array {
  const out = new Float64Array(size);
  for (let row = 0; row < size; row += 1) {
    let sum = 0;
    for (let at = 0; at < size; at += 1) sum += (matrix[row * size + at] ?? 0) * (vector[at] ?? 0);
    out[row] = sum;
  }
  return out;
}
