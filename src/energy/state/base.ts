/** The heavy part of the state, fixed by a seed or a file: embeddings, pair weights, hyperedges. */
import { product } from '../kernels/product.js';
import { spectrum, type Spectrum } from '../model/projection.js';
import { randomStream } from '../model/random.js';
import { DIMENSIONS } from './ledger.js';

export interface Base {
  readonly agents: number;
  readonly embeddings: Float64Array;
  /** Symmetric, with a diagonal of zeros; not yet projected. */
  readonly pairWeights: Float64Array;
  /** Which agents each hyperedge joins. */
  readonly hyperedges: readonly (readonly number[])[];
}

/** What is computed from a base once and used by every answer about it. */
export interface PreparedBase extends Base {
  readonly product: Float64Array;
  /** The spectral norm of W₀ and the vector that shows it. */
  readonly spectrum: Spectrum;
  /** ‖h‖ of each agent. */
  readonly stateNorms: Float64Array;
  /** How alike the members of each hyperedge are, in [0, 1]. */
  readonly cohesion: Float64Array;
}

const HYPEREDGES = 32;
const MEMBERS_MIN = 3;
const MEMBERS_MORE = 6;

export function seededBase(seed: number, agents: number): Base {
  const normal = randomStream(seed, 'embeddings');
  const embeddings = new Float64Array(agents * DIMENSIONS);
  for (let at = 0; at < embeddings.length; at += 1) embeddings[at] = normal.normal();
  const uniform = randomStream(seed, 'pairs');
  const pairWeights = new Float64Array(agents * agents);
  for (let row = 0; row < agents; row += 1) {
    for (let column = row + 1; column < agents; column += 1) {
      const weight = uniform.uniform();
      pairWeights[row * agents + column] = weight;
      pairWeights[column * agents + row] = weight;
    }
  }
  return { agents, embeddings, pairWeights, hyperedges: seededHyperedges(seed, agents) };
}

export function seededHyperedges(seed: number, agents: number): number[][] {
  const random = randomStream(seed, 'hyperedges');
  return Array.from({ length: HYPEREDGES }, () => {
    const members = new Set<number>();
    const wanted = Math.min(agents, MEMBERS_MIN + random.below(MEMBERS_MORE));
    while (members.size < wanted) members.add(random.below(agents));
    return [...members].sort((a, b) => a - b);
  });
}

function norms(embeddings: Float64Array, agents: number): Float64Array {
  const out = new Float64Array(agents);
  for (let agent = 0; agent < agents; agent += 1) {
    let sum = 0;
    for (let at = agent * DIMENSIONS; at < (agent + 1) * DIMENSIONS; at += 1) {
      sum += (embeddings[at] ?? 0) ** 2;
    }
    out[agent] = Math.sqrt(sum);
  }
  return out;
}

/** The mean cosine similarity over all pairs of members; groups that point apart count as zero. */
export function cohesionOf(base: Base, stateNorms: Float64Array): Float64Array {
  return Float64Array.from(base.hyperedges, (members) => {
    let sum = 0;
    let pairs = 0;
    for (const [at, first] of members.entries()) {
      for (const second of members.slice(at + 1)) {
        let dot = 0;
        for (let index = 0; index < DIMENSIONS; index += 1) {
          const left = base.embeddings[first * DIMENSIONS + index] ?? 0;
          dot += left * (base.embeddings[second * DIMENSIONS + index] ?? 0);
        }
        const scale = (stateNorms[first] ?? 0) * (stateNorms[second] ?? 0);
        if (scale > 0) sum += dot / scale;
        pairs += 1;
      }
    }
    return pairs === 0 ? 0 : Math.min(1, Math.max(0, sum / pairs));
  });
}

export function prepareBase(base: Base): PreparedBase {
  const stateNorms = norms(base.embeddings, base.agents);
  return {
    ...base,
    product: product(base.pairWeights, base.embeddings, base.agents, DIMENSIONS),
    spectrum: spectrum(base.pairWeights, base.agents),
    stateNorms,
    cohesion: cohesionOf(base, stateNorms),
  };
}

/** What a prepared base keeps in memory; the limit on bases in a worker counts these bytes. */
export function baseBytes(agents: number): number {
  return 8 * (agents * agents + 2 * agents * DIMENSIONS + 2 * agents);
}
