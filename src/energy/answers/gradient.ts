/** The answer of /energy/gradient. */
import type { Evaluation } from '../evaluate.js';
import { memoryCost, compressionRatio, memoryPressure, staleness } from '../model/memory.js';
import { dot, energyGradients } from '../model/terms.js';
import { agentName, DIMENSIONS, type Ledger } from '../state/ledger.js';
import {
  activeAgents,
  agentSummary,
  pageOf,
  provenance,
  termsOf,
  type AnswerContext,
} from './context.js';
import { slopesOf } from './slopes.js';

const TOP_AGENTS = 5;

export function gradientAnswer(
  ledger: Ledger,
  evaluation: Evaluation,
  context: AnswerContext,
): object {
  const gradients = energyGradients(evaluation.input, ledger.coefficients);
  const { memory } = ledger;
  const terms = termsOf(evaluation.terms);
  const last = ledger.history.at(-1)?.total ?? 0;
  const previous = ledger.history.at(-2)?.total ?? last;
  return {
    ts: context.wallMs / 1000,
    E_terms: terms,
    deltaE_last: last - previous,
    pair_stats_count: ledger.pairs.size,
    hyper_stats_count: ledger.patterns.size,
    role_entropy_count: ledger.agents,
    mem_stats_count: memory.compressed + memory.plain,
    breakdown: terms,
    grad: {
      // The arrays are as large as the state: their norms and their largest rows stand below.
      'dE/dH': null,
      'dE/dP_entropy': gradients.entropy,
      'dE/dE_sel': null,
      'dE/ds_norm': gradients.norm,
      'dE/dmem': gradients.memory,
    },
    grad_norms: {
      H: Math.sqrt(dot(gradients.embeddings, gradients.embeddings)),
      P: Math.sqrt(dot(gradients.roles, gradients.roles)),
      E_sel: Math.sqrt(dot(gradients.activity, gradients.activity)),
    },
    top_agents: topAgents(gradients.embeddings, ledger.agents),
    slopes: slopesOf(ledger),
    mem_pressure: {
      cost_vq: memoryCost(memory),
      compression_ratio: compressionRatio(memory),
      staleness: staleness(memory),
      pressure: memoryPressure(memory, ledger.knob),
    },
    real_time_metrics: {
      active_agents: activeAgents(context.wallMs, ledger),
      total_agents: ledger.agents,
      memory_utilization: (memory.workingBytes + memory.longTermBytes) / 1024,
      compression_knob: ledger.knob,
      last_energy_update: context.changedAtMs / 1000,
    },
    agent_summaries: pageOf(context, ledger.agents).map((agent) => agentSummary(ledger, agent)),
    ...provenance(context, ledger, evaluation),
  };
}

/** The agents whose embeddings move the energy most. */
export function topAgents(gradient: Float64Array, agents: number): object[] {
  const rows = Array.from({ length: agents }, (_, agent) => {
    const row = gradient.subarray(agent * DIMENSIONS, (agent + 1) * DIMENSIONS);
    return { agent, norm: Math.sqrt(dot(row, row)) };
  });
  return rows
    .sort((a, b) => b.norm - a.norm || a.agent - b.agent)
    .slice(0, TOP_AGENTS)
    .map(({ agent, norm }) => ({ agent_id: agentName(agent), gradient_norm: norm }));
}
