/** What can be read of the state: computed answers from the crew, small ones from the ledger. */
import { Failure } from '../errors.js';
import { routerMetrics } from './answers/router.js';
import { activeAgents, termsOf } from './answers/context.js';
import type { Engine } from './engine.js';
import { sortedPairs, successRate } from './model/pairs.js';
import { mean } from './model/trend.js';
import { parseParameters, refuseQuery } from './parameters.js';
import { eventsReply, momentReply, stateReply, type EnergyReply } from './reply.js';
import type { EnergyAsk } from './service.js';
import { agentName } from './state/ledger.js';
import { CALIBRATION_TASKS, stepsOf, type CalibrateRequest } from './tasks.js';

const AGENTS_IN_GRADIENT = 5;
const AGENTS_ON_PAGE = 50;
const EVENTS_ON_PAGE = 100;

/** GET of an answer that takes a computation: keyed by its parameters, never a change of state. */
export function computedRead(
  kind: 'gradient' | 'monitor',
): (engine: Engine, ask: EnergyAsk) => Promise<EnergyReply> {
  const limit = kind === 'gradient' ? AGENTS_IN_GRADIENT : AGENTS_ON_PAGE;
  return async (engine, ask) => {
    const { parameters, named } = parametersOf(engine, ask, limit);
    const on = { parameters, live: engine.isLive(parameters, named) };
    const done = await engine.compute({ kind }, on, { priority: 1, signal: ask.signal });
    return stateReply(Buffer.from(done.bytes), done.version);
  };
}

/** GET of a calibration: it works on a copy, and the state stays as it is. */
export async function calibrationRead(engine: Engine, ask: EnergyAsk): Promise<EnergyReply> {
  const { parameters, named } = parametersOf(engine, ask, AGENTS_ON_PAGE);
  const on = { parameters, live: engine.isLive(parameters, named) };
  const { swarm } = engine.options;
  const request = { kind: 'calibrate', tasks: CALIBRATION_TASKS, swarm, applied: false } as const;
  const done = await watched(engine, request, (onProgress) =>
    engine.compute(request, on, { priority: 2, signal: ask.signal, onProgress }),
  );
  return stateReply(Buffer.from(done.bytes), done.version);
}

/** Whatever becomes of it, those who watch a calibration are told that it has ended. */
export async function watched<T>(
  engine: Engine,
  request: CalibrateRequest & { readonly applied: boolean },
  run: (onProgress: (done: number, total: number) => void) => Promise<T>,
): Promise<T> {
  const id = engine.progress.begin({
    version: engine.live.version,
    applied: request.applied,
    startedAtMs: engine.clock.wallMs(),
    total: stepsOf(request),
  });
  try {
    const result = await run((done, total) => {
      engine.progress.move(id, done, total);
    });
    engine.progress.end(id, 'finished');
    return result;
  } catch (thrown) {
    engine.progress.end(id, 'failed');
    throw thrown;
  }
}

const WATCH_RETRY_S = 5;

/** GET of the news of calibrations, those of everybody: it goes on until its reader leaves. */
export function progressRead(engine: Engine, ask: EnergyAsk): EnergyReply {
  refuseQuery(ask.query);
  const { watchers } = engine;
  if (watchers.ended) throw new Failure('draining');
  if (ask.method === 'HEAD') return eventsReply(Buffer.alloc(0));
  const stream = watchers.watch();
  if (stream === undefined) throw new Failure('busy', { retryAfterS: WATCH_RETRY_S });
  return eventsReply(stream);
}

function parametersOf(
  engine: Engine,
  ask: EnergyAsk,
  limit: number,
): ReturnType<typeof parseParameters> {
  const { agents, seed } = engine.live.ledger;
  return parseParameters(ask.query, { agents, seed, limit }, engine.options);
}

/** The promotion gate: ((1 - p_esc) β_router + p_esc β_meta) ρ β_mem must stay below its cap. */
export function metaRead(engine: Engine, ask: EnergyAsk): EnergyReply {
  refuseQuery(ask.query);
  const { betaRouter, betaMeta, rhoClip, promotionCap } = engine.options;
  const { ledger, version } = engine.live;
  const { p_fast, p_esc } = routerMetrics(ledger.router);
  // W is projected, so its spectral radius is one at most; the clip keeps it below that.
  const rho = Math.min(1, rhoClip);
  const total = ((1 - p_esc) * betaRouter + p_esc * betaMeta) * rho * ledger.betaMemory;
  const L_tot = Math.min(0.999, total);
  const answer = {
    p_fast,
    p_esc,
    beta_router: betaRouter,
    beta_meta: betaMeta,
    rho,
    beta_mem: ledger.betaMemory,
    L_tot,
    cap: promotionCap,
    ok_for_promotion: L_tot < promotionCap,
    state_version: version,
  };
  return stateReply(Buffer.from(JSON.stringify(answer)), version);
}

const FAILURES_MAX = 3;

/** Honest in its status too: 503 while computations fail. */
export function healthRead(engine: Engine, ask: EnergyAsk): EnergyReply {
  refuseQuery(ask.query);
  const { ledger, version } = engine.live;
  const healthy = engine.failuresInARow < FAILURES_MAX;
  const last = engine.lastEnergy?.version === version ? engine.lastEnergy : undefined;
  const { max, in_use, waiting } = engine.crew.stats();
  const answer = {
    status: healthy ? 'healthy' : 'unhealthy',
    message: healthy ? 'Energy is computed.' : 'The last computations failed.',
    timestamp: engine.clock.wallMs() / 1000,
    // Health is asked often, so it shows the energy that was computed last and computes none.
    energy_snapshot: last === undefined ? null : { E_terms: termsOf(last.terms), version },
    agent_metrics: {
      total: ledger.agents,
      active: activeAgents(engine.clock.wallMs(), ledger),
      avg_capability: mean(ledger.capability),
      avg_mem_util: mean(ledger.memoryUse),
    },
    checks: {
      energy_calculation: healthy ? 'pass' : 'fail',
      ledger_accessible: 'pass',
      ray_connection: 'not_used',
      tier0_manager: 'pass',
      pair_stats_count: ledger.pairs.size,
      hyper_stats_count: ledger.patterns.size,
      role_entropy_count: ledger.agents,
      mem_stats_count: ledger.memory.compressed + ledger.memory.plain,
    },
    workers: { max, in_use, waiting },
    state_version: version,
  };
  return momentReply(answer, healthy ? 200 : 503);
}

export function logsRead(engine: Engine, ask: EnergyAsk): EnergyReply {
  const { parameters, named } = parametersOf(engine, ask, EVENTS_ON_PAGE);
  if (named) throw new Failure('bad_request', { detail: 'The log takes limit and offset only.' });
  const logs = engine.events.page(parameters.limit, parameters.offset);
  return momentReply({ logs, total_count: engine.events.count, returned_count: logs.length });
}

export function pairsRead(engine: Engine, ask: EnergyAsk): EnergyReply {
  refuseQuery(ask.query);
  const { ledger, version } = engine.live;
  const entries = sortedPairs(ledger.pairs).map((pair) => [
    `${agentName(pair.first)}-${agentName(pair.second)}`,
    {
      weight: pair.weight,
      success_count: pair.successes,
      trial_count: pair.trials,
      success_rate: successRate(pair),
    },
  ]);
  return stateReply(Buffer.from(JSON.stringify(Object.fromEntries(entries))), version);
}
