/** One computation in the whole fleet: three gateways, many callers, one cold key. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { openFleetScene, type FleetScene, type Node } from './fleet-kit.js';

let scene: FleetScene;
let nodes: readonly Node[];
/** However busy the machine is, nobody loses what he leads while others wait for it. */
function fleetOf(count: number, lease: string): void {
  beforeAll(async () => {
    scene = await openFleetScene({ lease, behind: '3s' });
    nodes = await scene.nodes(count);
  }, 60_000);
  afterAll(() => scene.close());
}

/** The next question that the origin is asked, or the one after it. */
function asked(): (nth: number) => Promise<void> {
  const before = scene.origin.calls.length;
  return (nth) => scene.origin.asked(before + nth);
}

/** The origin answers when the test says so. */
function gate(): { readonly open: () => void; readonly held: ServerResponse[] } {
  const held: ServerResponse[] = [];
  let isOpen = false;
  const answer = (res: ServerResponse): void => {
    res.end('computed');
  };
  scene.origin.answer((_req, res) => {
    if (isOpen) answer(res);
    else held.push(res);
  });
  return {
    held,
    open() {
      isOpen = true;
      held.forEach(answer);
    },
  };
}

/** One after the other at each node in turn. */
function askAll(nodes: readonly Node[], count: number, path: string): Promise<string[]> {
  const asked = Array.from({ length: Math.ceil(count / nodes.length) }, () =>
    nodes.map(async (node) => {
      const { status, body } = await node.get(path);
      return `${status} ${body}`;
    }),
  );
  return Promise.all(asked.flat().slice(0, count));
}

const waiters = (nodes: readonly Node[]) => async (wanted: number) => {
  const all = nodes.map((node) => node.until('leyden_lease_waiters ', (n) => n >= wanted));
  await Promise.race(all);
};

describe('a cold key in a fleet', () => {
  fleetOf(3, '30s');

  it('is computed once for a thousand callers at three gateways', async () => {
    const { open } = gate();
    const until = asked();
    const answers = askAll(nodes, 1_000, '/kept/cold');
    await until(1);
    // The two others wait for the first.
    const waiting = async (): Promise<number> => {
      const counts = await Promise.all(nodes.map((node) => node.metric('leyden_lease_waiters ')));
      return counts.reduce((sum, count) => sum + count, 0);
    };
    while ((await waiting()) < 2);
    open();
    expect(new Set(await answers)).toEqual(new Set(['200 computed']));
    expect(scene.origin.countOf('/kept/cold')).toBe(1);
    await Promise.all(nodes.map((node) => node.until('leyden_leases_held ', (n) => n === 0)));
  }, 60_000);

  it('fails at once for all who wait when the one that computes fails', async () => {
    const [one, other] = nodes;
    const { held } = gate();
    const until = asked();
    const first = one?.get('/kept/failing');
    await until(1);
    const second = other?.get('/kept/failing');
    await other?.until('leyden_lease_waiters ', (n) => n === 1);
    scene.origin.answer((_req, res) => void res.destroy());
    held[0]?.destroy();
    expect((await first)?.status).toBe(502);
    expect((await second)?.status).toBe(502);
    // The one that computed asked once more, as it would alone; the other did not ask at all.
    expect(scene.origin.countOf('/kept/failing')).toBe(2);
    expect(await other?.metric('leyden_second_tier_leads_total{outcome="failed"}')).toBe(1);
  }, 60_000);
});

describe('a lease in a fleet', () => {
  // Who has heard nothing for half of it looks for himself.
  fleetOf(2, '3s');

  it('keeps its lease as long as the computation takes', async () => {
    const { open } = gate();
    const until = asked();
    const answers = askAll(nodes, 2, '/kept/long');
    await until(1);
    await Promise.race(
      nodes.map((node) => node.until('leyden_leases_total{event="renewed"}', (n) => n >= 3)),
    );
    expect(scene.origin.countOf('/kept/long')).toBe(1);
    open();
    await answers;
    expect(scene.origin.countOf('/kept/long')).toBe(1);
  }, 60_000);

  it('is computed by each alone when Redis is lost meanwhile, and nobody with it', async () => {
    const { open } = gate();
    const until = asked();
    const answers = askAll(nodes, 20, '/kept/lost');
    await until(1);
    await waiters(nodes)(1);
    await Promise.all(nodes.map(({ proxy }) => proxy.down()));
    await until(2);
    open();
    expect(new Set(await answers)).toEqual(new Set(['200 computed']));
    expect(scene.origin.countOf('/kept/lost')).toBe(2);
  }, 60_000);
});
