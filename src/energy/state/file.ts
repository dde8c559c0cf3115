/** Reads a whole live state from JSON, or refuses the whole and names the field that is wrong. */
import { readFileSync, statSync } from 'node:fs';
import { Failure, OperatorError } from '../../errors.js';
import {
  ANY_NUMBER,
  Fields,
  invalid,
  parseJson,
  readList,
  readNumber,
  readNumbers,
  readRoles,
} from '../fields.js';
import { ROLES } from '../model/terms.js';
import { seededBase, seededHyperedges, type Base } from './base.js';
import { readCoefficients } from './coefficients-field.js';
import { DIMENSIONS, HYPEREDGES_MAX, seededLedger, type Ledger } from './ledger.js';

export interface LoadedState {
  readonly base: Base;
  readonly ledger: Ledger;
}

const SHARE = { min: 0, max: 1 };
const COUNT = { min: 0, max: 1e9 };
const FILE_BYTES_MAX = 256 * 1024 ** 2;

/** Shared with the workers, so that they all read one copy. */
function sharedNumbers(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(8 * length));
}

function readAgent(
  value: unknown,
  path: string,
  at: number,
  ledger: Ledger,
  embeddings: Float64Array,
  heartbeatsMs: Float64Array,
): void {
  const fields = new Fields(value, path, [
    ...['h', 'role_probs', 'capability', 'mem_util'],
    ...['tasks_processed', 'successes', 'last_heartbeat'],
  ]);
  const exactly = { min: DIMENSIONS, max: DIMENSIONS };
  const row = readNumbers(fields.get('h'), fields.path('h'), exactly, ANY_NUMBER);
  embeddings.set(row, at * DIMENSIONS);
  ledger.roles.set(readRoles(fields.get('role_probs'), fields.path('role_probs')), at * ROLES);
  ledger.capability[at] = fields.number('capability', SHARE, 0.5);
  ledger.memoryUse[at] = fields.number('mem_util', SHARE, 0);
  ledger.tasks[at] = fields.whole('tasks_processed', COUNT, 0);
  ledger.successes[at] = fields.whole('successes', { min: 0, max: ledger.tasks[at] ?? 0 }, 0);
  heartbeatsMs[at] = 1000 * fields.number('last_heartbeat', { min: 0, max: 1e11 }, 0);
}

/** Entries [first, second, weight]; pairs that are not listed weigh nothing. */
function readPairs(value: unknown, path: string, agents: number): Float64Array {
  const weights = sharedNumbers(agents * agents);
  const list = readList(value, path, { min: 0, max: (agents * (agents - 1)) / 2 });
  for (const [at, entry] of list.entries()) {
    const here = `${path}[${at}]`;
    const parts = readList(entry, here, { min: 3, max: 3 });
    const first = readNumber(parts[0], `${here}[0]`, { min: 0, max: agents - 1 }, true);
    const second = readNumber(parts[1], `${here}[1]`, { min: 0, max: agents - 1 }, true);
    if (first === second) throw invalid(here, 'must join two different agents');
    const weight = readNumber(parts[2], `${here}[2]`, { min: -100, max: 100 });
    weights[first * agents + second] = weight;
    weights[second * agents + first] = weight;
  }
  return weights;
}

function readHyperedges(value: unknown, path: string, agents: number): number[][] {
  const list = readList(value, path, { min: 0, max: HYPEREDGES_MAX });
  return list.map((entry, at) => {
    const here = `${path}[${at}]`;
    const members = readList(entry, here, { min: 2, max: agents }).map((member, place) =>
      readNumber(member, `${here}[${place}]`, { min: 0, max: agents - 1 }, true),
    );
    if (new Set(members).size !== members.length) throw invalid(here, 'names an agent twice');
    return members;
  });
}

/** Throws a `Failure` that names the field. The seed gives pairs and hyperedges that are absent. */
export function readState(value: unknown, seed: number, agentsMax: number): LoadedState {
  const fields = new Fields(value, 'state', [
    ...['agents', 'pair_weights', 'hyperedges', 'weights', 'compression_knob'],
  ]);
  const list = readList(fields.get('agents'), 'agents', { min: 2, max: agentsMax });
  const agents = list.length;
  const embeddings = sharedNumbers(agents * DIMENSIONS);
  const heartbeatsMs = new Float64Array(agents);
  const ledger: Ledger = { ...seededLedger(seed, agents), source: 'file', heartbeatsMs };
  for (const [at, agent] of list.entries()) {
    readAgent(agent, `agents[${at}]`, at, ledger, embeddings, heartbeatsMs);
  }
  if (fields.has('weights')) {
    ledger.coefficients = readCoefficients(fields.get('weights'), 'weights', ledger.coefficients);
  }
  ledger.knob = fields.number('compression_knob', SHARE, ledger.knob);
  const pairWeights = fields.has('pair_weights')
    ? readPairs(fields.get('pair_weights'), 'pair_weights', agents)
    : seededBase(seed, agents).pairWeights;
  const hyperedges = fields.has('hyperedges')
    ? readHyperedges(fields.get('hyperedges'), 'hyperedges', agents)
    : seededHyperedges(seed, agents);
  return { base: { agents, embeddings, pairWeights, hyperedges }, ledger };
}

/** What an operator named is wrong as a whole: one sentence, and the service does not start. */
export function loadStateFile(file: string, seed: number, agentsMax: number): LoadedState {
  let bytes: Buffer;
  try {
    if (statSync(file).size > FILE_BYTES_MAX)
      throw new OperatorError('The energy state file is too large.');
    bytes = readFileSync(file);
  } catch (thrown) {
    if (thrown instanceof OperatorError) throw thrown;
    throw new OperatorError('The energy state file cannot be read.');
  }
  try {
    return readState(parseJson(bytes), seed, agentsMax);
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    throw new OperatorError(`The energy state file is not valid. ${thrown.detail ?? ''}`.trim());
  }
}
