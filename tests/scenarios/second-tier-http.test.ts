/** `cache: http` in a fleet: what is changed or purged on one node is old on all, in both tiers. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openFleetScene, type FleetScene, type Node } from './fleet-kit.js';

const ROUTE = `
  - path: /http/**
    upstream: some
    methods: any
    cache: http
`;

let scene: FleetScene;
let one: Node;
let other: Node;
/** By path: how often it was computed. */
const serials = new Map<string, number>();
beforeAll(async () => {
  scene = await openFleetScene();
  scene.origin.answer((req, res) => {
    const { url: path = '', method } = req;
    if (method !== 'GET') {
      const group = req.headers['x-group'];
      if (typeof group === 'string') res.setHeader('Cache-Group-Invalidation', `"${group}"`);
      res.end('changed');
      return;
    }
    const serial = (serials.get(path) ?? 0) + 1;
    serials.set(path, serial);
    res.setHeader('Cache-Control', 'max-age=600');
    res.setHeader('Cache-Tag', 'tagged');
    res.setHeader('Cache-Groups', '"scripts"');
    res.setHeader('Vary', 'Accept-Language');
    res.end(String(serial));
  });
  const nodes = await scene.nodes(2, ROUTE);
  [one, other] = nodes as [Node, Node];
}, 60_000);
afterAll(() => scene.close());

const bodyOf = async (node: Node, path: string): Promise<string> => (await node.get(path)).body;

/** Computed once by the first, and given by both. */
async function stored(path: string): Promise<void> {
  expect(await bodyOf(one, path)).toBe('1');
  const before = await one.metric('leyden_second_tier_written_total');
  if (before === 0) await one.until('leyden_second_tier_written_total', (count) => count > 0);
  for (;;) {
    const { headers, body } = await other.get(path);
    if (/detail=l[12]/.test(String(headers['cache-status']))) return;
    // It was not written yet when the other looked: then its own is the newer one.
    expect(body).toBe('2');
    serials.set(path, 1);
  }
}

async function untilNew(node: Node, path: string, least: number): Promise<void> {
  while (Number(await bodyOf(node, path)) < least);
}

describe('a resource under cache: http in a fleet', () => {
  it('is new on every node after a state-changing request through one of them', async () => {
    await stored('/http/changed');
    serials.set('/http/changed', 10);
    expect((await one.get('/http/changed', { method: 'POST' })).body).toBe('changed');
    expect(Number(await bodyOf(one, '/http/changed'))).toBeGreaterThan(10);
    await untilNew(other, '/http/changed', 11);
    for (let nth = 0; nth < 5; nth += 1) {
      expect(Number(await bodyOf(other, '/http/changed'))).toBeGreaterThan(10);
    }
  }, 60_000);

  it('is new on every node when a change elsewhere names its group', async () => {
    await stored('/http/grouped');
    serials.set('/http/grouped', 10);
    const more = { method: 'DELETE', headers: { 'X-Group': 'scripts' } };
    await one.get('/http/elsewhere', more);
    await untilNew(one, '/http/grouped', 11);
    await untilNew(other, '/http/grouped', 11);
  }, 60_000);

  it.each([
    ['path', { type: 'path', selectors: ['/http/purged-path'], mode: 'delete' }],
    ['tag', { type: 'tag', selectors: ['tagged'], mode: 'delete' }],
    ['route', { type: 'route', selectors: ['/http/**'], mode: 'delete' }],
    ['pattern', { type: 'pattern', selectors: ['/http/*'], mode: 'delete' }],
  ])(
    'is computed anew after a purge by %s, whoever is asked',
    async (type, order) => {
      const path = `/http/purged-${type}`;
      await stored(path);
      serials.set(path, 10);
      const { status } = await one.purge({ ...order, wait: 'cluster' });
      expect(status).toBe(200);
      expect(Number(await bodyOf(other, path))).toBeGreaterThan(10);
      expect(Number(await bodyOf(one, path))).toBeGreaterThan(10);
    },
    60_000,
  );
});
