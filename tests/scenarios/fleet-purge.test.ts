/** A purge on one node is known to all, whatever was lost on the way. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openFleetScene, type FleetScene, type Node } from './fleet-kit.js';

let scene: FleetScene;
beforeEach(async () => {
  scene = await openFleetScene();
}, 60_000);
afterEach(() => scene.close());

async function pair(): Promise<readonly [Node, Node]> {
  const [one, other] = await scene.nodes(2);
  if (one === undefined || other === undefined) throw new Error('there are two');
  return [one, other];
}

const ALL = { type: 'tag', selectors: ['kept'], mode: 'delete', wait: 'cluster' };

async function untilWord(node: Node, path: string, word: RegExp): Promise<void> {
  while (!word.test(await node.word(path)));
}

describe('a purge in a fleet', () => {
  it('is answered when every node has it, and then nobody gives the old answer', async () => {
    const [one, other] = await pair();
    await one.get('/kept/a');
    await untilWord(other, '/kept/a', /^hit/);
    expect(scene.origin.countOf('/kept/a')).toBe(1);
    const { status, body } = await one.purge(ALL);
    expect([status, body]).toEqual([200, { id: body['id'], matched: null, acked: 2, pending: 0 }]);
    expect(await other.word('/kept/a')).toMatch(/^fwd=/);
    expect(scene.origin.countOf('/kept/a')).toBe(2);
    expect(await one.past(body['id'])).toMatchObject({ acked: 2, pending: 0, type: 'tag' });
    expect(await one.metric('leyden_purge_spread_seconds_count')).toBe(1);
  }, 60_000);

  it.each([
    ['key', (key: string) => ({ type: 'key', selectors: [key], mode: 'delete' })],
    ['path', () => ({ type: 'path', selectors: ['/kept/a'], mode: 'delete' })],
    ['pattern', () => ({ type: 'pattern', selectors: ['/kept/*'], mode: 'delete' })],
    ['route', () => ({ type: 'route', selectors: ['/kept/**'], mode: 'delete' })],
    ['all', () => ({ type: 'all', mode: 'delete' })],
  ])(
    'reaches the other node by %s, in both its tiers',
    async (_type, orderFor) => {
      const [one, other] = await pair();
      await one.get('/kept/a');
      await untilWord(other, '/kept/a', /^hit/);
      const listed = await fetch(
        `http://127.0.0.1:${one.running.operationsPort}/admin/cache/entries`,
        { headers: { authorization: 'Bearer qD7v1LmZx0RkT9sWb4YcHf2NpEaUg8Jo' } },
      );
      const { entries } = (await listed.json()) as { entries: { key: string }[] };
      const done = await one.purge({ ...orderFor(entries[0]?.key ?? ''), wait: 'cluster' });
      expect([done.status, done.body]).toMatchObject([200, { acked: 2, pending: 0 }]);
      expect(await other.word('/kept/a')).toMatch(/^fwd=/);
      expect(scene.origin.countOf('/kept/a')).toBe(2);
    },
    60_000,
  );

  it('comes from a state-changing request as well', async () => {
    const [one, other] = await pair();
    await one.get('/kept/a');
    await untilWord(other, '/kept/a', /^hit/);
    await one.get('/kept/a', { method: 'POST', body: '' });
    await untilWord(other, '/kept/a', /^fwd=/);
  }, 60_000);

  it('is said to be pending while a node is cut off, and reaches it when it is back', async () => {
    const [one, other] = await pair();
    await one.get('/kept/a');
    await untilWord(other, '/kept/a', /^hit/);
    other.proxy.set({ kind: 'blackhole' });
    // What it holds goes on being answered there.
    expect(await other.word('/kept/a')).toMatch(/^hit/);
    const told = await one.purge({ ...ALL, wait: 'local' });
    expect([told.status, told.body]).toMatchObject([200, { acked: 1 }]);
    const { id } = told.body;
    await one.until('leyden_purges_unsent ', (n) => n === 0);
    expect(await one.past(id)).toMatchObject({ acked: 1, pending: 1 });
    expect((await one.past(id))['waiting_for']).toHaveLength(1);
    other.proxy.set({ kind: 'pass' });
    other.proxy.kill();
    await untilWord(other, '/kept/a', /^fwd=/);
    while ((await one.past(id))['pending'] !== 0);
    expect(await one.past(id)).toMatchObject({ acked: 2, pending: 0 });
    expect(await other.metric('leyden_fleet_gaps_total{reason="hole"}')).toBe(0);
  }, 60_000);
});
