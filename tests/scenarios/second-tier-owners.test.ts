/** Values that were moved, other secrets, other sources: nobody gets another's answer. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { openGateway, TOKEN } from '../fakes/gateway.js';
import { settle } from '../fakes/waiting.js';
import { bearer, isFor, openScene, SECRET, statusOf } from './second-kit.js';
import { untilEntries, type Scene } from './second-kit.js';

let scene: Scene;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(() => scene.close());

const FOREIGN = 'leyden_second_tier_rejected_total{reason="foreign"}';

describe('the second tier and whose an answer is', () => {
  it('case 11: a value that was copied to another user’s key is his miss', async () => {
    const [one, other] = [await scene.node(), await scene.node()];
    await one.get('/plain/a', bearer('ann'));
    await untilEntries(scene, 1);
    const [anns = ''] = await scene.entries();
    await one.get('/plain/a', bearer('ben'));
    await untilEntries(scene, 2);
    const bens = (await scene.entries()).find((key) => key !== anns) ?? '';
    await scene.redisCall('copy', anns, bens, 'replace');
    const answer = await other.get('/plain/a', bearer('ben'));
    expect(isFor(answer, 'ben')).toBe(true);
    expect(statusOf(answer)).toBe('leyden; fwd=uri-miss; stored');
    expect(await other.metric('leyden_second_tier_rejected_total{reason="identity"}')).toBe(1);
    const said = other.running.lines().filter((line) => line.includes('second_tier_rejected'));
    expect(said).toHaveLength(1);
    expect(isFor(await other.get('/plain/a', bearer('ann')), 'ann')).toBe(true);
  });

  it('case 36: while a secret is replaced, one node’s answers are the other’s misses', async () => {
    const next = 'another secret of thirty-two bytes!';
    const [old, new_] = [await scene.node(), await scene.node({ secret: next })];
    await old.get('/plain/a');
    await untilEntries(scene, 1);
    expect(statusOf(await new_.get('/plain/a'))).toMatch(/fwd=uri-miss/);
    expect(await new_.metric(FOREIGN)).toBeGreaterThan(0);
    await new_.untilMetric('leyden_second_tier_written_total', 1);
    // Who holds both reads what either has signed.
    const both = await scene.node({ secret: `["${next}", "${SECRET}"]` });
    expect(statusOf(await both.get('/plain/a'))).toMatch(/detail=l2$/);
    // No connection paid for it.
    expect(await new_.metric('leyden_redis_errors_total{op="read",kind="desync"}')).toBe(0);
  });

  it('two gateways whose energy begins elsewhere share a Redis and no answer', async () => {
    const yaml = `
secret: "${SECRET}"
server: { hosts: [a.test] }
operations: { token: "${TOKEN}" }
redis: { url: "${scene.redis.url}", timeout: { read: 5s, write: 5s } }
upstreams: { energy: { url: local } }
routes:
  - { path: /energy/gradient, upstream: energy, cache: { ttl: 60s, query: [agents] } }
`;
    const { openFleet } = scene.fleet;
    const open = (seed: string) =>
      openGateway(yaml, { openFleet, environment: { ENERGY_SEED: seed, ENERGY_AGENTS: '8' } });
    const [one, same, other] = [await open('1'), await open('1'), await open('2')];
    const get = ({ port }: { readonly port: number }) =>
      ask(port, '/energy/gradient', { headers: { Host: 'a.test' } });
    const first = await get(one);
    await untilEntries(scene, 1);
    const [shared, apart] = [await get(same), await get(other)];
    expect(statusOf(shared)).toMatch(/detail=l2$/);
    expect(shared.body).toBe(first.body);
    expect(statusOf(apart)).toMatch(/fwd=uri-miss/);
    expect(apart.body).not.toBe(first.body);
    await settle(1);
    await Promise.all([one, same, other].map((running) => running.close()));
  });
});
