/** Tracking under `cache: http`: what an operator takes out of Redis is gone from memory too. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openScene, statusOf, untilEntries, type Node, type Scene } from './second-kit.js';
import { checksOf, HIT, heardBy, listening, PATH } from './tracking-kit.js';

let scene: Scene;
let node: Node;
beforeEach(async () => {
  scene = await openScene();
  let serial = 0;
  scene.origin.answer((_req, res) => {
    serial += 1;
    res.setHeader('Cache-Control', 'max-age=600');
    res.setHeader('Vary', 'Accept-Language');
    res.setHeader('Content-Language', 'de');
    res.end(String(serial));
  });
  node = await listening(scene, { rule: 'http' });
});
afterEach(() => scene.close());

const bodyFor = async (language: string, more: object = {}): Promise<string> =>
  (await node.get(PATH, { headers: { 'Accept-Language': language, ...more } })).body;

/** It lies in memory and in Redis. */
async function kept(): Promise<void> {
  expect(await bodyFor('de')).toBe('1');
  await untilEntries(scene, 1);
  expect(statusOf(await node.get(PATH, { headers: { 'Accept-Language': 'de' } }))).toMatch(HIT);
}

async function removed(keys: readonly string[]): Promise<void> {
  const before = await heardBy(node);
  await scene.redisCall('del', ...keys);
  while ((await heardBy(node)) < before + keys.length);
}

describe('an answer under cache: http that lies in memory and in Redis', () => {
  it('is computed anew when Redis is emptied', async () => {
    await kept();
    await scene.redisCall('flushdb');
    await node.untilMetric('leyden_redis_tracking_flushes_total', 1);
    expect(await bodyFor('de')).toBe('2');
    expect(await checksOf(node, 'dropped')).toBe(1);
  });

  it('is computed anew when an operator deletes all keys of its resource', async () => {
    await kept();
    const keys = (await scene.redisCall('keys', 'leyden:*:*')) as readonly Buffer[];
    const own = keys.map(String).filter((key) => /:(?:entry:.*|variants)$/.test(key));
    expect(own).toHaveLength(2);
    await removed(own);
    expect(await bodyFor('de')).toBe('2');
  });

  it('gives way to an older one that answers too when an operator deletes it', async () => {
    await kept();
    const older = await scene.entries();
    expect(await bodyFor('de, en;q=0.5', { 'Cache-Control': 'no-cache' })).toBe('2');
    await untilEntries(scene, 2);
    const keys = await scene.entries();
    expect(await bodyFor('de, en;q=0.5')).toBe('2');
    await removed(keys.filter((key) => !older.includes(key)));
    expect(await bodyFor('de, en;q=0.5')).toBe('1');
    expect(await bodyFor('de')).toBe('1');
  });
});
