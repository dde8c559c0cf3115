/** Tracking: what anybody does to an answer in Redis, every gateway that holds it knows at once. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FORGETFUL, openScene, statusOf, type Scene } from './second-kit.js';
import { checksOf, heardBy, HIT, listening, PATH, serialFrom } from './tracking-kit.js';
import { shared, untilSerial } from './tracking-kit.js';

let scene: Scene;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(() => scene.close());

describe('an answer that lies in memory and in Redis', () => {
  it('is gone from every memory when an operator deletes its key', async () => {
    const [one, other] = [await listening(scene), await listening(scene)];
    const key = await shared(scene, one, other);
    const before = await serialFrom(one);
    await scene.redisCall('del', key);
    const after = await untilSerial(one, (serial) => serial !== before);
    expect(await untilSerial(other, (serial) => serial !== before)).toBe(after);
    expect(scene.origin.calls).toHaveLength(2);
    expect(await checksOf(one, 'dropped')).toBe(1);
  });

  it('is gone from every memory when Redis is emptied', async () => {
    const [one, other] = [await listening(scene), await listening(scene)];
    await shared(scene, one, other);
    const before = await serialFrom(one);
    await scene.redisCall('flushdb');
    const after = await untilSerial(one, (serial) => serial !== before);
    expect(await untilSerial(other, (serial) => serial !== before)).toBe(after);
    expect(await one.metric('leyden_redis_tracking_flushes_total')).toBe(1);
  });

  it('stays when another database of the same server is emptied', async () => {
    const [one, other] = [await listening(scene), await listening(scene)];
    await shared(scene, one, other);
    const script = "redis.call('select', 5) redis.call('flushdb')";
    await scene.redisCall('eval', script, 0);
    await one.untilMetric('leyden_redis_tracking_flushes_total', 1);
    expect(statusOf(await one.get(PATH))).toMatch(HIT);
    expect([await checksOf(one, 'same'), scene.origin.calls.length]).toEqual([1, 1]);
  });

  it('is replaced in every memory when one gateway has computed it anew', async () => {
    const [one, other] = [await listening(scene), await listening(scene)];
    await shared(scene, one, other);
    const before = await serialFrom(other);
    // What nobody asks for is not computed ahead.
    expect(await serialFrom(one)).toBe(before);
    await one.purge({ type: 'path', selectors: [PATH], mode: 'refresh' });
    const after = await untilSerial(other, (serial) => serial !== before);
    expect(await serialFrom(one)).toBe(after);
    expect(scene.origin.calls).toHaveLength(2);
    expect(await checksOf(other, 'newer')).toBe(1);
  });

  it('is not doubted by the gateway that has just written it', async () => {
    const one = await listening(scene);
    await shared(scene, one, one);
    while ((await heardBy(one)) === 0) expect(statusOf(await one.get(PATH))).toMatch(HIT);
    expect(statusOf(await one.get(PATH))).toMatch(HIT);
    expect(await one.metric('leyden_tracked_checks_total')).toBe(0);
    expect(await one.metric('leyden_second_tier_reads_total{outcome="good"}')).toBe(0);
  });

  it('is watched as long as it lies in memory, and no longer', async () => {
    const one = await listening(scene, { top: FORGETFUL });
    for (let nth = 0; nth < 30; nth += 1) await one.get(`/plain/${nth}`);
    const entries = await one.metric('leyden_memory_entries ');
    expect(await one.metric('leyden_tracked_answers')).toBe(entries);
  });

  it('stays when Redis has made room for others', async () => {
    const [one, other] = [await listening(scene), await listening(scene)];
    const key = await shared(scene, one, other);
    const before = await heardBy(one);
    await scene.redisCall('config', 'set', 'maxmemory-policy', 'allkeys-lru');
    await scene.redisCall('config', 'set', 'maxmemory', '2mb');
    for (let nth = 0; (await scene.redisCall('exists', key)) === 1; nth += 1) {
      await scene.redisCall('set', `other ${nth}`, Buffer.alloc(200_000));
    }
    while ((await heardBy(one)) === before) expect(await heardBy(other)).toBeGreaterThan(0);
    expect(statusOf(await one.get(PATH))).toMatch(HIT);
    expect(statusOf(await one.get(PATH))).toMatch(HIT);
    expect([await checksOf(one, 'kept'), scene.origin.calls.length]).toEqual([1, 1]);
  });
});
