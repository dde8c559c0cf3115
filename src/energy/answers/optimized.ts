/** The answer of POST /energy/optimize: the agents that a task is best given to. */
import type { Evaluation } from '../evaluate.js';
import { chooseAgents, discountedCost, roleOf, successChance } from '../model/agents.js';
import { ROLES } from '../model/terms.js';
import type { PreparedBase } from '../state/base.js';
import type { Ledger } from '../state/ledger.js';
import type { OptimizeRequest } from '../tasks.js';
import { agentSummary, provenance, type AnswerContext } from './context.js';

export function optimizedAnswer(
  base: PreparedBase,
  ledger: Ledger,
  evaluation: Evaluation,
  context: AnswerContext,
  request: OptimizeRequest,
): object {
  const { type, complexity, count } = request;
  const role = roleOf(type);
  const roleShare = (agent: number): number => ledger.roles[agent * ROLES + role] ?? 0;
  // A hard task asks more for an agent in its role than an easy one.
  const mismatch = (agent: number): number => complexity * (1 - roleShare(agent));
  const best = chooseAgents(ledger, base.stateNorms, count, mismatch);
  return {
    timestamp: context.wallMs / 1000,
    task: { type, complexity, role: 'ESO'.charAt(role) },
    agents: best.map(({ agent, score }) => ({
      ...agentSummary(ledger, agent),
      score,
      success_chance: successChance(ledger.capability[agent] ?? 0, roleShare(agent), complexity),
      cost: discountedCost(complexity, ledger.memoryUse[agent] ?? 0),
    })),
    ...provenance(context, ledger, evaluation),
  };
}
