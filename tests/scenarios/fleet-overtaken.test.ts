/** A computation that a purge has overtaken: nobody who asks after the purge waits for it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { openFleetScene, type FleetScene, type Node } from './fleet-kit.js';

let scene: FleetScene;
let nodes: readonly [Node, Node, Node];
beforeAll(async () => {
  // However busy the machine is, nobody loses what he leads while others wait for it.
  scene = await openFleetScene({ lease: '30s', behind: '3s' });
  const [one, two, last] = await scene.nodes(3);
  if (one === undefined || two === undefined || last === undefined) throw new Error('three');
  nodes = [one, two, last];
}, 60_000);
afterAll(() => scene.close());

/** What the origin was asked, each answered by hand with what the test says. */
function heldAnswers(): ServerResponse[] {
  const held: ServerResponse[] = [];
  scene.origin.answer((_req, res) => void held.push(res));
  return held;
}

/** In all of the fleet. */
async function sumOf(metric: string): Promise<number> {
  const counts = await Promise.all(nodes.map((node) => node.metric(metric)));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function untilWaiting(wanted: number): Promise<void> {
  while ((await sumOf('leyden_lease_waiters ')) < wanted);
}

function askedFrom(before: number): (nth: number) => Promise<void> {
  return (nth) => scene.origin.asked(before + nth);
}

const bodyOf = async (answer: ReturnType<Node['get']>): Promise<string> => (await answer).body;

const ORDERS = [
  ['tag', '/kept/by-tag', { type: 'tag', selectors: ['kept'], mode: 'delete' }],
  ['path', '/kept/by-path', { type: 'path', selectors: ['/kept/by-path'], mode: 'delete' }],
  ['pattern', '/kept/by-pattern', { type: 'pattern', selectors: ['/kept/*'], mode: 'delete' }],
  ['tag, stale,', '/kept/stale', { type: 'tag', selectors: ['kept'], mode: 'stale' }],
] as const;

describe('a computation under way when its answer is purged', () => {
  it.each(ORDERS)(
    'is not waited for by who asks after a purge by %s, and all of them share the next one',
    async (_type, path, order) => {
      const overtaken = await sumOf('leyden_leases_total{event="overtaken"}');
      const asked = askedFrom(scene.origin.calls.length);
      const [one, two, last] = nodes;
      const held = heldAnswers();
      const before = bodyOf(one.get(path));
      await asked(1);
      const told = await last.purge({ ...order, wait: 'cluster' });
      expect([told.status, told.body]).toMatchObject([200, { acked: 3, pending: 0 }]);

      // The first is still being computed, and stays so until the second has gone out.
      const after = [two, last, one, two].map((node) => bodyOf(node.get(path)));
      await asked(2);
      await untilWaiting(2);
      held[1]?.end('after');
      expect(new Set(await Promise.all(after))).toEqual(new Set(['after']));
      held[0]?.end('before');
      expect(await before).toBe('before');

      // What came late has replaced nothing, anywhere.
      await one.until('leyden_leases_held ', (n) => n === 0);
      const now = await Promise.all(nodes.map((node) => bodyOf(node.get(path))));
      expect(new Set(now)).toEqual(new Set(['after']));
      expect(scene.origin.countOf(path)).toBe(2);
      expect(await sumOf('leyden_leases_total{event="overtaken"}')).toBe(overtaken + 1);
      expect(await sumOf('leyden_leases_total{event="lost"}')).toBe(0);
    },
    60_000,
  );

  it('is waited for as before when the purge meant something else', async () => {
    const [one, two, last] = nodes;
    const held = heldAnswers();
    const asked = askedFrom(scene.origin.calls.length);
    const before = bodyOf(one.get('/kept/spared'));
    await asked(1);
    const order = { type: 'path', selectors: ['/kept/other'], mode: 'delete', wait: 'cluster' };
    expect((await last.purge(order)).body).toMatchObject({ acked: 3, pending: 0 });
    const after = [two, last].map((node) => bodyOf(node.get('/kept/spared')));
    await untilWaiting(2);
    held[0]?.end('once');
    expect(await Promise.all([before, ...after])).toEqual(['once', 'once', 'once']);
    expect(scene.origin.countOf('/kept/spared')).toBe(1);
  }, 60_000);
});
