/** What an operator is told of the second tier: what it holds, for how long, and why not. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { TOKEN } from '../fakes/gateway.js';
import { openScene, untilEntries, type Node, type Scene } from './second-kit.js';

let scene: Scene;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(() => scene.close());

type Told = Readonly<Record<string, unknown>> & {
  readonly second_tier: Readonly<Record<string, unknown>> | null;
};

async function told(node: Node, path: string): Promise<Told> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const { body } = await ask(node.running.operationsPort, path, { headers });
  return JSON.parse(body) as Told;
}
const explained = (node: Node, url = '/plain/a'): Promise<Told> =>
  told(node, `/admin/cache/explain?url=${encodeURIComponent(`http://a.test${url}`)}`);

const NUMBERS = { age_seconds: null, ttl_seconds: null, kept_seconds: null, body_bytes: null };

describe.each(['a lifetime rule', 'cache: http'])('what explain says of it under %s', (kind) => {
  const wishes = kind === 'cache: http' ? { rule: 'http' } : {};
  beforeEach(() => {
    if (kind === 'a lifetime rule') return;
    scene.origin.answer((req, res) => {
      res.setHeader('Cache-Control', 'max-age=60');
      res.end(req.url);
    });
  });

  it('that it holds an answer which would be given', async () => {
    const [one, other] = [await scene.node(wishes), await scene.node(wishes)];
    expect(await explained(other)).toMatchObject({
      verdict: 'miss',
      second_tier: { state: 'none', reason: null, ...NUMBERS },
    });
    await one.get('/plain/a');
    await untilEntries(scene, 1);
    for (const { running } of [one, other]) running.clock.turn(12_000);
    const there = await explained(other);
    expect(there).toMatchObject({
      verdict: 'hit',
      cache_status: expect.stringMatching(/^leyden; hit; ttl=4[78]; detail=l2$/),
      second_tier: { state: 'fresh', reason: null, why: 'It holds a fresh answer.' },
    });
    const { age_seconds: age, ttl_seconds: ttl, kept_seconds: kept } = there.second_tier ?? {};
    expect([age, ttl].map((one) => Math.round(Number(one) / 5))).toEqual([2, 10]);
    expect(Number(kept)).toBeGreaterThan(Number(ttl));
    // Nobody was asked, and nothing has come into memory by it.
    expect(scene.origin.calls).toHaveLength(1);
    expect(await other.metric('leyden_second_tier_reads_total{outcome="good"}')).toBe(0);
  });

  it('why it is not used: its secret, its version, a purge, an order not known', async () => {
    const one = await scene.node(wishes);
    await one.get('/plain/a');
    await untilEntries(scene, 1);
    const foreign = await scene.node({
      ...wishes,
      secret: 'another secret of thirty-two bytes, or so',
    });
    const other = await scene.node(wishes);
    expect((await explained(foreign)).second_tier).toMatchObject({
      ...{ state: 'unusable', reason: 'foreign', ...NUMBERS },
    });
    const [key = ''] = await scene.entries();
    const good = (await scene.redisCall('get', key)) as Buffer;
    const later = Buffer.from(good);
    later[4] = 99;
    await scene.redisCall('set', key, later);
    expect((await explained(other)).second_tier).toMatchObject({
      ...{ state: 'unusable', reason: 'version', ...NUMBERS },
      why: 'It was written by a version of Leyden that writes otherwise.',
    });
    // It was looked at, and is left where it is.
    expect(await scene.redisCall('exists', key)).toBe(1);
    await scene.redisCall('set', key, good);
    await other.purge({ type: 'path', selectors: ['/plain/a'], mode: 'delete' });
    expect((await explained(other)).second_tier).toMatchObject({ reason: 'purged' });
    scene.fleet.lose();
    expect((await explained(other)).second_tier).toMatchObject({ reason: 'too-old' });
    scene.fleet.unknown(true);
    expect((await explained(other)).second_tier).toMatchObject({ state: 'unknown' });
  });
});

describe('one answer in memory', () => {
  it('is shown with what lies in the second tier under its name', async () => {
    const one = await scene.node();
    await one.get('/plain/a');
    await untilEntries(scene, 1);
    const { entries } = (await told(one, '/admin/cache/entries')) as unknown as {
      entries: { key: string }[];
    };
    const path = `/admin/cache/entries/${entries[0]?.key ?? ''}`;
    expect(await told(one, path)).toMatchObject({ second_tier: { state: 'fresh' } });
    await scene.redisCall('flushall');
    expect(await told(one, path)).toMatchObject({ second_tier: { state: 'none', ...NUMBERS } });
  });
});
