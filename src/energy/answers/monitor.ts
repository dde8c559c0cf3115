/** The answer of /energy/monitor. */
import type { Evaluation } from '../evaluate.js';
import { compressionRatio, knobSlope, memoryCost, share } from '../model/memory.js';
import { dot, roleEntropy } from '../model/terms.js';
import { mean } from '../model/trend.js';
import type { PreparedBase } from '../state/base.js';
import { DIMENSIONS, organName, type Ledger } from '../state/ledger.js';
import {
  activeAgents,
  agentSummary,
  heartbeatMs,
  isActive,
  pageOf,
  provenance,
  termsOf,
  type AnswerContext,
} from './context.js';
import { routerMetrics } from './router.js';
import { slopesOf } from './slopes.js';

export function monitorAnswer(
  base: PreparedBase,
  ledger: Ledger,
  evaluation: Evaluation,
  context: AnswerContext,
): object {
  const { memory } = ledger;
  return {
    timestamp: context.wallMs / 1000,
    energy_terms: termsOf(evaluation.terms),
    router_metrics: routerMetrics(ledger.router),
    memory_metrics: {
      cost_vq: memoryCost(memory),
      bytes_used_kb: (memory.workingBytes + memory.longTermBytes) / 1024,
      hit_count: memory.hits,
      compression_ratio: compressionRatio(memory),
    },
    agent_metrics: {
      total_agents: ledger.agents,
      active_agents: activeAgents(context.wallMs, ledger),
      avg_capability: mean(ledger.capability),
      avg_mem_util: mean(ledger.memoryUse),
      agent_details: pageOf(context, ledger.agents).map((agent) =>
        agentDetail(base, ledger, evaluation, context, agent),
      ),
    },
    system_metrics: {
      compression_knob: ledger.knob,
      energy_slope: knobSlope(memory, ledger.knob, ledger.coefficients.beta),
      // There is no Ray here, and the table of agents is always at hand.
      ray_initialized: false,
      tier0_manager_available: true,
    },
    pressures: evaluation.pressures,
    slopes: slopesOf(ledger),
    ...provenance(context, ledger, evaluation),
  };
}

function agentDetail(
  base: PreparedBase,
  ledger: Ledger,
  evaluation: Evaluation,
  context: AnswerContext,
  agent: number,
): object {
  const from = agent * DIMENSIONS;
  const row = base.embeddings.subarray(from, from + DIMENSIONS);
  const pulled = evaluation.input.product.subarray(from, from + DIMENSIONS);
  return {
    ...agentSummary(ledger, agent),
    organ: organName(agent),
    tasks_processed: ledger.tasks[agent],
    success_rate: share(ledger.successes[agent] ?? 0, ledger.tasks[agent] ?? 0),
    energy_proxy: {
      capability: ledger.capability[agent],
      entropy_contribution: -ledger.coefficients.alpha * roleEntropy(ledger.roles, agent),
      mem_util: ledger.memoryUse[agent],
      state_norm: base.stateNorms[agent],
      pair_contribution: -dot(row, pulled),
    },
    last_heartbeat: heartbeatMs(context.wallMs, ledger, agent) / 1000,
    is_active: isActive(context.wallMs, ledger, agent),
  };
}
