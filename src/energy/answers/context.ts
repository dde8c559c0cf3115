/** What every answer says about itself, and the pieces that several answers share. */
import type { Evaluation } from '../evaluate.js';
import type { Parameters } from '../job.js';
import type { Terms } from '../model/terms.js';
import { agentName, DIMENSIONS, type Ledger } from '../state/ledger.js';
import { isoTime } from '../../clock.js';
import { ROLES } from '../model/terms.js';

export interface AnswerContext {
  readonly parameters: Parameters;
  readonly version: number;
  readonly inputsHash: string;
  readonly wallMs: number;
  readonly changedAtMs: number;
  readonly elapsedMs: () => number;
}

/** Which state was computed on: the same words in every answer. */
export function provenance(context: AnswerContext, ledger: Ledger, evaluation: Evaluation): object {
  return {
    state: {
      version: context.version,
      source: ledger.source,
      seed: ledger.seed,
      agents: ledger.agents,
      dimensions: DIMENSIONS,
      hyperedges: evaluation.input.activity.length,
      spectral_norm: evaluation.spectralNorm,
    },
    parameters: context.parameters,
    weights: weightsOf(ledger),
    inputs_hash: context.inputsHash,
    computed_at: isoTime(context.wallMs),
    computation_time_ms: context.elapsedMs(),
  };
}

export function weightsOf(ledger: Pick<Ledger, 'coefficients'>): object {
  const { alpha, lambda, beta, lambdaDrift, muAnomaly } = ledger.coefficients;
  return { alpha, lambda, beta, lambda_drift: lambdaDrift, mu_anomaly: muAnomaly };
}

export function termsOf(terms: Terms): Terms {
  const { pair, hyper, entropy, reg, mem, drift, anomaly, total } = terms;
  return { pair, hyper, entropy, reg, mem, drift, anomaly, total };
}

export function roleProbabilities(ledger: Ledger, agent: number): object {
  const at = agent * ROLES;
  return { E: ledger.roles[at], S: ledger.roles[at + 1], O: ledger.roles[at + 2] };
}

const ACTIVE_MS = 300_000;

/** An agent of a seeded state lives in the state itself, so it answers whenever it is read. */
export function heartbeatMs(wallMs: number, ledger: Ledger, agent: number): number {
  return ledger.heartbeatsMs?.[agent] ?? wallMs;
}

export function isActive(wallMs: number, ledger: Ledger, agent: number): boolean {
  return wallMs - heartbeatMs(wallMs, ledger, agent) < ACTIVE_MS;
}

export function activeAgents(wallMs: number, ledger: Ledger): number {
  let active = 0;
  for (let agent = 0; agent < ledger.agents; agent += 1) {
    if (isActive(wallMs, ledger, agent)) active += 1;
  }
  return active;
}

/** The numbers of the agents on the page that was asked for. */
export function pageOf(context: AnswerContext, agents: number): number[] {
  const { limit, offset } = context.parameters;
  const end = Math.min(agents, offset + limit);
  return Array.from({ length: Math.max(0, end - offset) }, (_, at) => offset + at);
}

export function agentSummary(ledger: Ledger, agent: number): object {
  return {
    agent_id: agentName(agent),
    capability: ledger.capability[agent],
    mem_util: ledger.memoryUse[agent],
    role_probs: roleProbabilities(ledger, agent),
  };
}
