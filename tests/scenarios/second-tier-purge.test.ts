/** A purge holds for the second tier too: what was computed before it never comes back. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { seededRandom } from '../servers/faults.js';
import { bearer, FORGETFUL, openScene, statusOf, traffic, untilEntries } from './second-kit.js';
import type { Node, Scene } from './second-kit.js';

let scene: Scene;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(() => scene.close());

const MISS = /fwd=uri-miss/;

/** As the fleet would: every node does it, and then they all stand behind it. */
async function purgeAll(nodes: readonly Node[], order: Record<string, unknown>): Promise<void> {
  for (const node of nodes) await node.purge(order);
  scene.fleet.purged();
}

describe('purges and the second tier', () => {
  it.each([
    ['a tag', { type: 'tag', selectors: ['some'] }],
    ['the route', { type: 'route', selectors: ['/plain/**'] }],
    ['a path', { type: 'path', selectors: ['/plain/a'] }],
    ['a pattern', { type: 'pattern', selectors: ['/plain/*'] }],
    ['everything', { type: 'all', selectors: [] }],
  ])('after a purge by %s nothing from before it comes back', async (_what, order) => {
    const [one, other] = [await scene.node(), await scene.node()];
    await one.get('/plain/a');
    await untilEntries(scene, 1);
    const [key = ''] = await scene.entries();
    const before = (await scene.redisCall('dump', key)) as Buffer;
    await purgeAll([one, other], { ...order, mode: 'delete' });
    // Somebody brings the old value back; or its removal never arrived.
    await scene.redisCall('restore', key, 60_000, before, 'replace');
    expect(statusOf(await other.get('/plain/a'))).toMatch(MISS);
    expect(statusOf(await other.get('/plain/a'))).toMatch(/detail=l1$/);
    expect(scene.origin.calls).toHaveLength(2);
  });

  it('after a purge to stale it comes back as old only', async () => {
    const [one, other] = [await scene.node(), await scene.node()];
    await one.get('/plain/a');
    await untilEntries(scene, 1);
    await purgeAll([one, other], { type: 'tag', selectors: ['some'], mode: 'stale' });
    const answer = await other.get('/plain/a');
    expect(statusOf(answer)).toMatch(/detail=revalidating$/);
    await scene.origin.asked(2);
  });

  it('a computation that began before a purge is kept by nobody after it', async () => {
    const [one, other] = [await scene.node(), await scene.node()];
    let answerNow: () => void = () => undefined;
    scene.origin.answer((_req, res) => {
      answerNow = () => res.end('before');
    });
    const early = one.get('/plain/a');
    await scene.origin.asked(1);
    await purgeAll([one, other], { type: 'tag', selectors: ['some'], mode: 'delete' });
    answerNow();
    expect((await early).body).toBe('before');
    scene.origin.answer((_req, res) => res.end('after'));
    for (const node of [one, other]) expect((await node.get('/plain/a')).body).toBe('after');
  });

  it('R20: FLUSHALL in traffic costs misses; no purge is undone by it', async () => {
    const nodes = [await scene.node({ top: FORGETFUL }), await scene.node({ top: FORGETFUL })];
    const running = traffic(nodes, 400, seededRandom(1));
    await scene.origin.asked(50);
    await scene.redisCall('flushall');
    expect(await running).toEqual({ answered: 400, wrong: 0, broken: 0 });
    const [one, other] = nodes as [Node, Node];
    await one.get('/plain/r20', bearer('ann'));
    await untilEntries(scene, 1);
    await purgeAll(nodes, { type: 'all', selectors: [], mode: 'delete' });
    // The journal is lost with everything else: whatever its marks say is not known any more.
    scene.fleet.lose();
    const asked = scene.origin.countOf('/plain/r20');
    expect(statusOf(await other.get('/plain/r20', bearer('ann')))).toMatch(MISS);
    expect(scene.origin.countOf('/plain/r20')).toBe(asked + 1);
  }, 60_000);

  it('neither reads nor writes while nobody knows where the fleet stands', async () => {
    const [one, other] = [await scene.node(), await scene.node()];
    await one.get('/plain/a');
    await untilEntries(scene, 1);
    scene.fleet.unknown(true);
    expect(statusOf(await other.get('/plain/a'))).toMatch(MISS);
    await other.get('/plain/b');
    expect(await other.metric('leyden_second_tier_reads_total')).toBe(0);
    expect(await other.metric('leyden_second_tier_written_total')).toBe(0);
    expect(await scene.entries()).toHaveLength(1);
  });

  it('what the upstream has taken back does not come back from there', async () => {
    const one = await scene.node();
    await one.get('/plain/a');
    await untilEntries(scene, 1);
    one.running.clock.turn(70_000);
    scene.origin.answer((_req, res) => {
      res.statusCode = 403;
      res.end('no');
    });
    expect(statusOf(await one.get('/plain/a'))).toMatch(/detail=revalidating$/);
    await scene.origin.asked(2);
    for (let status = 200; status !== 403;) ({ status } = await one.get('/plain/a'));
    expect((await one.get('/plain/a')).status).toBe(403);
  });
});
