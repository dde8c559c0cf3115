/** Where the state comes from: a seed, a file, or agents that moved since. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { BaseShelf } from '../../src/energy/base-shelf.js';
import { plainProduct } from '../../src/energy/kernels/reference.js';
import { randomStream } from '../../src/energy/model/random.js';
import { baseBytes, prepareBase, seededBase } from '../../src/energy/state/base.js';
import { DIMENSIONS, HYPEREDGES_MAX, seededLedger } from '../../src/energy/state/ledger.js';
import { moveBase } from '../../src/energy/state/moved.js';
import { ask, closeAll, field, lasting, service } from './service-kit.js';

afterEach(closeAll);

const folder = mkdtempSync(join(tmpdir(), 'energy-state-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function fileOf(name: string, state: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, typeof state === 'string' ? state : JSON.stringify(state));
  return file;
}

function agentsOf(count: number): object[] {
  const random = randomStream(5, 'file');
  return Array.from({ length: count }, () => ({
    h: Array.from({ length: DIMENSIONS }, () => random.normal()),
    role_probs: { E: 0.5, S: 0.25, O: 0.25 },
    capability: 0.7,
    mem_util: 0.1,
  }));
}

describe('a seeded state', () => {
  it('is a state of the model: roles on the simplex, shares in range, W symmetric', () => {
    const ledger = seededLedger(11, 40);
    for (let agent = 0; agent < 40; agent += 1) {
      const row = [...ledger.roles.subarray(agent * 3, agent * 3 + 3)];
      expect(row.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
      expect(Math.min(...row)).toBeGreaterThan(0);
    }
    expect(Math.min(...ledger.capability, ...ledger.memoryUse)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...ledger.capability, ...ledger.memoryUse)).toBeLessThanOrEqual(1);
    const base = seededBase(11, 40);
    for (let row = 0; row < 40; row += 1) {
      expect(base.pairWeights[row * 41]).toBe(0);
      expect(base.pairWeights[row * 40 + 7]).toBe(base.pairWeights[7 * 40 + row]);
    }
    expect(base.hyperedges.length).toBeLessThanOrEqual(HYPEREDGES_MAX);
  });

  it('is drawn from a normal distribution, and every seed is another state', () => {
    const { embeddings } = seededBase(12, 200);
    const mean = embeddings.reduce((sum, value) => sum + value, 0) / embeddings.length;
    const spread = embeddings.reduce((sum, value) => sum + value * value, 0) / embeddings.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(spread - 1)).toBeLessThan(0.05);
    expect(seededBase(13, 4).embeddings[0]).not.toBe(seededBase(14, 4).embeddings[0]);
  });
});

describe('agents that moved', () => {
  it.each([1, 3, 25, 60])('%i of them: the update is the same product as a whole one', (count) => {
    const base = prepareBase(seededBase(3, 60));
    const random = randomStream(4, 'moved');
    const moved = new Map(
      Array.from({ length: count }, (_, at) => [
        (at * 7) % 60,
        Float64Array.from({ length: DIMENSIONS }, () => random.normal()),
      ]),
    );
    const next = moveBase(base, moved);
    const whole = plainProduct(base.pairWeights, next.embeddings, 60, DIMENSIONS);
    for (const [at, value] of whole.entries()) {
      expect(Math.abs(next.product[at]! - value)).toBeLessThan(1e-9);
    }
    const again = moveBase(base, new Map([...moved].reverse()));
    expect(again.product).toEqual(next.product);
  });
});

describe('the shelf of bases in a worker', () => {
  it('keeps what was used last, and never more bytes than it may', () => {
    const shelf = new BaseShelf(undefined, 2 * baseBytes(16));
    const first = shelf.take('seed', 1, 16);
    const second = shelf.take('seed', 2, 16);
    expect(shelf.take('seed', 1, 16)).toBe(first);
    shelf.take('seed', 3, 16);
    expect(shelf.take('seed', 1, 16)).toBe(first);
    expect(shelf.take('seed', 2, 16)).not.toBe(second);
  });
});

describe('a state from a file', () => {
  it('is what is computed on; a query that names agents or a seed is a seeded one', async () => {
    const pair_weights = [
      [0, 1, 2],
      [1, 2, 1],
    ];
    const state = { agents: agentsOf(12), pair_weights, weights: { alpha: 0.3 } };
    const energy = service({ stateFile: fileOf('good.json', state) });
    const { status, json } = await ask(energy, 'GET', '/energy/monitor');
    expect(status).toBe(200);
    expect(json).toMatchObject({
      state: { source: 'file', agents: 12 },
      weights: { alpha: 0.3 },
      agent_metrics: { avg_capability: expect.closeTo(0.7, 9), active_agents: 0 },
    });
    const seeded = await ask(energy, 'GET', '/energy/monitor?agents=12');
    expect(field(seeded.json, 'state', 'source')).toBe('seed');
    const event = { metric: 'pair_outcome', agents: ['agent_0', 'agent_5'], success: true };
    await ask(energy, 'POST', '/energy/log', event);
    await ask(energy, 'POST', '/energy/reset');
    const again = await ask(energy, 'GET', '/energy/monitor');
    expect(again.json['energy_terms']).toEqual(json['energy_terms']);
    expect(lasting({ of: again.json['agent_metrics'] })).toEqual(
      lasting({ of: json['agent_metrics'] }),
    );
  });

  it.each([
    ['no JSON', '{', 'The body is not valid JSON.'],
    ['no agents', {}, '"state.agents" is missing'],
    ['one agent', { agents: agentsOf(1) }, '"agents" must be a list of 2 to 4096 entries'],
    ['a short embedding', { agents: [{ ...agentsOf(1)[0], h: [1] }, {}] }, '"agents[0].h"'],
    ['a self pair', { agents: agentsOf(2), pair_weights: [[1, 1, 1]] }, '"pair_weights[0]"'],
    ['a stranger', { agents: agentsOf(2), hyperedges: [[0, 2]] }, '"hyperedges[0][1]"'],
    ['a wrong knob', { agents: agentsOf(2), compression_knob: 2 }, '"state.compression_knob"'],
  ])('with %s stops the start with one sentence that names the field', (name, state, words) => {
    const stateFile = fileOf(`${name}.json`, state);
    expect(() => service({ stateFile })).toThrow(words);
    expect(() => service({ stateFile })).toThrow(/^The energy state file is not valid\. .*\.$/);
  });

  it('that is not there, or a worker that is not built, stops the start with one sentence', () => {
    expect(() => service({ stateFile: join(folder, 'none.json') })).toThrow('cannot be read');
    expect(() => service({ workerFile: join(folder, 'none.js') })).toThrow('npm run build');
  });
});
