/** Reads a whole state out of a body: everything that the energy is a function of, and no more. */
import { ANY_NUMBER, Fields, invalid, readList, readNumbers, readRoles } from '../fields.js';
import { product } from '../kernels/product.js';
import { defaultCoefficients, type Coefficients } from '../model/coefficients.js';
import { costVq } from '../model/memory.js';
import { project } from '../model/projection.js';
import { ROLES, type EnergyInput } from '../model/terms.js';
import { readCoefficients } from './coefficients-field.js';
import { DIMENSIONS, HYPEREDGES_MAX } from './ledger.js';

export interface ComputeRequest {
  readonly input: EnergyInput;
  readonly coefficients: Coefficients;
  readonly includeGradients: boolean;
  readonly spectralNorm: number;
}

const SHARE = { min: 0, max: 1 };
const SIGNED = { min: -1, max: 1 };
const RATIO = { min: 1, max: 1000 };

/** W: symmetric and a contraction once it is read. Absent, every pair weighs the same. */
function readPairWeights(fields: Fields, agents: number): { weights: Float64Array; norm: number } {
  const weights = new Float64Array(agents * agents);
  if (fields.has('pair_weights')) {
    const path = fields.path('pair_weights');
    const exactly = { min: agents, max: agents };
    for (const [row, values] of readList(fields.get('pair_weights'), path, exactly).entries()) {
      weights.set(readNumbers(values, `${path}[${row}]`, exactly, ANY_NUMBER), row * agents);
    }
  } else {
    weights.fill(1);
    for (let agent = 0; agent < agents; agent += 1) weights[agent * agents + agent] = 0;
  }
  return { norm: project(weights, agents), weights };
}

function readAgents(
  fields: Fields,
  agentsMax: number,
): { embeddings: Float64Array; roles: Float64Array; agents: number; dimensions: number } {
  const path = fields.path('agents');
  const list = readList(fields.get('agents'), path, { min: 1, max: agentsMax });
  const roles = new Float64Array(list.length * ROLES);
  let embeddings = new Float64Array(0);
  let dimensions = 0;
  for (const [at, one] of list.entries()) {
    const agent = new Fields(one, `${path}[${at}]`, ['agent_id', 'h', 'p', 'c', 'mem_util']);
    if (agent.has('agent_id')) agent.name('agent_id');
    if (agent.has('c')) agent.number('c', SHARE);
    if (agent.has('mem_util')) agent.number('mem_util', SHARE);
    // The first agent says how many numbers an embedding has; all others must agree with it.
    const length = at === 0 ? { min: 1, max: DIMENSIONS } : { min: dimensions, max: dimensions };
    const row = readNumbers(agent.get('h'), agent.path('h'), length, ANY_NUMBER);
    if (at === 0) {
      dimensions = row.length;
      embeddings = new Float64Array(list.length * dimensions);
    }
    embeddings.set(row, at * dimensions);
    roles.set(readRoles(agent.get('p'), agent.path('p')), at * ROLES);
  }
  return { embeddings, roles, agents: list.length, dimensions };
}

function readHyperedges(fields: Fields): { activity: Float64Array; hyperWeights: Float64Array } {
  const some = { min: 0, max: HYPEREDGES_MAX };
  const activity = fields.has('E_patterns')
    ? readNumbers(fields.get('E_patterns'), fields.path('E_patterns'), some, SHARE)
    : new Float64Array(0);
  if (!fields.has('hyper_weights')) {
    return { activity, hyperWeights: new Float64Array(activity.length).fill(1) };
  }
  const same = { min: activity.length, max: activity.length };
  const path = fields.path('hyper_weights');
  return { activity, hyperWeights: readNumbers(fields.get('hyper_weights'), path, same, SIGNED) };
}

function readMemory(fields: Fields): number {
  if (!fields.has('memory')) return 0;
  const memory = new Fields(fields.get('memory'), fields.path('memory'), [
    'cost_vq',
    'p_compress',
    'r_effective',
  ]);
  if (memory.has('cost_vq')) {
    if (memory.has('p_compress')) throw invalid(memory.path('cost_vq'), 'stands for p_compress');
    return memory.number('cost_vq', SHARE);
  }
  return costVq(memory.number('p_compress', SHARE), memory.number('r_effective', RATIO));
}

export function readComputeRequest(body: unknown, agentsMax: number): ComputeRequest {
  const request = new Fields(body, 'body', ['unified_state', 'weights', 'include_gradients']);
  const includeGradients = request.flag('include_gradients', true);
  const coefficients = request.has('weights')
    ? readCoefficients(request.get('weights'), 'weights', defaultCoefficients)
    : defaultCoefficients;
  const fields = new Fields(request.get('unified_state'), 'unified_state', [
    'agents',
    'pair_weights',
    'E_patterns',
    'hyper_weights',
    'memory',
    'drift',
    'anomaly',
  ]);
  const state = readAgents(fields, agentsMax);
  const hyperedges = readHyperedges(fields);
  const cost = readMemory(fields);
  const drift = fields.number('drift', SHARE, 0);
  const anomaly = fields.number('anomaly', SHARE, 0);
  const { weights, norm } = readPairWeights(fields, state.agents);
  const input: EnergyInput = {
    ...state,
    ...hyperedges,
    product: product(weights, state.embeddings, state.agents, state.dimensions),
    costVq: cost,
    drift,
    anomaly,
  };
  return { input, coefficients, includeGradients, spectralNorm: norm };
}
