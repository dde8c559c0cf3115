/** A base with a few embeddings replaced: what follows from them is updated, not redone. */
import { product } from '../kernels/product.js';
import { cohesionOf, type PreparedBase } from './base.js';
import { DIMENSIONS } from './ledger.js';

/** When more than this share of the agents moved, the whole product costs less than the updates. */
const MOVED_SHARE_MAX = 0.25;

/**
 * W·(H + Δ) = W·H + W·Δ, and Δ has as many rows as agents moved. The rows are added in the order
 * of the agents, so that the last digits do not depend on the order of the reports.
 */
export function moveBase(
  base: PreparedBase,
  moved: ReadonlyMap<number, Float64Array>,
): PreparedBase {
  if (moved.size === 0) return base;
  const { agents } = base;
  const embeddings = base.embeddings.slice();
  const stateNorms = base.stateNorms.slice();
  const rows = [...moved].sort(([a], [b]) => a - b);
  for (const [agent, row] of rows) {
    embeddings.set(row, agent * DIMENSIONS);
    stateNorms[agent] = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
  }
  const next = { ...base, embeddings, stateNorms };
  return {
    ...next,
    product:
      rows.length > agents * MOVED_SHARE_MAX
        ? product(base.pairWeights, embeddings, agents, DIMENSIONS)
        : updatedProduct(base, rows),
    cohesion: cohesionOf(next, stateNorms),
  };
}

function updatedProduct(
  base: PreparedBase,
  rows: readonly (readonly [number, Float64Array])[],
): Float64Array {
  const out = base.product.slice();
  for (const [agent, row] of rows) {
    const from = agent * DIMENSIONS;
    const change = row.map((value, at) => value - (base.embeddings[from + at] ?? 0));
    for (let other = 0; other < base.agents; other += 1) {
      // W is symmetric: its row `agent` is read in order where its column would be read in jumps.
      const weight = base.pairWeights[agent * base.agents + other] ?? 0;
      const to = other * DIMENSIONS;
      for (let at = 0; at < DIMENSIONS; at += 1) {
        out[to + at] = (out[to + at] ?? 0) + weight * (change[at] ?? 0);
      }
    }
  }
  return out;
}
