/** The answer of /energy/calibrate. */
import type { Calibration } from '../calibrate.js';
import { agentName, type Ledger } from '../state/ledger.js';
import {
  activeAgents,
  pageOf,
  provenance,
  termsOf,
  weightsOf,
  type AnswerContext,
} from './context.js';

/** A slope smaller than this is neither up nor down. */
const LEVEL = 1e-12;

export function calibrationAnswer(
  ledger: Ledger,
  calibration: Calibration,
  context: AnswerContext,
  applied: boolean,
): object {
  const { tasks, slope } = calibration;
  const energies = tasks.map((task) => task.energy);
  const first = energies[0] ?? 0;
  const final = energies.at(-1) ?? 0;
  return {
    timestamp: context.wallMs / 1000,
    calibration_metrics: {
      total_tasks: tasks.length,
      successful_tasks: tasks.filter((task) => task.success).length,
      final_energy: final,
      energy_trend: final - first,
      energy_range: { min: Math.min(...energies), max: Math.max(...energies) },
      trend_direction: slope < -LEVEL ? 'decreasing' : slope > LEVEL ? 'increasing' : 'unknown',
      calibration_quality: calibration.quality,
      energy_slope: slope,
      reg_share: { before: calibration.regShareBefore, after: calibration.regShareAfter },
    },
    energy_history: tasks.map((task, at) => ({
      task_num: at + 1,
      energy: task.energy,
      timestamp: context.wallMs / 1000,
    })),
    task_results: tasks.map((task) => ({
      task_id: task.taskId,
      agent_id: agentName(task.agent),
      success: task.success,
      energy: task.energy,
      type: task.type,
      complexity: task.complexity,
      partner_id: agentName(task.partner),
      quality: task.quality,
    })),
    agent_summary: {
      total_agents: ledger.agents,
      active_agents: activeAgents(context.wallMs, ledger),
      agent_ids: pageOf(context, ledger.agents).map(agentName),
    },
    energy_after: termsOf(calibration.evaluation.terms),
    compression_knob: calibration.knob,
    swarm: swarmOf(calibration),
    applied,
    ...provenance(context, ledger, calibration.evaluation),
    weights: {
      before: weightsOf({ coefficients: calibration.before }),
      after: weightsOf({ coefficients: calibration.after }),
    },
  };
}

function swarmOf(calibration: Calibration): object | null {
  const { swarm } = calibration;
  if (swarm === undefined) return null;
  return {
    evaluations: swarm.evaluations,
    role_lean: swarm.lean,
    energy_before: swarm.energyBefore,
    energy_after: swarm.energyAfter,
    mean_role_entropy: swarm.meanEntropy,
  };
}
