/** The terms of the energy and their gradients: the sums and nothing else. */
import type { Coefficients } from './coefficients.js';

export const ROLES = 3;

export interface Terms {
  readonly pair: number;
  readonly hyper: number;
  readonly entropy: number;
  readonly reg: number;
  readonly mem: number;
  readonly drift: number;
  readonly anomaly: number;
  readonly total: number;
}

/** Everything that the energy is a function of. The product is W·H for a symmetric W. */
export interface EnergyInput {
  readonly agents: number;
  readonly dimensions: number;
  /** H, one row of `dimensions` numbers for each agent. */
  readonly embeddings: Float64Array;
  /** W·H, computed once and shared by the energy and by its gradient. */
  readonly product: Float64Array;
  /** P, three probabilities for each agent: explorer, specialist, optimiser. */
  readonly roles: Float64Array;
  /** E_sel, how active each hyperedge is, in [0, 1]. */
  readonly activity: Float64Array;
  readonly hyperWeights: Float64Array;
  readonly costVq: number;
  readonly drift: number;
  readonly anomaly: number;
}

export interface Gradients {
  /** dE/dH, the part of the regularisation included. */
  readonly embeddings: Float64Array;
  /** dE/dP = alpha (ln q + 1). */
  readonly roles: Float64Array;
  /** dE/dE_sel. */
  readonly activity: Float64Array;
  readonly norm: number;
  readonly memory: number;
  /** dE/dH(p): how the energy answers to one more nat of entropy. */
  readonly entropy: number;
}

const PROBABILITY_MIN = 1e-8;

export function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < left.length; at += 1) sum += (left[at] ?? 0) * (right[at] ?? 0);
  return sum;
}

/** The probabilities of one agent, kept off zero and summing to one, for the logarithm. */
function cleanRow(roles: Float64Array, agent: number): [number, number, number] {
  const keep = (at: number): number =>
    Math.min(1, Math.max(PROBABILITY_MIN, roles[agent * ROLES + at] ?? 0));
  const row: [number, number, number] = [keep(0), keep(1), keep(2)];
  const sum = row[0] + row[1] + row[2] + PROBABILITY_MIN;
  return [row[0] / sum, row[1] / sum, row[2] / sum];
}

/** The entropy of one agent's roles in nats. */
export function roleEntropy(roles: Float64Array, agent: number): number {
  let entropy = 0;
  for (const share of cleanRow(roles, agent)) entropy -= share * Math.log(share);
  return entropy;
}

export function totalRoleEntropy(roles: Float64Array): number {
  let sum = 0;
  for (let agent = 0; agent < roles.length / ROLES; agent += 1) sum += roleEntropy(roles, agent);
  return sum;
}

/** The older form of the entropy term, in bits; kept because recorded runs were made with it. */
export function entropyTermInBits(roles: Float64Array, alpha: number): number {
  let entropy = 0;
  for (const share of roles) entropy -= share * Math.log2(share + 1e-9);
  return -alpha * entropy;
}

export function energyTerms(input: EnergyInput, coefficients: Coefficients): Terms {
  const pair = -dot(input.embeddings, input.product);
  const hyper = -dot(input.hyperWeights, input.activity);
  const entropy = -coefficients.alpha * totalRoleEntropy(input.roles);
  const reg = coefficients.lambda * dot(input.embeddings, input.embeddings);
  const mem = coefficients.beta * input.costVq;
  const drift = coefficients.lambdaDrift * input.drift;
  const anomaly = coefficients.muAnomaly * input.anomaly;
  const total = pair + hyper + entropy + reg + mem + drift + anomaly;
  return { pair, hyper, entropy, reg, mem, drift, anomaly, total };
}

export function energyGradients(input: EnergyInput, coefficients: Coefficients): Gradients {
  const { alpha, lambda, beta } = coefficients;
  const embeddings = new Float64Array(input.embeddings.length);
  for (let at = 0; at < embeddings.length; at += 1) {
    embeddings[at] = -2 * (input.product[at] ?? 0) + 2 * lambda * (input.embeddings[at] ?? 0);
  }
  const roles = new Float64Array(input.roles.length);
  for (let agent = 0; agent < input.agents; agent += 1) {
    const row = cleanRow(input.roles, agent);
    for (let at = 0; at < ROLES; at += 1) {
      roles[agent * ROLES + at] = alpha * (Math.log(row[at] ?? 1) + 1);
    }
  }
  return {
    embeddings,
    roles,
    activity: input.hyperWeights.map((weight) => -weight),
    norm: 2 * lambda * Math.sqrt(dot(input.embeddings, input.embeddings)),
    memory: beta,
    entropy: -alpha,
  };
}
