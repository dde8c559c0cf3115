/** Tracking when it is cut off, refused, switched off or overtaken: nothing old is kept unasked. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { settle } from '../fakes/waiting.js';
import { openScene, statusOf, type Scene } from './second-kit.js';
import { checksOf, heardBy, HIT, listening, PATH, serialFrom } from './tracking-kit.js';
import { shared, stateOf, untilSerial } from './tracking-kit.js';

let scene: Scene;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(() => scene.close());

describe('tracking', () => {
  it('asks about everything after its subscriber was killed', async () => {
    const [one, other] = [await listening(scene), await listening(scene)];
    const key = await shared(scene, one, other);
    const before = await serialFrom(other);
    const remove = "redis.call('del', KEYS[1])";
    await Promise.all([
      scene.redisCall('client', 'kill', 'type', 'pubsub'),
      scene.redisCall('eval', remove, 1, key),
    ]);
    await untilSerial(other, (serial) => serial !== before);
    await other.untilMetric('leyden_redis_tracking_armed_total', 2);
    expect(await other.metric('leyden_redis_tracking_gaps_total')).toBe(1);
    expect(await stateOf(other)).toBe('on');
  });

  it('keeps what nobody has touched while its subscriber was away', async () => {
    const [one, other] = [await listening(scene), await listening(scene)];
    await shared(scene, one, other);
    await scene.redisCall('client', 'kill', 'type', 'pubsub');
    await other.untilMetric('leyden_redis_tracking_armed_total', 2);
    expect(statusOf(await other.get(PATH))).toMatch(HIT);
    expect([await checksOf(other, 'same'), scene.origin.calls.length]).toEqual([1, 1]);
  });

  it('needs a right, and everything else goes on without it', async () => {
    await scene.redisCall('acl', 'setuser', 'default', '-client|tracking');
    const one = await scene.node();
    await one.untilMetric('leyden_redis_tracking{state="refused"}', 1);
    expect(await stateOf(one)).toBe('refused');
    await one.get(PATH);
    expect(statusOf(await one.get(PATH))).toMatch(HIT);
    expect(await one.redisStatus()).toBe('healthy');
    const said = one.running.lines().filter((line) => line.includes('redis_tracking_refused'));
    expect(said).toHaveLength(1);
  });

  it('that is off leaves every memory to itself', async () => {
    const one = await scene.node({ redis: 'tracking: off' });
    const key = await shared(scene, one, one);
    await scene.redisCall('del', key);
    expect(statusOf(await one.get(PATH))).toMatch(HIT);
    expect(await stateOf(one)).toBe('off');
    expect(await one.metric('leyden_redis_tracking{state="off"}')).toBe(1);
  });

  it('puts into doubt what was read before a change and came after the word of it', async () => {
    const one = await listening(scene, { direct: true });
    const other = await listening(scene);
    await one.get(PATH);
    while ((await scene.entries()).length === 0) await settle(1);
    const [key = ''] = await scene.entries();
    while ((await heardBy(other)) === 0) await settle(1);
    const heard = await heardBy(other);
    const reads = (): Promise<boolean> =>
      scene.redisCall('info', 'commandstats').then((text) => String(text).includes('getrange'));
    await scene.redisCall('config', 'resetstat');
    scene.proxy.set({ kind: 'latency', delayMs: 1500 });
    const late = other.get(PATH);
    while (!(await reads())) await settle(1);
    scene.proxy.set({ kind: 'pass' });
    await scene.redisCall('del', key);
    while ((await heardBy(other)) === heard) await settle(1);
    const before = (JSON.parse((await late).body) as { serial: number }).serial;
    expect(statusOf(await late)).toMatch(/detail=l2$/);
    expect(await serialFrom(other)).not.toBe(before);
    expect(await checksOf(other, 'dropped')).toBe(1);
  });

  it('costs an answer nothing when Redis is gone: it goes out as long as it lives', async () => {
    const one = await listening(scene);
    await shared(scene, one, one);
    await scene.proxy.down();
    await one.untilMetric('leyden_redis_tracking{state="lost"}', 1);
    expect(statusOf(await one.get(PATH))).toMatch(HIT);
    await scene.proxy.up();
    await one.untilMetric('leyden_redis_tracking{state="on"}', 1);
    expect(statusOf(await one.get(PATH))).toMatch(HIT);
    expect(scene.origin.calls).toHaveLength(1);
  });
});
