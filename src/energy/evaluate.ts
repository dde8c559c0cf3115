/** The energy of a state: joins its fixed and its changing part and computes all terms. */
import { matrixVector } from './kernels/matrix-vector.js';
import { memoryCost, share } from './model/memory.js';
import { pairProduct, sortedPairs, successRate, type Pair } from './model/pairs.js';
import { strongestPatterns } from './model/patterns.js';
import { contraction, powerIteration } from './model/projection.js';
import { energyTerms, type EnergyInput, type Terms } from './model/terms.js';
import { mean, percentile, pressureScores, type PressureScores } from './model/trend.js';
import type { PreparedBase } from './state/base.js';
import { DIMENSIONS, HYPEREDGES_MAX, type Ledger } from './state/ledger.js';

export interface Evaluation {
  readonly terms: Terms;
  readonly input: EnergyInput;
  /** The spectral norm of W before it was projected. */
  readonly spectralNorm: number;
  readonly pressures: PressureScores;
  readonly patterns: number;
}

/**
 * W = ½·W₀ + ½·S, with S the success rates of pairs, projected to a spectral norm of one. The
 * product W₀·H is part of the prepared base, so that a state in which few pairs changed costs
 * their rows and not the whole product again; the sum is formed in the same order every time, so
 * that it does not depend on what a worker happened to have computed before.
 */
export function evaluate(base: PreparedBase, ledger: Ledger, nowMs: number): Evaluation {
  const pairs = sortedPairs(ledger.pairs);
  const spectralNorm = weightNorm(base, pairs);
  const factor = contraction(spectralNorm) / 2;
  const sparse = pairProduct(pairs, base.embeddings, base.agents, DIMENSIONS);
  const product = new Float64Array(base.product.length);
  for (let at = 0; at < product.length; at += 1) {
    product[at] = factor * ((base.product[at] ?? 0) + (sparse[at] ?? 0));
  }
  const patterns = strongestPatterns(ledger.patterns, nowMs, HYPEREDGES_MAX - base.cohesion.length);
  const activity = Float64Array.from([
    ...base.cohesion,
    ...patterns.map((pattern) => pattern.activity),
  ]);
  const pressures = pressuresOf(ledger);
  const input: EnergyInput = {
    agents: base.agents,
    dimensions: DIMENSIONS,
    embeddings: base.embeddings,
    product,
    roles: ledger.roles,
    activity,
    hyperWeights: new Float64Array(activity.length).fill(1),
    costVq: memoryCost(ledger.memory),
    drift: pressures.drift,
    anomaly: pressures.anomaly,
  };
  const terms = energyTerms(input, ledger.coefficients);
  return { terms, input, spectralNorm, pressures, patterns: patterns.length };
}

/** Begun at the vector of W₀ alone, which a few pairs hardly move, so a few steps are enough. */
function weightNorm(base: PreparedBase, pairs: readonly Pair[]): number {
  const rated = pairs.filter((pair) => pair.successes > 0);
  if (rated.length === 0) return base.spectrum.norm / 2;
  const apply = (vector: Float64Array): Float64Array => {
    const out = matrixVector(base.pairWeights, vector, base.agents);
    for (const pair of rated) {
      const rate = successRate(pair);
      out[pair.first] = (out[pair.first] ?? 0) + rate * (vector[pair.second] ?? 0);
      out[pair.second] = (out[pair.second] ?? 0) + rate * (vector[pair.first] ?? 0);
    }
    return out;
  };
  return powerIteration(apply, base.spectrum.vector).norm / 2;
}

const SLOW_ROUTE_MS = 5000;

/** The pressures that the state itself carries: memory, routing, capability and pairs. */
export function pressuresOf(ledger: Ledger): PressureScores {
  const { memory, router } = ledger;
  const rates = sortedPairs(ledger.pairs).map(successRate);
  const escalations = router.escalated.filter(Boolean).length;
  return pressureScores({
    memoryUse: mean(ledger.memoryUse),
    misses: share(memory.misses, memory.hits + memory.misses),
    evictions: share(memory.evictions, memory.hits + memory.misses),
    load: share(escalations, router.escalated.length),
    capability: mean(ledger.capability),
    queue: Math.min(1, percentile(router.latenciesMs, 95) / SLOW_ROUTE_MS),
    topology: rates.length === 0 ? 0 : 1 - mean(rates),
  });
}
