/** Answers that are too large for Redis: no node waits for another one's computation of them. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { openFleetScene, type FleetScene, type Node } from './fleet-kit.js';

const LARGE = 'x'.repeat(20_000);
const SMALL = 'small';
/** A tag of the route, so that all of a test's answers go at once, everywhere. */
const ORDER = { type: 'tag', selectors: ['kept'], mode: 'delete', wait: 'cluster' };

let scene: FleetScene;
let nodes: readonly [Node, Node];
beforeAll(async () => {
  // However busy the machine is, nobody loses what he leads while others wait for it.
  const tier = 'tier: { maxBytes: 16KiB }';
  scene = await openFleetScene({ lease: '30s', behind: '3s', tier });
  const [one, other] = await scene.nodes(2);
  if (one === undefined || other === undefined) throw new Error('two');
  nodes = [one, other];
}, 60_000);
afterAll(() => scene.close());

/** What the origin is asked from now on, each answered by hand. */
function gate() {
  const held: ServerResponse[] = [];
  const before = scene.origin.calls.length;
  scene.origin.answer((_req, res) => void held.push(res));
  return { held, asked: (count: number) => scene.origin.asked(before + count) };
}

const sizeOf = async (answer: ReturnType<Node['get']>): Promise<number> =>
  (await answer).body.length;

async function purge(): Promise<void> {
  expect(await nodes[1].purge(ORDER)).toMatchObject({ status: 200, body: { acked: 2 } });
}

/** One leads, the other waits for its end. */
async function askInLine(path: string, held: (nth: number) => Promise<void>) {
  const first = sizeOf(nodes[0].get(path));
  await held(1);
  const second = sizeOf(nodes[1].get(path));
  await nodes[1].until('leyden_lease_waiters ', (n) => n === 1);
  return [first, second] as const;
}

/** Both ask the origin before it has answered either of them. */
async function bothCompute(path: string, body: string): Promise<void> {
  const { held, asked } = gate();
  const first = sizeOf(nodes[0].get(path));
  await asked(1);
  const second = sizeOf(nodes[1].get(path));
  await asked(2);
  for (const res of held) res.end(body);
  expect(await Promise.all([first, second])).toEqual([body.length, body.length]);
}

async function unlanded(count: number): Promise<void> {
  await Promise.all(
    nodes.map((node) => node.until('leyden_second_tier_unlanded ', (n) => n === count)),
  );
}

describe('an answer that is too large for Redis', () => {
  it('is waited for once, then computed by each node at once, and shared when small', async () => {
    const path = '/kept/large';
    const first = gate();
    const answers = await askInLine(path, first.asked);
    first.held[0]?.end(LARGE);
    await first.asked(2);
    first.held[1]?.end(LARGE);
    expect(await Promise.all(answers)).toEqual([LARGE.length, LARGE.length]);
    await unlanded(1);

    await purge();
    await bothCompute(path, LARGE);
    await purge();
    await bothCompute(path, SMALL);
    await unlanded(0);

    await purge();
    const last = gate();
    const shared = await askInLine(path, last.asked);
    last.held[0]?.end(SMALL);
    expect(await Promise.all(shared)).toEqual([SMALL.length, SMALL.length]);
    expect(scene.origin.countOf(path)).toBe(7);
  }, 60_000);

  it('is remembered as such by a node that has only waited for it', async () => {
    const path = '/kept/waited';
    const { held, asked } = gate();
    const [first, second] = await askInLine(path, asked);
    held[0]?.end(LARGE);
    expect(await first).toBe(LARGE.length);
    // Its own computation is still under way.
    await asked(2);
    await unlanded(1);
    held[1]?.end(LARGE);
    expect(await second).toBe(LARGE.length);
  }, 60_000);
});
