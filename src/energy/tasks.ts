/** The bodies of the acts: what a calibration and a search for agents are asked to do. */
import { Fields } from './fields.js';
import { taskComplexity, taskTypes, type TaskType } from './model/agents.js';

export interface OptimizeRequest {
  readonly type: TaskType;
  readonly complexity: number;
  readonly count: number;
}

export interface CalibrateRequest {
  readonly tasks: number;
  /** Whether a particle swarm chooses the roles as well. */
  readonly swarm: boolean;
}

/** The steps that a calibration counts: its tasks, the swarm, and the energy at the end. */
export function stepsOf(request: CalibrateRequest): number {
  return request.tasks + (request.swarm ? 2 : 1);
}

export const CALIBRATION_TASKS = 10;

export function readCalibrateRequest(body: unknown, swarm: boolean): CalibrateRequest {
  const fields = new Fields(body, 'body', ['tasks', 'swarm']);
  return {
    tasks: fields.whole('tasks', { min: 1, max: 100 }, CALIBRATION_TASKS),
    swarm: fields.flag('swarm', swarm),
  };
}

export function readOptimizeRequest(body: unknown): OptimizeRequest {
  const fields = new Fields(body, 'body', ['type', 'size', 'urgent', 'complexity', 'count']);
  const type = fields.word('type', taskTypes);
  const size = fields.word('size', ['small', 'medium', 'large'] as const, 'medium');
  const urgent = fields.flag('urgent', false);
  const complexity = taskComplexity(type, size, urgent);
  return {
    type,
    complexity: fields.number('complexity', { min: 0.1, max: 1 }, complexity),
    count: fields.whole('count', { min: 1, max: 100 }, 5),
  };
}
