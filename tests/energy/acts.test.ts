/** What may be done to the energy state, and that everyone is told when it changes. */
import { afterEach, describe, expect, it } from '@jest/globals';
import type { CalibrationProgress } from '../../src/energy/progress.js';
import { ask, closeAll, field, lasting, service } from './service-kit.js';

afterEach(closeAll);

const pairOutcome = { metric: 'pair_outcome', agents: ['agent_3', 'agent_1'], success: true };

describe('POST /energy/log', () => {
  it('a pair outcome moves the version, the pair weights and the energy', async () => {
    const energy = service();
    const versions: number[] = [];
    energy.onStateChanged(() => {
      throw new Error('a listener that fails harms nobody');
    });
    energy.onStateChanged((version) => versions.push(version));
    const before = await ask(energy, 'GET', '/energy/gradient');
    const logged = await ask(energy, 'POST', '/energy/log', { ...pairOutcome, similarity: 0.5 });
    expect(logged).toMatchObject({ status: 200, json: { event_count: 1, state_version: 2 } });
    expect(versions).toEqual([2]);
    const after = await ask(energy, 'GET', '/energy/gradient');
    expect(field(after.json, 'E_terms', 'pair')).not.toBe(field(before.json, 'E_terms', 'pair'));
    expect(after.json).toMatchObject({ pair_stats_count: 1, state: { version: 2 } });
    expect(after.headers.get('etag')).toMatch(/^"v2-/);
    const pairs = await ask(energy, 'GET', '/energy/pair_stats');
    expect(pairs.json).toEqual({
      'agent_1-agent_3': { weight: 1.1, success_count: 1, trial_count: 1, success_rate: 1 },
    });
  });

  it('routes, memory, patterns and the flywheel show in what is read', async () => {
    const energy = service();
    const before = await ask(energy, 'GET', '/energy/monitor');
    for (const event of [
      { metric: 'router_hit', latency_ms: 10 },
      { metric: 'router_hit', latency_ms: 20 },
      { metric: 'escalation', latency_ms: 90 },
      { metric: 'memory_op', compressed: true, r: 4, hit: true },
      { metric: 'hyperedge_apply', organs: ['organ_1', 'organ_2'], success: true },
      { metric: 'flywheel_result', delta_E: -1, beta_mem_new: 1.2 },
    ]) {
      expect((await ask(energy, 'POST', '/energy/log', event)).status).toBe(200);
    }
    const { json } = await ask(energy, 'GET', '/energy/monitor');
    expect(json['router_metrics']).toEqual({
      p_fast: 2 / 3,
      p_esc: 1 / 3,
      latency_ms_p50: 20,
      latency_ms_p95: 83,
      fast_hits: 2,
      escalations: 1,
    });
    const hits = field(before.json, 'memory_metrics', 'hit_count') as number;
    expect(field(json, 'memory_metrics', 'hit_count')).toBe(hits + 1);
    expect(field(json, 'state', 'hyperedges')).toBe(33);
    const hyper = field(before.json, 'energy_terms', 'hyper') as number;
    expect(field(json, 'energy_terms', 'hyper')).toBeCloseTo(hyper - 1, 9);
    const meta = await ask(energy, 'GET', '/energy/meta');
    expect(meta.json['L_tot']).toBe(0.999);
    expect(meta.json['ok_for_promotion']).toBe(false);
  });

  it('what only is logged leaves the version alone; the log shows the newest last', async () => {
    const energy = service();
    for (const tokens_in of [1, 2, 3]) {
      await ask(energy, 'POST', '/energy/log', { metric: 'llm_call', tokens_in });
    }
    expect(energy.version()).toBe(1);
    const { json } = await ask(energy, 'GET', '/energy/logs?limit=2');
    expect(json).toMatchObject({ total_count: 3, returned_count: 2 });
    expect(field(json, 'logs', 1, 'event')).toEqual({ metric: 'llm_call', tokens_in: 3 });
  });

  it('an agent that reports a new embedding changes the energy by its own rows only', async () => {
    const energy = service();
    const before = await ask(energy, 'GET', '/energy/monitor');
    const h = Array.from({ length: 128 }, (_, at) => (at === 0 ? 2 : 0));
    const event = { metric: 'agent_state', agent: 'agent_2', h, capability: 0.9 };
    expect((await ask(energy, 'POST', '/energy/log', event)).status).toBe(200);
    const { json } = await ask(energy, 'GET', '/energy/monitor');
    const agent = field(json, 'agent_metrics', 'agent_details', 2);
    expect(agent).toMatchObject({ capability: 0.9, energy_proxy: { state_norm: 2 } });
    const other = ['agent_metrics', 'agent_details', 3, 'energy_proxy', 'state_norm'] as const;
    expect(field(json, ...other)).toBe(field(before.json, ...other));
  });
});

describe('POST /energy/reset', () => {
  it('brings the first state back under a new version', async () => {
    const energy = service();
    const first = await ask(energy, 'GET', '/energy/gradient');
    await ask(energy, 'POST', '/energy/log', pairOutcome);
    expect((await ask(energy, 'POST', '/energy/reset')).json).toMatchObject({ state_version: 3 });
    const again = await ask(energy, 'GET', '/energy/gradient');
    expect(again.json['E_terms']).toEqual(first.json['E_terms']);
    expect(again.json).toMatchObject({ state: { version: 3 } });
    expect((await ask(energy, 'GET', '/energy/logs')).json['total_count']).toBe(0);
  });
});

describe('POST /energy/calibrate', () => {
  it('finds what GET finds, and applies it', async () => {
    const energy = service();
    const looked = await ask(energy, 'GET', '/energy/calibrate');
    const done = await ask(energy, 'POST', '/energy/calibrate');
    expect(done.json['applied']).toBe(true);
    for (const name of ['calibration_metrics', 'energy_after', 'weights']) {
      expect(lasting({ of: done.json[name] })).toEqual(lasting({ of: looked.json[name] }));
    }
    const { json } = await ask(energy, 'GET', '/energy/gradient');
    expect(json['E_terms']).toEqual(done.json['energy_after']);
    expect(json['weights']).toEqual(field(done.json, 'weights', 'after'));
    expect(json).toMatchObject({ state: { version: 2 }, slopes: { window: 10 } });
  });

  it('several at once follow one another, and stay within their bounds', async () => {
    const energy = service();
    const body = { tasks: 4, swarm: false };
    const done = await Promise.all(
      Array.from({ length: 6 }, () => ask(energy, 'POST', '/energy/calibrate', body)),
    );
    expect(done.map((one) => one.json['state_version'])).toEqual([2, 3, 4, 5, 6, 7]);
    for (const [at, one] of done.slice(1).entries()) {
      expect(field(one.json, 'weights', 'before')).toEqual(
        field(done[at]!.json, 'weights', 'after'),
      );
      const lambda = field(one.json, 'weights', 'after', 'lambda') as number;
      expect(lambda).toBeGreaterThanOrEqual(0.001);
      expect(field(one.json, 'weights', 'after', 'alpha')).toBeGreaterThanOrEqual(0.1);
    }
  });

  it('says how far it is, and at last that it has ended', async () => {
    const energy = service();
    const heard: CalibrationProgress[] = [];
    energy.onProgress((progress) => heard.push(progress));
    await ask(energy, 'POST', '/energy/calibrate', { tasks: 3, swarm: true });
    expect(heard[0]).toMatchObject({ state: 'waiting', applied: true, done: 0 });
    const steps = heard.map((one) => one.done);
    expect([...steps].sort((a, b) => a - b)).toEqual(steps);
    expect(heard.at(-1)).toMatchObject({ state: 'finished', done: 5, total: 5 });
    expect(energy.progress()).toEqual([]);
  });
});

describe('POST /energy/compute and /energy/optimize', () => {
  it('computes energy and gradients of the state in the body', async () => {
    const roles = (E: number, S: number, O: number) => ({ E, S, O });
    const { status, json } = await ask(service(), 'POST', '/energy/compute', {
      unified_state: {
        agents: [
          { h: [1, 0], p: roles(0.8, 0.1, 0.1) },
          { h: [0.6, 0.8], p: roles(0.1, 0.8, 0.1) },
        ],
        pair_weights: [
          [0, 0.5],
          [0.5, 0],
        ],
        E_patterns: [1, 0.5, 0.2],
        memory: { p_compress: 1, r_effective: 2 },
      },
    });
    expect(status).toBe(200);
    expect(json['energy']).toBeCloseTo(-2.38280637, 7);
    expect(field(json, 'gradients', 'dE/dH', 1, 0)).toBeCloseTo(-1 + 0.02 * 0.6, 12);
    expect(json).toMatchObject({ success: true, error: null });
  });

  it('names the best agents for a task, best first', async () => {
    const energy = service();
    const task = { type: 'analysis', size: 'large', count: 3 };
    const { status, json } = await ask(energy, 'POST', '/energy/optimize', task);
    expect(status).toBe(200);
    expect(json['task']).toEqual({ type: 'analysis', complexity: 1, role: 'S' });
    const scores = (json['agents'] as { score: number }[]).map((agent) => agent.score);
    expect(scores).toHaveLength(3);
    expect([...scores].sort((a, b) => a - b)).toEqual(scores);
    expect(energy.version()).toBe(1);
  });
});

describe('GET /energy/health', () => {
  it('shows the energy that was computed last for this version, and computes none', async () => {
    const energy = service();
    const cold = await ask(energy, 'GET', '/energy/health');
    expect(cold).toMatchObject({ status: 200, json: { status: 'healthy', energy_snapshot: null } });
    const { json } = await ask(energy, 'GET', '/energy/gradient');
    const warm = await ask(energy, 'GET', '/energy/health');
    expect(warm.json['energy_snapshot']).toEqual({ E_terms: json['E_terms'], version: 1 });
    expect(warm.headers.get('cache-control')).toBe('no-store');
    expect(energy.stats().completed).toBe(1);
  });
});
