/** Redis that is away, slow, full, read-only or lying: everybody is answered, and rightly. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { settle } from '../fakes/waiting.js';
import { seededRandom } from '../servers/faults.js';
import { openScene, SHORT, statusOf, traffic, untilEntries } from './second-kit.js';
import type { Node, Scene } from './second-kit.js';

let scene: Scene;
beforeEach(async () => {
  scene = await openScene({ configuration: ['replica-serve-stale-data yes'] });
});
afterEach(() => scene.close());

/** Asks for something new each time until it is there for the other node. */
async function untilShared(one: Node, other: Node, name: string): Promise<void> {
  for (let nth = 0; ; nth += 1) {
    await one.get(`/plain/${name}-${nth}`);
    for (let look = 0; look < 20; look += 1) await settle(1);
    const answer = await other.get(`/plain/${name}-${nth}`);
    if (statusOf(answer).includes('detail=l2')) return;
  }
}

const MISS = 'leyden; fwd=uri-miss; stored';

describe('the second tier and a Redis that fails', () => {
  it('R1: starts without it, answers, and uses it as soon as it is there', async () => {
    await scene.proxy.down();
    const top = 'budget: { concurrent: 10 }';
    const [one, other] = [await scene.node({ top }), await scene.node()];
    expect(statusOf(await one.get('/plain/a'))).toBe(MISS);
    expect(await one.redisStatus()).toBe('down');
    // Each node computes for itself now, so each gets less of the upstream.
    expect(await one.metric('leyden_budget_running_max')).toBe(5);
    await scene.proxy.up();
    await untilShared(one, other, 'r1');
    expect(await one.metric('leyden_budget_running_max')).toBe(10);
  });

  it('R5: slow: one deadline for a caller, then none until it is well again', async () => {
    const [one, other] = [await scene.node({ timeout: SHORT }), await scene.node()];
    await one.get('/plain/a');
    await untilEntries(scene, 1);
    scene.proxy.set({ kind: 'latency', delayMs: 3000 });
    for (let nth = 0; (await one.redisStatus()) !== 'down'; nth += 1) {
      expect(statusOf(await one.get(`/plain/slow-${nth}`))).toBe(MISS);
    }
    const failed = await one.metric('leyden_second_tier_reads_total{outcome="failed"}');
    expect(await one.metric('leyden_cache_errors_total')).toBeGreaterThanOrEqual(failed);
    scene.proxy.set({ kind: 'pass' });
    await untilShared(one, other, 'r5');
  });

  it('R7: 3,000 requests into a hole are answered, and none of them waits in a line', async () => {
    const one = await scene.node({ timeout: SHORT });
    scene.proxy.set({ kind: 'blackhole' });
    const sum = await traffic([one], 3000, seededRandom(1));
    expect(sum).toEqual({ answered: 3000, wrong: 0, broken: 0 });
    expect(await one.metric('leyden_second_tier_writes ')).toBe(0);
    scene.proxy.set({ kind: 'pass' });
    await untilShared(one, await scene.node(), 'r7');
  }, 120_000);

  it('R9: full: what lies there is still given, and nothing new is kept', async () => {
    const [one, other] = [await scene.node(), await scene.node()];
    await one.get('/plain/a');
    await untilEntries(scene, 1);
    await scene.redisCall('config', 'set', 'maxmemory', '1');
    expect(statusOf(await one.get('/plain/b'))).toBe(MISS);
    await one.untilMetric('leyden_second_tier_dropped_total{reason="failed"}', 1);
    expect(statusOf(await other.get('/plain/a'))).toMatch(/detail=l2$/);
    expect(statusOf(await other.get('/plain/b'))).toBe(MISS);
    expect(await one.metric('leyden_redis_errors_total{op="write",kind="oom"}')).toBe(1);
  });

  it('R10: read-only: reads go on, writes are not sent, and it heals', async () => {
    const [one, other] = [await scene.node(), await scene.node()];
    await one.get('/plain/a');
    await untilEntries(scene, 1);
    await scene.redisCall('replicaof', '127.0.0.1', '1');
    await one.get('/plain/b');
    await one.untilMetric('leyden_redis_errors_total{op="write",kind="readonly"}', 1);
    expect(await one.redisStatus()).toBe('readonly');
    await one.get('/plain/c');
    await one.untilMetric('leyden_second_tier_dropped_total{reason="off"}', 1);
    expect(statusOf(await other.get('/plain/a'))).toMatch(/detail=l2$/);
    await scene.redisCall('replicaof', 'no', 'one');
    await untilShared(one, other, 'r10');
  });
});
