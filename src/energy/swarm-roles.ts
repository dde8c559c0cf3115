/** Lets a particle swarm choose how far all agents lean towards each role. */
import type { Evaluation } from './evaluate.js';
import { affinity, product } from './kernels/product.js';
import type { RandomStream } from './model/random.js';
import { ROLES, totalRoleEntropy } from './model/terms.js';
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
 * matrix Wᵢⱼ(hᵢ·hⱼ) does not change while the swarm moves, so it is computed once, and each step
 * of the swarm is one product of it with three columns a particle. Changes the roles of the ledger.
 */
export function swarmRoles(
  base: PreparedBase,
  ledger: Ledger,
  evaluation: Evaluation,
  random: RandomStream,
): SwarmResult {
  const { agents } = base;
  const scale = contraction(evaluation.spectralNorm) / 2;
  const { alpha } = ledger.coefficients;
  const bonds = affinity(base.pairWeights, base.embeddings, agents, DIMENSIONS);
  const energies = (places: readonly (readonly number[])[]): number[] => {
    const options = places.map((lean) => leaned(ledger.roles, lean));
    return agreements(bonds, options, agents).map((agreement, at) => {
      const entropy = totalRoleEntropy(options[at] ?? ledger.roles);
      const missing = Math.max(0, ENTROPY_FLOOR * agents - entropy);
      return -scale * agreement - alpha * entropy + missing;
    });
  };
  const found = minimise(energies, random, {
    dimensions: ROLES,
    particles: PARTICLES,
    iterations: ITERATIONS,
    min: -LEAN_MAX,
    max: LEAN_MAX,
  });
  ledger.roles.set(leaned(ledger.roles, found.best));
  return {
    evaluations: found.evaluations,
    lean: found.best,
    energyBefore: found.valueBefore,
    energyAfter: found.value,
    meanEntropy: totalRoleEntropy(ledger.roles) / agents,
  };
}

/** For each choice of roles, how far agents that are bound to each other share their roles. */
function agreements(
  bonds: Float64Array,
  options: readonly Float64Array[],
  agents: number,
): number[] {
  const width = options.length * ROLES;
  const columns = new Float64Array(agents * width);
  for (const [at, roles] of options.entries()) {
    for (let agent = 0; agent < agents; agent += 1) {
      const row = roles.subarray(agent * ROLES, (agent + 1) * ROLES);
      columns.set(row, agent * width + at * ROLES);
    }
  }
  const pulled = product(bonds, columns, agents, width);
  const sums = options.map(() => 0);
  for (let at = 0; at < columns.length; at += 1) {
    const option = Math.floor((at % width) / ROLES);
    sums[option] = (sums[option] ?? 0) + (columns[at] ?? 0) * (pulled[at] ?? 0);
  }
  return sums;
}
