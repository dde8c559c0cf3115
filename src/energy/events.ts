/** The events that /energy/log takes: what each must carry, and what it changes in the ledger. */
import { Fields, invalid, readList, readName, readNumbers, readRoles } from './fields.js';
import { nextCapability } from './model/agents.js';
import { clip } from './model/coefficients.js';
import { recordPair } from './model/pairs.js';
import { recordPattern } from './model/patterns.js';
import { ROLES } from './model/terms.js';
import {
  DIMENSIONS,
  keepLast,
  PAIRS_MAX,
  PATTERNS_MAX,
  ROUTES_MAX,
  type Ledger,
} from './state/ledger.js';
import { ANY_NUMBER } from './fields.js';

/** How an event changes the state; none: it is only logged. Must not fail once it has begun. */
export type Change = (ledger: Ledger, nowMs: number) => void;

const SHARE = { min: 0, max: 1 };
const COUNT = { min: 0, max: 1e9 };
const LATENCY_MS = { min: 0, max: 3_600_000 };
const common = ['metric', 'organ', 'ts'];

/** The number behind `agent_12`, which must be one of ours. */
export function readAgent(value: unknown, path: string, agents: number): number {
  const digits = typeof value === 'string' ? /^agent_(\d{1,6})$/.exec(value)?.[1] : undefined;
  const agent = digits === undefined ? -1 : Number(digits);
  if (agent < 0 || agent >= agents) {
    throw invalid(path, `must name an agent from agent_0 to agent_${agents - 1}`);
  }
  return agent;
}

function routed(fields: Fields, escalated: boolean): Change {
  const latencyMs = fields.number('latency_ms', LATENCY_MS, 0);
  return (ledger) => {
    keepLast(ledger.router.latenciesMs, latencyMs, ROUTES_MAX);
    keepLast(ledger.router.escalated, escalated, ROUTES_MAX);
  };
}

function hyperedge(fields: Fields): Change {
  const success = fields.flag('success');
  const latencyMs = fields.number('latency_ms', LATENCY_MS, 0);
  fields.number('novelty', SHARE, 0);
  const organs = fields.has('organs')
    ? readList(fields.get('organs'), fields.path('organs'), { min: 1, max: 8 }).map((one, at) =>
        readName(one, `${fields.path('organs')}[${at}]`),
      )
    : [fields.name('organ')];
  return (ledger, nowMs) => {
    recordPattern(ledger.patterns, { organs, success, latencyMs }, nowMs, PATTERNS_MAX);
  };
}

function memoryOperation(fields: Fields): Change {
  const compressed = fields.flag('compressed');
  const ratio = fields.number('r', { min: 1, max: 1000 }, 1);
  fields.number('cost_vq', SHARE, 0);
  const hit = fields.has('hit') ? fields.flag('hit') : undefined;
  const evicted = fields.flag('evicted', false);
  return (ledger) => {
    const { memory } = ledger;
    ledger.memory = {
      ...memory,
      compressed: memory.compressed + (compressed ? 1 : 0),
      plain: memory.plain + (compressed ? 0 : 1),
      ratioSum: memory.ratioSum + (compressed ? ratio : 0),
      hits: memory.hits + (hit === true ? 1 : 0),
      misses: memory.misses + (hit === false ? 1 : 0),
      evictions: memory.evictions + (evicted ? 1 : 0),
    };
  };
}

function pairOutcome(fields: Fields, agents: number): Change {
  const path = fields.path('agents');
  const [one = 0, other = 0] = readList(fields.get('agents'), path, { min: 2, max: 2 }).map(
    (agent, at) => readAgent(agent, `${path}[${at}]`, agents),
  );
  if (one === other) throw invalid(path, 'must name two different agents');
  const success = fields.flag('success');
  fields.number('w_effective', { min: 0, max: 100 }, 0);
  const similarity = fields.has('similarity')
    ? fields.number('similarity', { min: -1, max: 1 })
    : undefined;
  const quality = similarity === undefined ? (success ? 1 : 0) : (1 + similarity) / 2;
  return (ledger) => {
    recordPair(ledger.pairs, one, other, success, PAIRS_MAX, similarity);
    for (const agent of [one, other]) {
      ledger.tasks[agent] = (ledger.tasks[agent] ?? 0) + 1;
      if (success) ledger.successes[agent] = (ledger.successes[agent] ?? 0) + 1;
      ledger.capability[agent] = nextCapability(ledger.capability[agent] ?? 0, success, quality);
    }
  };
}

/** An agent reports where it stands now: every field that is given replaces the one we had. */
function agentState(fields: Fields, agents: number): Change {
  const agent = readAgent(fields.get('agent'), fields.path('agent'), agents);
  const capability = fields.has('capability') ? fields.number('capability', SHARE) : undefined;
  const memoryUse = fields.has('mem_util') ? fields.number('mem_util', SHARE) : undefined;
  const roles = fields.has('role_probs')
    ? readRoles(fields.get('role_probs'), fields.path('role_probs'))
    : undefined;
  const exactly = { min: DIMENSIONS, max: DIMENSIONS };
  const embedding = fields.has('h')
    ? readNumbers(fields.get('h'), fields.path('h'), exactly, ANY_NUMBER)
    : undefined;
  return (ledger, nowMs) => {
    if (capability !== undefined) ledger.capability[agent] = capability;
    if (memoryUse !== undefined) ledger.memoryUse[agent] = memoryUse;
    if (roles !== undefined) ledger.roles.set(roles, agent * ROLES);
    if (embedding !== undefined) ledger.moved.set(agent, embedding);
    if (ledger.heartbeatsMs !== undefined) ledger.heartbeatsMs[agent] = nowMs;
  };
}

const FLYWHEEL = { min: 0.1, max: 2 };

function flywheel(fields: Fields): Change {
  fields.number('delta_E', ANY_NUMBER);
  const betaMemory = fields.number('beta_mem_new', ANY_NUMBER);
  return (ledger) => {
    ledger.betaMemory = clip(betaMemory, FLYWHEEL.min, FLYWHEEL.max);
  };
}

function tokens(fields: Fields): undefined {
  fields.whole('tokens_in', COUNT, 0);
  fields.whole('tokens_out', COUNT, 0);
  fields.number('latency_ms', LATENCY_MS, 0);
}

function risk(fields: Fields): undefined {
  fields.number('utility', ANY_NUMBER);
}

interface Metric {
  readonly fields: readonly string[];
  readonly read: (fields: Fields, agents: number) => Change | undefined;
}

const metrics: Readonly<Record<string, Metric>> = {
  predicted_risk: { fields: ['utility'], read: risk },
  router_hit: { fields: ['latency_ms'], read: (fields) => routed(fields, false) },
  escalation: { fields: ['latency_ms'], read: (fields) => routed(fields, true) },
  hyperedge_apply: { fields: ['organs', 'success', 'novelty', 'latency_ms'], read: hyperedge },
  llm_call: { fields: ['tokens_in', 'tokens_out', 'latency_ms'], read: tokens },
  dspy_step: { fields: ['tokens_in', 'tokens_out', 'latency_ms'], read: tokens },
  memory_op: { fields: ['cost_vq', 'compressed', 'r', 'hit', 'evicted'], read: memoryOperation },
  pair_outcome: { fields: ['success', 'similarity', 'w_effective', 'agents'], read: pairOutcome },
  flywheel_result: { fields: ['delta_E', 'beta_mem_new'], read: flywheel },
  agent_state: {
    fields: ['agent', 'capability', 'mem_util', 'role_probs', 'h'],
    read: agentState,
  },
};

export interface ReadEvent {
  readonly metric: string;
  readonly change: Change | undefined;
}

/** All of an event is checked before any of it is applied. */
export function readEvent(value: unknown, agents: number): ReadEvent {
  const names = Object.keys(metrics);
  const every = [...new Set([...common, ...names.flatMap((one) => metrics[one]?.fields ?? [])])];
  const metric = new Fields(value, 'body', every).word('metric', names);
  const known = metrics[metric];
  if (known === undefined) throw invalid('metric', `must be one of ${names.join(', ')}`);
  const fields = new Fields(value, 'body', [...common, ...known.fields]);
  if (fields.has('organ')) fields.name('organ');
  if (fields.has('ts')) fields.number('ts', { min: 0, max: 1e11 });
  return { metric, change: known.read(fields, agents) };
}
