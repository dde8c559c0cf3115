/** Matrix times vector, four rows at a time, so that each number of the vector serves four. */

export function matrixVector(
  matrix: Float64Array,
  vector: Float64Array,
  size: number,
): Float64Array {
  const out = new Float64Array(size);
  const whole = size - (size % 4);
  for (let row = 0; row < whole; row += 4) {
    const at0 = row * size;
    const at1 = at0 + size;
    const at2 = at1 + size;
    const at3 = at2 + size;
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    for (let at = 0; at < size; at += 1) {
      const value = vector[at] ?? 0;
      sum0 += (matrix[at0 + at] ?? 0) * value;
      sum1 += (matrix[at1 + at] ?? 0) * value;
      sum2 += (matrix[at2 + at] ?? 0) * value;
      sum3 += (matrix[at3 + at] ?? 0) * value;
    }
    out[row] = sum0;
    out[row + 1] = sum1;
    out[row + 2] = sum2;
    out[row + 3] = sum3;
  }
  for (let row = whole; row < size; row += 1) {
    let sum = 0;
    for (let at = 0; at < size; at += 1) {
      sum += (matrix[row * size + at] ?? 0) * (vector[at] ?? 0);
    }
    out[row] = sum;
  }
  return out;
}
