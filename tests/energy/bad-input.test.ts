/** Bad input is refused with the right status and the field's name; nothing is half applied. */
import { afterEach, describe, expect, it } from '@jest/globals';
import type { EnergyService } from '../../src/energy/service.js';
import { ask, closeAll, lasting, service } from './service-kit.js';

afterEach(closeAll);

const roles = { E: 0.2, S: 0.3, O: 0.5 };
const agent = { h: [1, 2], p: roles };
const h128 = Array.from({ length: 128 }, () => 0.5);

async function refused(
  energy: EnergyService,
  path: string,
  body: unknown,
): Promise<{ status: number; detail: unknown }> {
  const { status, json, headers } = await ask(energy, 'POST', path, body);
  expect(headers.get('content-type')).toBe('application/problem+json');
  return { status, detail: json['detail'] };
}

const log = '/energy/log';
const compute = '/energy/compute';

/** Path, body, and the field that the answer must name. */
const wrongFields: readonly (readonly [string, unknown, string])[] = [
  [log, { metric: 'nonsense' }, 'metric'],
  [log, { metric: 'router_hit', latency_ms: -1 }, 'latency_ms'],
  [log, { metric: 'router_hit', latency_ms: '5' }, 'latency_ms'],
  [log, { metric: 'router_hit', evil: 1 }, 'body'],
  [log, { metric: 'router_hit', ts: -5 }, 'ts'],
  [log, { metric: 'memory_op', compressed: 1 }, 'compressed'],
  [log, { metric: 'memory_op', compressed: true, r: 0.5 }, 'r'],
  [log, { metric: 'llm_call', tokens_in: 1.5 }, 'tokens_in'],
  [log, { metric: 'pair_outcome', success: true, agents: ['agent_1'] }, 'agents'],
  [log, { metric: 'pair_outcome', success: true, agents: ['agent_1', 'agent_1'] }, 'agents'],
  [log, { metric: 'pair_outcome', success: true, agents: ['agent_1', 'agent_16'] }, 'agents[1]'],
  [log, { metric: 'pair_outcome', agents: ['agent_1', 'agent_2'] }, 'success'],
  [log, { metric: 'hyperedge_apply', success: true, organs: ['<b>'] }, 'organs[0]'],
  [log, { metric: 'hyperedge_apply', success: true, organs: [] }, 'organs'],
  [log, { metric: 'agent_state', agent: 'agent_1', h: [1, 2, 3] }, 'h'],
  [log, { metric: 'agent_state', agent: 'agent_1', h: [...h128.slice(1), null] }, 'h[127]'],
  [
    log,
    { metric: 'agent_state', agent: 'agent_1', role_probs: { E: 1, S: 1, O: 0 } },
    'role_probs',
  ],
  [
    log,
    { metric: 'agent_state', agent: 'agent_1', role_probs: { E: 2, S: -1, O: 0 } },
    'role_probs.E',
  ],
  ['/energy/reset', { now: true }, 'body'],
  ['/energy/calibrate', { tasks: 0 }, 'tasks'],
  ['/energy/calibrate', { swarm: 'yes' }, 'swarm'],
  ['/energy/optimize', { type: 'rest' }, 'type'],
  ['/energy/optimize', { type: 'analysis', count: 1000 }, 'count'],
  [compute, {}, 'unified_state'],
  [compute, { unified_state: { agents: [] } }, 'unified_state.agents'],
  [compute, { unified_state: { agents: [{ h: [1] }] } }, 'unified_state.agents[0].p'],
  [
    compute,
    { unified_state: { agents: [agent, { ...agent, h: [1] }] } },
    'unified_state.agents[1].h',
  ],
  [
    compute,
    { unified_state: { agents: [agent], pair_weights: [[1, 2]] } },
    'unified_state.pair_weights[0]',
  ],
  [compute, { unified_state: { agents: [agent], E_patterns: [2] } }, 'unified_state.E_patterns[0]'],
  [
    compute,
    { unified_state: { agents: [agent], memory: { p_compress: 1 } } },
    'unified_state.memory.r_effective',
  ],
  [compute, { unified_state: { agents: [agent] }, weights: { alpha: 11 } }, 'weights.alpha'],
  [compute, { unified_state: { agents: [agent] }, weights: { gamma: 1 } }, 'weights'],
  [compute, [], 'body'],
];

describe('a wrong field', () => {
  it.each(wrongFields)('%s with %j names %s', async (path, body, field) => {
    const energy = service();
    const { status, detail } = await refused(energy, path, body);
    expect(status).toBe(422);
    expect(detail).toContain(`The field "${field}" `);
    expect(energy.version()).toBe(1);
  });

  it('numbers that JSON can write but that are not finite are refused', async () => {
    const body = Buffer.from('{"metric":"router_hit","latency_ms":1e999}');
    expect((await refused(service(), log, body)).status).toBe(422);
  });

  it('what was sent is not repeated in the answer', async () => {
    const { detail } = await refused(service(), log, { metric: 'router_hit', secretword: 1 });
    expect(detail).not.toContain('secretword');
  });
});

describe('a wrong body', () => {
  it.each(['log', 'calibrate', 'compute', 'optimize', 'reset'])(
    'POST /energy/%s refuses what is no JSON with 400 and ten megabytes with 413',
    async (name) => {
      const energy = service();
      const path = `/energy/${name}`;
      for (const text of ['{', 'nonsense', '\u{feff}{}x', '{"a":1,}']) {
        expect((await refused(energy, path, Buffer.from(text))).status).toBe(400);
      }
      expect((await refused(energy, path, Buffer.from([0x22, 0xff, 0x22]))).status).toBe(400);
      expect((await refused(energy, path, Buffer.alloc(10_000_000, '1'))).status).toBe(413);
    },
  );

  it('a body that does not call itself JSON is 415, and none at all is 400', async () => {
    const energy = service();
    const sent = { method: 'POST', path: '/energy/log', query: undefined };
    const body = Buffer.from('{"metric":"router_hit"}');
    for (const headers of [
      [],
      ['Content-Type', 'text/plain'],
      ['content-type', 'application/jsonx'],
    ]) {
      expect((await energy.answer({ ...sent, headers, body })).status).toBe(415);
    }
    const headers = ['content-type', 'application/json; charset=utf-8'];
    expect((await energy.answer({ ...sent, headers, body })).status).toBe(200);
    expect((await energy.answer({ ...sent, headers, body: undefined })).status).toBe(400);
  });

  it('case 94: 50,000 colliding keys or a depth of 100,000 are refused', async () => {
    const energy = service();
    const keys = Array.from({ length: 50_000 }, (_, at) => `"${at * 65_536}":1`).join();
    expect((await refused(energy, '/energy/log', Buffer.from(`{${keys}}`))).status).toBe(413);
    const deep = '['.repeat(30_000) + ']'.repeat(30_000);
    expect((await refused(energy, '/energy/log', Buffer.from(deep))).status).toBe(422);
    const deeper = '['.repeat(100_000) + ']'.repeat(100_000);
    expect([400, 422]).toContain(
      (await refused(energy, '/energy/compute', Buffer.from(deeper))).status,
    );
    expect((await ask(energy, 'GET', '/energy/gradient')).status).toBe(200);
  });

  it('after all refusals the state is the one it was', async () => {
    const energy = service();
    const before = await ask(energy, 'GET', '/energy/monitor');
    await refused(energy, '/energy/log', {
      metric: 'agent_state',
      agent: 'agent_1',
      capability: 1,
      h: [1],
    });
    const after = await ask(energy, 'GET', '/energy/monitor');
    expect(lasting(after.json)).toEqual(lasting(before.json));
  });
});

describe('a wrong method', () => {
  it('is 405 with the methods that are offered; HEAD is GET without a body', async () => {
    const energy = service();
    const { status, headers } = await ask(energy, 'DELETE', '/energy/calibrate');
    expect(status).toBe(405);
    expect(headers.get('allow')).toBe('GET, HEAD, POST');
    expect((await ask(energy, 'GET', '/energy/reset')).status).toBe(405);
    const head = await ask(energy, 'HEAD', '/energy/meta');
    expect(head.status).toBe(200);
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(100);
    expect(head.json).toEqual({});
  });
});
