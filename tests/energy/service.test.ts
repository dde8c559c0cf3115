/** The energy service answers its three endpoints with true numbers, from real worker threads. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { ask, closeAll, field, lasting, service } from './service-kit.js';

afterEach(closeAll);

const terms = ['pair', 'hyper', 'entropy', 'reg', 'mem', 'drift', 'anomaly'];

function expectTerms(value: unknown): void {
  const numbers = terms.map((name) => field(value, name) as number);
  expect(numbers.every(Number.isFinite)).toBe(true);
  const sum = numbers.reduce((total, term) => total + term, 0);
  expect(field(value, 'total')).toBeCloseTo(sum, 9);
}

describe('the energy endpoints', () => {
  it('/energy/gradient has the fields of the documents, and they add up', async () => {
    const { status, headers, json } = await ask(service(), 'GET', '/energy/gradient');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('cache-tag')).toBe('energy');
    expect(headers.get('etag')).toMatch(/^"v1-[\w-]{22}"$/);
    expect(headers.has('cache-control')).toBe(false);
    expectTerms(json['E_terms']);
    expect(json['breakdown']).toEqual(json['E_terms']);
    expect(json).toMatchObject({
      deltaE_last: 0,
      pair_stats_count: 0,
      hyper_stats_count: 0,
      role_entropy_count: 16,
      grad: { 'dE/dH': null, 'dE/dE_sel': null, 'dE/dP_entropy': -0.1, 'dE/dmem': 0.05 },
      real_time_metrics: { total_agents: 16, active_agents: 16, compression_knob: 0.5 },
      state: { version: 1, source: 'seed', seed: 42, agents: 16, dimensions: 128 },
      parameters: { agents: 16, seed: 42, limit: 5, offset: 0 },
    });
    expect(json['agent_summaries']).toHaveLength(5);
    expect(json['top_agents']).toHaveLength(5);
    expect(field(json, 'grad', 'dE/ds_norm')).toBeGreaterThan(0);
  });

  it('/energy/monitor pages its agents and averages over all of them', async () => {
    const energy = service();
    const first = await ask(energy, 'GET', '/energy/monitor?limit=10');
    const rest = await ask(energy, 'GET', '/energy/monitor?limit=10&offset=10');
    expectTerms(first.json['energy_terms']);
    const details = [first, rest].flatMap(
      (page) => field(page.json, 'agent_metrics', 'agent_details') as { capability: number }[],
    );
    expect(details).toHaveLength(16);
    const mean = details.reduce((sum, agent) => sum + agent.capability, 0) / 16;
    expect(field(first.json, 'agent_metrics', 'avg_capability')).toBeCloseTo(mean, 12);
    expect(field(first.json, 'system_metrics')).toMatchObject({ ray_initialized: false });
    expect(field(first.json, 'router_metrics')).toMatchObject({ p_fast: 0, escalations: 0 });
    expect(field(first.json, 'memory_metrics', 'compression_ratio')).toBeGreaterThan(1);
  });

  it('/energy/calibrate runs ten tasks, counts them truly, leaves the state alone', async () => {
    const energy = service();
    const before = await ask(energy, 'GET', '/energy/gradient');
    const { status, json } = await ask(energy, 'GET', '/energy/calibrate');
    expect(status).toBe(200);
    const results = json['task_results'] as { success: boolean; energy: number }[];
    expect(results).toHaveLength(10);
    const energies = results.map((task) => task.energy);
    expect(json['calibration_metrics']).toMatchObject({
      total_tasks: 10,
      successful_tasks: results.filter((task) => task.success).length,
      final_energy: energies[9],
      energy_trend: energies[9]! - energies[0]!,
      energy_range: { min: Math.min(...energies), max: Math.max(...energies) },
    });
    expect(json['energy_history']).toHaveLength(10);
    expect(field(json, 'weights', 'before', 'lambda')).toBe(0.01);
    expect(field(json, 'weights', 'after', 'lambda')).toBeLessThan(0.01);
    const after = await ask(energy, 'GET', '/energy/gradient');
    expect(lasting(after.json)).toEqual(lasting(before.json));
  });

  it.each(['gradient', 'monitor', 'calibrate'])(
    '/energy/%s gives the same numbers for the same seed, on any worker, and others for another',
    async (name) => {
      const [one, other] = [service(), service({ workers: 1 })];
      const target = `/energy/${name}?agents=20&seed=7`;
      const answers = await Promise.all([
        ask(one, 'GET', target),
        ask(one, 'GET', target),
        ask(other, 'GET', target),
        ask(one, 'GET', `/energy/${name}?agents=20&seed=8`),
      ]);
      const numbers = answers.map((answer) => JSON.stringify(lasting(answer.json)));
      expect(numbers[1]).toBe(numbers[0]);
      expect(numbers[2]).toBe(numbers[0]);
      expect(numbers[3]).not.toBe(numbers[0]);
      expect(answers[0].headers.get('etag')).not.toBe(answers[3].headers.get('etag'));
    },
  );

  it.each([
    'agents=1',
    'agents=4097',
    'agents=1e3',
    'agents=',
    'agents=8&agents=9',
    'seed=-1',
    'seed=4294967296',
    'limit=0',
    'limit=1001',
    'offset=-1',
    'offset=9999',
    'window=30',
    '__proto__=1',
    '%',
    'x'.repeat(300),
  ])('the query %s is refused with 400 and not repeated', async (query) => {
    const energy = service();
    const { status, headers, json } = await ask(energy, 'GET', `/energy/gradient?${query}`);
    expect(status).toBe(400);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(json['type']).toBe('urn:leyden:problem:bad_request');
    expect(JSON.stringify(json)).not.toContain(query);
    expect(energy.stats().completed).toBe(0);
  });

  it('an unknown path is 404', async () => {
    const { status, json } = await ask(service(), 'GET', '/energy/constructor');
    expect(status).toBe(404);
    expect(json['status']).toBe(404);
  });
});
