/** The sums of the energy model: golden vectors, and gradients against finite differences. */
import { describe, expect, it } from '@jest/globals';
import { product } from '../../src/energy/kernels/product.js';
import { costVq } from '../../src/energy/model/memory.js';
import { spectralNorm } from '../../src/energy/model/projection.js';
import { randomStream } from '../../src/energy/model/random.js';
import {
  energyGradients,
  energyTerms,
  entropyTermInBits,
  type EnergyInput,
} from '../../src/energy/model/terms.js';
import { defaultCoefficients } from '../../src/energy/model/coefficients.js';

const roles = Float64Array.from([0.8, 0.1, 0.1, 0.1, 0.8, 0.1, 0.4, 0.4, 0.2]);

function smallInput(more: Partial<EnergyInput> = {}): EnergyInput {
  const embeddings = Float64Array.from([1, 0, 0.6, 0.8]);
  const weights = Float64Array.from([0, 0.5, 0.5, 0]);
  return {
    agents: 2,
    dimensions: 2,
    embeddings,
    product: product(weights, embeddings, 2, 2),
    roles: roles.slice(0, 6),
    activity: Float64Array.from([1, 0.5, 0.2]),
    hyperWeights: Float64Array.from([1, 1, 1]),
    costVq: costVq(1, 2),
    drift: 0,
    anomaly: 0,
    ...more,
  };
}

describe('the golden vectors', () => {
  it('the older entropy in bits repeats a recorded run to the last digit', () => {
    expect(entropyTermInBits(roles, 0.1)).toBe(-0.3365784271677832);
  });

  it('the entropy in nats of the same roles is known', () => {
    const terms = energyTerms(smallInput({ roles, agents: 3 }), defaultCoefficients);
    expect(terms.entropy).toBeCloseTo(-0.23329838939566586, 14);
  });

  it('all terms of a state of two agents are known', () => {
    const input = smallInput();
    const terms = energyTerms(input, defaultCoefficients);
    expect(terms.pair).toBeCloseTo(-0.6, 14);
    expect(terms.reg).toBeCloseTo(0.02, 14);
    expect(terms.hyper).toBeCloseTo(-1.7, 14);
    expect(terms.mem).toBeCloseTo(0.025, 14);
    expect(terms.entropy).toBeCloseTo(-0.12780637, 7);
    expect(terms.total).toBeCloseTo(-2.38280637, 7);
  });

  it('its gradients and its spectral norm are known', () => {
    const input = smallInput();
    const noReg = energyGradients(input, { ...defaultCoefficients, lambda: 0 });
    const expected = [-0.6, -0.8, -1, 0];
    expected.forEach((value, at) => {
      expect(noReg.embeddings[at]).toBeCloseTo(value, 14);
    });
    expect(energyGradients(input, defaultCoefficients).norm).toBeCloseTo(0.0282842712, 10);
    expect(spectralNorm(Float64Array.from([0, 0.5, 0.5, 0]), 2)).toBeCloseTo(0.5, 12);
  });

  it('drift and anomaly add their weighed share', () => {
    const plain = energyTerms(smallInput(), defaultCoefficients);
    const more = energyTerms(smallInput({ drift: 0.4, anomaly: 0.5 }), defaultCoefficients);
    expect(more.total - plain.total).toBeCloseTo(0.05 * 0.4 + 0.03 * 0.5, 14);
  });
});

describe('the gradients agree with finite differences', () => {
  const agents = 7;
  const dimensions = 5;
  const random = randomStream(3, 'finite differences');
  const weights = new Float64Array(agents * agents);
  for (let row = 0; row < agents; row += 1) {
    for (let column = row; column < agents; column += 1) {
      const value = random.uniform() - 0.5;
      weights[row * agents + column] = value;
      weights[column * agents + row] = value;
    }
  }
  const embeddings = Float64Array.from({ length: agents * dimensions }, () => random.normal());
  const mixed = Float64Array.from({ length: agents * 3 }, () => 0.1 + random.uniform());

  const inputOf = (rows: Float64Array, activity: Float64Array): EnergyInput => ({
    agents,
    dimensions,
    embeddings: rows,
    product: product(weights, rows, agents, dimensions),
    roles: mixed,
    activity,
    hyperWeights: Float64Array.from([0.3, -0.7]),
    costVq: 0.3,
    drift: 0.1,
    anomaly: 0.2,
  });
  const activity = Float64Array.from([0.4, 0.9]);
  const step = 1e-5;
  const slope = (at: number, vary: 'embeddings' | 'activity'): number => {
    const moved = [step, -step].map((by) => {
      const copy = vary === 'embeddings' ? embeddings.slice() : activity.slice();
      copy[at]! += by;
      const input = vary === 'embeddings' ? inputOf(copy, activity) : inputOf(embeddings, copy);
      return energyTerms(input, defaultCoefficients).total;
    });
    return (moved[0]! - moved[1]!) / (2 * step);
  };
  const gradients = energyGradients(inputOf(embeddings, activity), defaultCoefficients);

  it('by each number of each embedding, the regularisation included', () => {
    for (let at = 0; at < embeddings.length; at += 1) {
      expect(Math.abs(gradients.embeddings[at]! - slope(at, 'embeddings'))).toBeLessThan(1e-6);
    }
  });

  it('by the activity of each hyperedge', () => {
    for (let at = 0; at < activity.length; at += 1) {
      expect(Math.abs(gradients.activity[at]! - slope(at, 'activity'))).toBeLessThan(1e-6);
    }
  });

  it('by the roles: alpha (ln q + 1) at a row that sums to one', () => {
    const row = Float64Array.from([0.5, 0.3, 0.2]);
    const of = energyGradients(smallInput({ agents: 1, roles: row }), defaultCoefficients);
    for (const [at, share] of row.entries()) {
      // The energy as a function of one free share q is alpha q ln q.
      const energy = (q: number): number => defaultCoefficients.alpha * q * Math.log(q);
      const slopeHere = (energy(share + step) - energy(share - step)) / (2 * step);
      expect(Math.abs(of.roles[at]! - slopeHere)).toBeLessThan(1e-6);
    }
  });
});
