/** The part of the state that changes: small, plain data that a worker can be given a copy of. */
import { defaultCoefficients, type Coefficients } from '../model/coefficients.js';
import type { MemoryTiers } from '../model/memory.js';
import { LONG_TERM_ITEMS_MAX, WORKING_ITEMS_MAX } from '../model/memory.js';
import type { Pairs } from '../model/pairs.js';
import type { Patterns } from '../model/patterns.js';
import { randomStream } from '../model/random.js';
import { ROLES, type Terms } from '../model/terms.js';

export const DIMENSIONS = 128;
export const HYPEREDGES_MAX = 64;
export const ORGANS = 8;
export const PAIRS_MAX = 4096;
export const PATTERNS_MAX = 256;
export const HISTORY_MAX = 100;
export const ROUTES_MAX = 1000;

/** How requests were routed lately: `latencies` and `escalated` are one ring of the same length. */
export interface RouterHistory {
  latenciesMs: number[];
  escalated: boolean[];
}

export interface Ledger {
  readonly seed: number;
  readonly agents: number;
  readonly source: 'seed' | 'file';
  readonly capability: Float64Array;
  readonly memoryUse: Float64Array;
  readonly roles: Float64Array;
  readonly tasks: Float64Array;
  readonly successes: Float64Array;
  /** When a loaded state last heard of each agent; a seeded agent answers whenever it is read. */
  readonly heartbeatsMs: Float64Array | undefined;
  /** The embeddings that agents reported since the base was made. */
  readonly moved: Map<number, Float64Array>;
  coefficients: Coefficients;
  memory: MemoryTiers;
  knob: number;
  readonly pairs: Pairs;
  readonly patterns: Patterns;
  /** The energies that state changes arrived at, oldest first. */
  readonly history: Terms[];
  readonly router: RouterHistory;
  /** The multiplier of the memory term in the promotion gate, as the flywheel last set it. */
  betaMemory: number;
}

export function agentName(agent: number): string {
  return `agent_${agent}`;
}

export function organName(agent: number): string {
  return `organ_${agent % ORGANS}`;
}

function seededMemory(seed: number): MemoryTiers {
  const random = randomStream(seed, 'memory');
  const workingItems = 20 + random.below(WORKING_ITEMS_MAX - 20);
  const longTermItems = 100 + random.below(LONG_TERM_ITEMS_MAX - 100);
  const compressed = 100 + random.below(400);
  return {
    workingItems,
    workingBytes: workingItems * (512 + random.below(1024)),
    longTermItems,
    longTermBytes: longTermItems * (128 + random.below(256)),
    hits: 500 + random.below(1000),
    misses: 100 + random.below(400),
    evictions: random.below(100),
    compressed,
    plain: 100 + random.below(400),
    ratioSum: compressed * (1.5 + 2.5 * random.uniform()),
  };
}

export function seededLedger(seed: number, agents: number): Ledger {
  const random = randomStream(seed, 'agents');
  const capability = new Float64Array(agents);
  const memoryUse = new Float64Array(agents);
  const roles = new Float64Array(agents * ROLES);
  for (let agent = 0; agent < agents; agent += 1) {
    capability[agent] = 0.2 + 0.6 * random.uniform();
    memoryUse[agent] = 0.8 * random.uniform();
    // Three exponential draws divided by their sum fall evenly over all mixtures of roles.
    const draws = [0, 1, 2].map(() => -Math.log(1 - random.uniform()) + 1e-6);
    const sum = draws.reduce((total, draw) => total + draw, 0);
    for (const [at, draw] of draws.entries()) roles[agent * ROLES + at] = draw / sum;
  }
  return {
    seed,
    agents,
    source: 'seed',
    capability,
    memoryUse,
    roles,
    tasks: new Float64Array(agents),
    successes: new Float64Array(agents),
    heartbeatsMs: undefined,
    moved: new Map(),
    coefficients: defaultCoefficients,
    memory: seededMemory(seed),
    knob: 0.5,
    pairs: new Map(),
    patterns: new Map(),
    history: [],
    router: { latenciesMs: [], escalated: [] },
    betaMemory: 1,
  };
}

export function keepLast<T>(list: T[], value: T, countMax: number): void {
  list.push(value);
  if (list.length > countMax) list.splice(0, list.length - countMax);
}
