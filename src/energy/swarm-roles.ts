/** Lets a particle swarm choose how far all agents lean towards each role. */
import type { Evaluation } from './evaluate.js';
import { matrixVector } from './kernels/matrix-vector.js';
import { affinity } from './kernels/affinity.js';
import type { RandomStream } from './model/random.js';
import { ROLES, totalRoleEntropy } from './model/terms.js';
import { dot } from './model/terms.js';
import { contraction } from './model/projection.js';
import type { PreparedBase } from './state/base.js';
import { DIMENSIONS, type Ledger } from './state/ledger.js';
import { minimise } from './swarm.js';

export interface SwarmResult {
  readonly evaluations: number;
  /** What is added to the logarithm of each role's probability. */
  readonly lean: readonly number[];
  readonly energyBefore: number;
  readonly energyAfter: number;
  readonly meanEntropy: number;
}

const PARTICLES = 10;
const ITERATIONS = 5;
const LEAN_MAX = 2;
const ENTROPY_FLOOR = 0.2;

export function leaned(roles: Float64Array, lean: readonly number[]): Float64Array {
  const factors = [0, 1, 2].map((role) => Math.exp(lean[role] ?? 0));
  const out = new Float64Array(roles.length);
  for (let at = 0; at < roles.length; at += ROLES) {
    let sum = 0;
    for (let role = 0; role < ROLES; role += 1) {
      const share = (roles[at + role] ?? 0) * (factors[role] ?? 1);
      out[at + role] = share;
      sum += share;
    }
    for (let role = 0; role < ROLES; role += 1) out[at + role] = (out[at + role] ?? 0) / sum;
  }
  return out;
}

/**
 * Pairs count for as much as their roles agree: E(p) = -Σ Wᵢⱼ (hᵢ·hⱼ)(pᵢ·pⱼ) - α ΣH(pᵢ). The
 * matrix Wᵢⱼ(hᵢ·hⱼ) does not change while the swarm moves, so it is computed once and each
 * evaluation costs three matrix-vector products. Changes the roles of the ledger.
 */
export function swarmRoles(
  base: PreparedBase,
  ledger: Ledger,
  evaluation: Evaluation,
  random: RandomStream,
): SwarmResult {
  const scale = contraction(evaluation.spectralNorm) / 2;
  const bonds = affinity(base.pairWeights, base.embeddings, base.agents, DIMENSIONS);
  const energy = (roles: Float64Array): number => {
    let pairs = 0;
    const column = new Float64Array(base.agents);
    for (let role = 0; role < ROLES; role += 1) {
      for (let agent = 0; agent < base.agents; agent += 1) {
        column[agent] = roles[agent * ROLES + role] ?? 0;
      }
      pairs += dot(column, matrixVector(bonds, column, base.agents));
    }
    const entropy = totalRoleEntropy(roles);
    const missing = Math.max(0, ENTROPY_FLOOR * base.agents - entropy);
    return -scale * pairs - ledger.coefficients.alpha * entropy + missing;
  };
  const found = minimise((lean) => energy(leaned(ledger.roles, lean)), random, {
    dimensions: ROLES,
    particles: PARTICLES,
    iterations: ITERATIONS,
    min: -LEAN_MAX,
    max: LEAN_MAX,
  });
  const energyBefore = energy(ledger.roles);
  ledger.roles.set(leaned(ledger.roles, found.best));
  return {
    evaluations: found.evaluations,
    lean: found.best,
    energyBefore,
    energyAfter: found.value,
    meanEntropy: totalRoleEntropy(ledger.roles) / base.agents,
  };
}
