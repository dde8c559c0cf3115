/** The shipped gateway and its own service: true numbers, hits, honest errors, no old news. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import type { RunningGateway } from '../fakes/gateway.js';
import { act, post, shippedGateway, tell, versionOf } from './energy-kit.js';

const folder = mkdtempSync(join(tmpdir(), 'leyden-energy-'));
const open: RunningGateway[] = [];
async function gateway(environment: Record<string, string> = {}): Promise<RunningGateway> {
  const one = await shippedGateway(environment);
  open.push(one);
  return one;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the three endpoints through the gateway', () => {
  const gradient =
    'ts E_terms deltaE_last pair_stats_count hyper_stats_count role_entropy_count ' +
    'mem_stats_count breakdown grad real_time_metrics agent_summaries slopes mem_pressure';
  const monitor =
    'timestamp energy_terms router_metrics memory_metrics agent_metrics system_metrics';
  const calibrate =
    'timestamp calibration_metrics energy_history task_results agent_summary weights';
  it.each([
    ['gradient', 30, gradient],
    ['monitor', 30, monitor],
    ['calibrate', 60, calibrate],
  ] as const)(
    '/energy/%s is a MISS, then a HIT for %d s, and holds %s',
    async (name, ttlS, fields) => {
      const { port, clock } = await gateway();
      const path = `/energy/${name}`;
      const first = await tell(port, path);
      expect(first).toMatchObject({ status: 200, cache: 'MISS' });
      for (const field of fields.split(' ')) expect(first.json).toHaveProperty([field]);
      expect(first.json).not.toHaveProperty('error');
      // A route may let its lifetimes differ by a tenth.
      const lateS = ttlS * 0.9 - 2;
      clock.turn(lateS * 1000);
      const second = await tell(port, path);
      expect(second).toMatchObject({ status: 200, cache: 'HIT', json: first.json });
      expect(Number(second.headers['age'])).toBeGreaterThanOrEqual(Math.floor(lateS) - 1);
      const condition = { headers: { 'If-None-Match': first.headers['etag'] ?? '' } };
      expect(await tell(port, path, condition)).toMatchObject({ status: 304 });
      // Behind its lifetime it is computed again, whether somebody waits for that or not.
      clock.turn(2_000_000);
      expect(await tell(port, path)).toMatchObject({ status: 200, cache: 'MISS' });
    },
  );

  it('what the parameters name is keyed; the order of the fields and others are not', async () => {
    const { port } = await gateway();
    const first = await tell(port, '/energy/gradient?seed=7&agents=20');
    expect(first.json['state']).toMatchObject({ seed: 7, agents: 20 });
    const again = await tell(port, '/energy/gradient?agents=20&utm=1&seed=7');
    expect(again).toMatchObject({ cache: 'HIT', json: first.json });
    expect((await tell(port, '/energy/gradient?seed=8&agents=20')).cache).toBe('MISS');
  });
});

describe('errors of the service', () => {
  it('a bad parameter is 400 with a sentence; it costs no computing and is not kept', async () => {
    const { port } = await gateway();
    for (const query of ['agents=1', 'agents=4097', 'seed=-1', 'limit=0', 'seed=1&seed=2']) {
      const answer = await tell(port, `/energy/monitor?${query}`);
      expect(answer).toMatchObject({ status: 400, cache: 'MISS', json: { status: 400 } });
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(answer.json['detail']).toMatch(/^The query field "(agents|seed|limit)" m/);
    }
  });

  it('a computation that takes too long is 504, kept for ten seconds as 504', async () => {
    const { port, clock } = await gateway({ LEYDEN_ENERGY_JOB_TIMEOUT: '100ms' });
    const path = '/energy/gradient?agents=4096';
    expect(await tell(port, path)).toMatchObject({ status: 504, cache: 'MISS' });
    const kept = await tell(port, path);
    expect(kept).toMatchObject({ status: 504, cache: 'HIT' });
    expect(kept.headers['cache-status']).toContain('detail=negative');
    clock.turn(10_001);
    expect((await tell(port, path)).cache).toBe('MISS');
  });

  it('an unknown endpoint is 404, a wrong method 405, a wrong value 422', async () => {
    const { port } = await gateway();
    expect((await tell(port, '/energy/nothing')).status).toBe(404);
    const wrong = await tell(port, '/energy/reset');
    expect(wrong).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    const event = { metric: 'pair_outcome', agents: ['agent_1', 'agent_99'], success: true };
    const refused = await post(port, '/energy/log', event);
    expect(refused.status).toBe(422);
    expect(refused.json['detail']).toContain('agents');
    expect(versionOf(await tell(port, '/energy/gradient'))).toBe(1);
  });

  it('a body of 10 MB is 413, whatever endpoint it is for', async () => {
    const { port } = await gateway();
    const body = Buffer.alloc(10_000_000, ' ');
    const headers = { 'Content-Type': 'application/json' };
    for (const name of ['compute', 'log', 'calibrate', 'reset', 'optimize']) {
      const answer = await tell(port, `/energy/${name}`, { method: 'POST', headers, body });
      expect(answer).toMatchObject({ status: 413, json: { status: 413 } });
    }
    expect(versionOf(await tell(port, '/energy/meta'))).toBe(1);
  });
});

describe('after a change of the state', () => {
  it('no GET is older than the answer to the POST before it, a hundred times', async () => {
    const { port } = await gateway();
    const names = ['gradient', 'monitor', 'calibrate'];
    let asking = true;
    const crowd = names.map(async (name) => {
      while (asking) await ask(port, `/energy/${name}`);
    });
    for (let nth = 0; nth < 100; nth += 1) {
      const done = await act(port, nth);
      expect(done).toMatchObject({ status: 200, headers: { 'cache-tag': 'energy' } });
      const path = `/energy/${names[nth % names.length] ?? ''}`;
      expect(versionOf(await tell(port, path))).toBeGreaterThanOrEqual(versionOf(done));
    }
    asking = false;
    await Promise.all(crowd);
  });

  it('an event that only is logged leaves stored answers alone', async () => {
    const { port } = await gateway();
    await tell(port, '/energy/gradient');
    const logged = await post(port, '/energy/log', { metric: 'predicted_risk', utility: 0.5 });
    expect(logged.headers).not.toHaveProperty('cache-tag');
    expect((await tell(port, '/energy/gradient')).cache).toBe('HIT');
  });
});

describe('ENERGY_STATE', () => {
  const agent = (h: readonly number[]) => ({ h, role_probs: { E: 1, S: 0, O: 0 } });

  it('a file gives the state that the gateway computes on', async () => {
    const file = join(folder, 'state.json');
    const [one, other] = [Array(128).fill(0), Array(128).fill(0)] as [number[], number[]];
    one[0] = 3;
    other[1] = 4;
    const state = { agents: [agent(one), agent(other)], pair_weights: [], hyperedges: [] };
    writeFileSync(file, JSON.stringify({ ...state, weights: { lambda: 0.02 } }));
    const { port } = await gateway({ ENERGY_STATE: file });
    const { json } = await tell(port, '/energy/gradient');
    expect(json['state']).toMatchObject({ version: 1, source: 'file', agents: 2 });
    expect(json['E_terms']).toMatchObject({ reg: 0.02 * 25 });
    const reset = await post(port, '/energy/reset');
    const after = await tell(port, '/energy/gradient');
    expect(versionOf(after)).toBe(versionOf(reset));
    expect(after.json['E_terms']).toEqual(json['E_terms']);
  });

  it('a file with a wrong field stops the start with a sentence that names it', async () => {
    const file = join(folder, 'wrong.json');
    writeFileSync(file, JSON.stringify({ agents: [agent([1]), { h: [1] }] }));
    await expect(gateway({ ENERGY_STATE: file })).rejects.toThrow(/agents\[\d\]/);
  });
});
