/** A calibration: runs tasks on a copy of the state, watches the energy, tunes its weights. */
import { evaluate, type Evaluation } from './evaluate.js';
import {
  chooseAgents,
  nextCapability,
  nextMemoryUse,
  roleOf,
  successChance,
  type TaskType,
} from './model/agents.js';
import { calibrationBounds, clip, type Coefficients } from './model/coefficients.js';
import { compressedShare, compressionRatio, nextKnob, share } from './model/memory.js';
import { recordPair } from './model/pairs.js';
import { randomStream, type RandomStream } from './model/random.js';
import { ROLES, roleEntropy, type Terms } from './model/terms.js';
import { leastSquaresSlope } from './model/trend.js';
import type { PreparedBase } from './state/base.js';
import { keepLast, PAIRS_MAX, HISTORY_MAX, type Ledger } from './state/ledger.js';
import { stepsOf, type CalibrateRequest } from './tasks.js';
import { swarmRoles, type SwarmResult } from './swarm-roles.js';

export interface TaskResult {
  readonly taskId: string;
  readonly type: TaskType;
  readonly complexity: number;
  readonly agent: number;
  readonly partner: number;
  readonly success: boolean;
  readonly quality: number;
  readonly energy: number;
}

export interface CalibrationOptions extends CalibrateRequest {
  readonly onProgress: (done: number, total: number) => void;
}

export interface Calibration {
  readonly tasks: readonly TaskResult[];
  readonly before: Coefficients;
  readonly after: Coefficients;
  readonly slope: number;
  readonly regShareBefore: number;
  readonly regShareAfter: number;
  readonly knob: { readonly before: number; readonly after: number };
  readonly swarm: SwarmResult | undefined;
  readonly quality: 'good' | 'needs_adjustment' | 'insufficient_data';
  readonly evaluation: Evaluation;
}

const REG_SHARE_MAX = 0.25;
const ENTROPY_FLOOR = 0.2;
const STEP = 0.05;
const types: readonly TaskType[] = ['optimization', 'exploration', 'analysis'];

/** The share of the regularisation in the size of the whole sum. */
export function regShare(terms: Terms): number {
  const others = otherTerms(terms);
  return share(terms.reg, terms.reg + others);
}

function otherTerms(terms: Terms): number {
  const { pair, hyper, entropy, mem, drift, anomaly } = terms;
  return [pair, hyper, entropy, mem, drift, anomaly].reduce((sum, term) => sum + Math.abs(term), 0);
}

/** One task on the ledger it is given: who does it, how it ends, and what is learnt from it. */
function runTask(
  base: PreparedBase,
  ledger: Ledger,
  random: RandomStream,
): Omit<TaskResult, 'energy' | 'taskId'> {
  const type = types[random.below(types.length)] ?? 'analysis';
  const complexity = 0.1 + 0.8 * random.uniform();
  const [best, next] = chooseAgents(ledger, base.stateNorms, 2);
  const agent = best?.agent ?? 0;
  const partner = next?.agent ?? agent;
  const capability = ledger.capability[agent] ?? 0;
  const roleShare = ledger.roles[agent * ROLES + roleOf(type)] ?? 0;
  const success = random.uniform() < successChance(capability, roleShare, complexity);
  const quality = success ? clip(1 - complexity * (1 - capability), 0, 1) : 0;
  const outcome = { type, complexity, agent, partner, success, quality };
  learn(ledger, outcome);
  return outcome;
}

/** What one outcome teaches; replayed on the live state when a calibration is applied. */
export function learn(
  ledger: Ledger,
  outcome: Pick<TaskResult, 'agent' | 'partner' | 'success' | 'quality' | 'complexity'>,
): void {
  const { agent, partner, success, quality } = outcome;
  ledger.tasks[agent] = (ledger.tasks[agent] ?? 0) + 1;
  if (success) ledger.successes[agent] = (ledger.successes[agent] ?? 0) + 1;
  ledger.capability[agent] = nextCapability(ledger.capability[agent] ?? 0, success, quality);
  ledger.memoryUse[agent] = nextMemoryUse(
    ledger.memoryUse[agent] ?? 0,
    share(ledger.memory.hits, ledger.memory.hits + ledger.memory.misses),
    compressedShare(ledger.memory) * (1 - 1 / Math.max(1, compressionRatio(ledger.memory))),
    outcome.complexity,
  );
  if (partner !== agent) recordPair(ledger.pairs, agent, partner, success, PAIRS_MAX);
}

/** λ so small that the regularisation stays within its share; α and β a step along the slope. */
function tune(
  before: Coefficients,
  terms: Terms,
  slope: number,
  meanEntropy: number,
): Coefficients {
  const squaredNorm = terms.reg / before.lambda;
  const allowed = (REG_SHARE_MAX / (1 - REG_SHARE_MAX)) * otherTerms(terms);
  const wanted = squaredNorm > 0 ? Math.min(before.lambda, allowed / squaredNorm) : before.lambda;
  const within = calibrationBounds;
  // A rising energy asks for more release (entropy) and dearer memory, a falling one for less.
  const direction = slope > 0 ? 1 + STEP : 1 - STEP;
  // Where λ has reached its bound, entropy must grow until the regularisation has its share again.
  const moreEntropy = meanEntropy < ENTROPY_FLOOR || wanted < within.lambda.min;
  return {
    ...before,
    alpha: clip(
      before.alpha * (moreEntropy ? 1 + STEP : direction),
      within.alpha.min,
      within.alpha.max,
    ),
    lambda: clip(wanted, within.lambda.min, within.lambda.max),
    beta: clip(before.beta * direction, within.beta.min, within.beta.max),
  };
}

/** Changes the ledger it is given: hand it a copy. */
export function calibrate(
  base: PreparedBase,
  ledger: Ledger,
  nowMs: number,
  options: CalibrationOptions,
): Calibration {
  const random = randomStream(
    ledger.seed,
    `calibration ${ledger.history.length} ${sumOf(ledger.tasks)}`,
  );
  const before = ledger.coefficients;
  const steps = stepsOf(options);
  const tasks: TaskResult[] = [];
  let evaluation = evaluate(base, ledger, nowMs);
  for (let at = 0; at < options.tasks; at += 1) {
    const outcome = runTask(base, ledger, random);
    evaluation = evaluate(base, ledger, nowMs);
    keepLast(ledger.history, evaluation.terms, HISTORY_MAX);
    tasks.push({ taskId: `cal_task_${at + 1}`, ...outcome, energy: evaluation.terms.total });
    options.onProgress(at + 1, steps);
  }
  const slope = leastSquaresSlope(tasks.map((task) => task.energy));
  const regShareBefore = regShare(evaluation.terms);
  const knobBefore = ledger.knob;
  ledger.knob = nextKnob(ledger.memory, ledger.knob, before.beta);
  ledger.coefficients = tune(before, evaluation.terms, slope, meanRoleEntropy(ledger));
  const swarm = options.swarm ? swarmRoles(base, ledger, evaluation, random) : undefined;
  if (swarm !== undefined) options.onProgress(steps - 1, steps);
  evaluation = evaluate(base, ledger, nowMs);
  options.onProgress(steps, steps);
  const regShareAfter = regShare(evaluation.terms);
  return {
    tasks,
    before,
    after: ledger.coefficients,
    slope,
    regShareBefore,
    regShareAfter,
    knob: { before: knobBefore, after: ledger.knob },
    swarm,
    quality: qualityOf(tasks.length, slope, regShareAfter, evaluation.terms.total),
    evaluation,
  };
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function meanRoleEntropy(ledger: Ledger): number {
  let sum = 0;
  for (let agent = 0; agent < ledger.agents; agent += 1) sum += roleEntropy(ledger.roles, agent);
  return sum / ledger.agents;
}

const TASKS_MIN = 3;
/** A slope this small beside the energy itself is level ground. */
const LEVEL_SHARE = 1e-6;

function qualityOf(
  tasks: number,
  slope: number,
  regShareAfter: number,
  total: number,
): Calibration['quality'] {
  if (tasks < TASKS_MIN) return 'insufficient_data';
  const level = LEVEL_SHARE * Math.abs(total);
  return slope <= level && regShareAfter <= REG_SHARE_MAX + 1e-9 ? 'good' : 'needs_adjustment';
}
