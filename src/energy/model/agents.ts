/** What agents learn from their tasks, and which agent a task goes to. */
import { clip } from './coefficients.js';
import { ROLES } from './terms.js';

export const taskTypes = [
  'optimization',
  'analysis',
  'execution',
  'exploration',
  'discovery',
  'research',
  'general',
] as const;
export type TaskType = (typeof taskTypes)[number];

/** Which of the roles (explorer 0, specialist 1, optimiser 2) a task asks for. */
export function roleOf(type: TaskType): number {
  switch (type) {
    case 'optimization':
    case 'analysis':
    case 'execution':
      return 1;
    case 'exploration':
    case 'discovery':
    case 'research':
    case 'general':
      return 0;
  }
}

export function taskComplexity(
  type: TaskType,
  size: 'small' | 'medium' | 'large' = 'medium',
  urgent = false,
): number {
  let complexity = 0.5;
  if (type === 'optimization' || type === 'analysis') complexity += 0.3;
  if (type === 'exploration' || type === 'discovery') complexity += 0.2;
  if (size === 'large') complexity += 0.2;
  if (size === 'small') complexity -= 0.1;
  if (urgent) complexity += 0.1;
  return clip(complexity, 0.1, 1);
}

export function nextCapability(capability: number, success: boolean, quality: number): number {
  return 0.9 * capability + 0.1 * (0.6 * (success ? 1 : 0) + 0.4 * quality);
}

/** Each argument is a share in [0, 1]: of hits, of bytes saved, of attention. */
export function nextMemoryUse(
  use: number,
  hits: number,
  compressionGain: number,
  salience: number,
): number {
  return 0.9 * use + 0.1 * (0.5 * hits + 0.3 * compressionGain + 0.2 * salience);
}

/** What a task costs an agent that has the memory for it. */
export function discountedCost(cost: number, memoryUse: number): number {
  return cost * Math.max(0.5, 1 - 0.5 * memoryUse);
}

export interface AgentTable {
  readonly capability: Float64Array;
  readonly memoryUse: Float64Array;
  /** Three probabilities an agent. */
  readonly roles: Float64Array;
}

function entropyInBits(roles: Float64Array, agent: number): number {
  let entropy = 0;
  for (let at = agent * ROLES; at < (agent + 1) * ROLES; at += 1) {
    const share = roles[at] ?? 0;
    if (share > 0) entropy -= share * Math.log2(share);
  }
  return entropy;
}

/** Lower is better: able, versatile, with free memory and a small state. */
export function agentScore(table: AgentTable, agent: number, stateNorm: number): number {
  return (
    1 -
    (table.capability[agent] ?? 0) -
    0.2 * entropyInBits(table.roles, agent) +
    0.3 * (table.memoryUse[agent] ?? 0) +
    0.01 * stateNorm
  );
}

/** The agents with the lowest scores, best first; the lower number wins a tie. */
export function chooseAgents(
  table: AgentTable,
  stateNorms: Float64Array,
  count: number,
  penalty: (agent: number) => number = () => 0,
): { agent: number; score: number }[] {
  const best: { agent: number; score: number }[] = [];
  for (let agent = 0; agent < table.capability.length; agent += 1) {
    const score = agentScore(table, agent, stateNorms[agent] ?? 0) + penalty(agent);
    const last = best[best.length - 1];
    if (best.length === count && last !== undefined && score >= last.score) continue;
    let at = best.length;
    while (at > 0 && score < (best[at - 1]?.score ?? 0)) at -= 1;
    best.splice(at, 0, { agent, score });
    if (best.length > count) best.pop();
  }
  return best;
}

/** How likely a task is to succeed with an agent: able agents in the role that it asks for. */
export function successChance(capability: number, roleShare: number, complexity: number): number {
  return clip(0.15 + 0.6 * capability + 0.35 * roleShare - 0.3 * complexity, 0.05, 0.95);
}
