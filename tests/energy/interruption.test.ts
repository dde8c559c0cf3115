/** Whoever leaves, hangs or comes too early costs the running service one job and nothing else. */
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ask, closeAll, field, service } from './service-kit.js';

afterEach(closeAll);

const rogue = fileURLToPath(new URL('./workers/rogue.mjs', import.meta.url));

describe('a calibration that is left in the middle', () => {
  it('loses its worker mid-job; who reads beside it or after it is served', async () => {
    const energy = service({ agents: 512 });
    const gone = new AbortController();
    energy.onProgress(({ state }) => {
      if (state === 'running') gone.abort();
    });
    const body = { tasks: 100 };
    const left = ask(energy, 'POST', '/energy/calibrate', body, gone.signal);
    const beside = ask(energy, 'GET', '/energy/gradient');
    expect(await left).toMatchObject({ status: 499, json: { status: 499 } });
    expect((await beside).status).toBe(200);
    expect(energy.version()).toBe(1);
    expect(energy.progress()).toEqual([]);
    const after = await ask(energy, 'GET', '/energy/gradient');
    expect(after.json['E_terms']).toEqual((await beside).json['E_terms']);
    expect(energy.stats()).toMatchObject({ cancelled: 1, restarts: 1, in_use: 0 });
  });

  it('an event that comes while it runs is kept, and its findings come on top', async () => {
    const energy = service({ agents: 256 });
    let logged: Promise<unknown> | undefined;
    energy.onProgress(({ state }) => {
      logged ??=
        state === 'running'
          ? ask(energy, 'POST', '/energy/log', {
              metric: 'pair_outcome',
              agents: ['agent_14', 'agent_15'],
              success: true,
            })
          : undefined;
    });
    const done = await ask(energy, 'POST', '/energy/calibrate', { tasks: 50 });
    await logged;
    expect(done.json['state_version']).toBe(3);
    const pairs = await ask(energy, 'GET', '/energy/pair_stats');
    expect(pairs.json).toHaveProperty('agent_14-agent_15');
    expect(Object.keys(pairs.json).length).toBeGreaterThan(1);
  });

  it('a reset that comes while it runs wins: it begins again on the reset state', async () => {
    const energy = service({ agents: 256 });
    const body = { tasks: 50 };
    await ask(energy, 'POST', '/energy/calibrate', body);
    const calibrated = (await ask(energy, 'GET', '/energy/gradient')).json['weights'];
    let reset: Promise<unknown> | undefined;
    energy.onProgress(({ state }) => {
      if (state === 'running') reset ??= ask(energy, 'POST', '/energy/reset');
    });
    const again = await ask(energy, 'POST', '/energy/calibrate', body);
    await reset;
    expect(field(again.json, 'weights', 'before', 'lambda')).toBe(0.01);
    expect(field(again.json, 'weights', 'after')).toEqual(calibrated);
  });
});

describe('a service whose workers fail', () => {
  it('answers 500, says so in its health, and refuses the same job at once', async () => {
    const energy = service({ workerFile: rogue });
    const { status, headers } = await ask(energy, 'GET', '/energy/gradient');
    expect(status).toBe(500);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(headers.has('cache-control')).toBe(false);
    expect((await ask(energy, 'GET', '/energy/health')).status).toBe(200);
    await ask(energy, 'GET', '/energy/gradient?seed=1');
    await ask(energy, 'GET', '/energy/gradient?seed=2');
    const health = await ask(energy, 'GET', '/energy/health');
    expect(health).toMatchObject({ status: 503, json: { status: 'unhealthy' } });
    const again = await ask(energy, 'GET', '/energy/gradient');
    expect(again.status).toBe(500);
    expect(Number(again.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(energy.stats()).toMatchObject({ failed: 3, refused: 1, retried: 3 });
  });

  it('after it was closed it answers 503, and reads of the ledger still work', async () => {
    const energy = service();
    await energy.close();
    expect((await ask(energy, 'GET', '/energy/gradient')).status).toBe(503);
    expect((await ask(energy, 'GET', '/energy/meta')).status).toBe(200);
  });
});
