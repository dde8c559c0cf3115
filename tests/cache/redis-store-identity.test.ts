/** A good value of somebody else is nobody's answer, and a wire that brings it is cut. */
import { hash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { closePools } from '../redis/kit.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { seededRandom } from '../servers/faults.js';
import { settle } from '../fakes/waiting.js';
import { freshEntry, raw, storeAt } from './redis-store-kit.js';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis({ persistence: 'none' });
});
afterAll(() => redis.stop());
beforeEach(() => raw(redis.port, 'flushall'));
afterEach(() => closePools());

function of(user: number) {
  const identity = { key: `key of ${user}`, partition: `mac ${user}` };
  return { ...identity, entry: freshEntry({ ...identity, body: Buffer.from(`for ${user}`) }) };
}

describe('whose a value is', () => {
  it('case 11: a value that was moved is a miss, is taken away, and is said once', async () => {
    const store = await storeAt(redis.port, { lanes: 1 });
    const [ann, ben] = [of(1), of(2)];
    await store.write('ann', ann.entry, []);
    await raw(redis.port, 'copy', 'leyden:{ann}:entry', 'leyden:{ben}:entry');
    expect((await store.read('ben', ben)).kind).not.toBe('good');
    expect(store.rejected()).toEqual({ identity: 1 });
    expect(store.lines).toEqual([expect.objectContaining({ reason: 'identity' })]);
    // The connection that brought it is gone; the next one takes the value away.
    while ((await raw(redis.port, 'exists', 'leyden:{ben}:entry')) !== 0) await settle(1);
    while ((await store.read('ann', ann)).kind !== 'good') await settle(1);
  });

  it('the same key in another partition is somebody else', async () => {
    const store = await storeAt(redis.port);
    const ann = of(1);
    await store.write('ann', ann.entry, []);
    expect((await store.read('ann', { key: ann.key, partition: 'mac 2' })).kind).not.toBe('good');
    expect(store.rejected()).toEqual({ identity: 1 });
  });

  it('case 10: with names of eight bits 10,000 requests of 50 users see no other’s', async () => {
    const random = seededRandom(7);
    const familyOf = (_scope: string, key: string): string => hash('sha256', key).slice(0, 2);
    const store = await storeAt(redis.port, { tools: { familyOf } });
    let wrong = 0;
    let good = 0;
    let written = 0;
    const one = async (): Promise<void> => {
      const user = of(Math.floor(random() * 50));
      const family = store.familyOf('', user.key);
      const read = await store.read(family, user);
      if (read.kind === 'good') {
        good += 1;
        if (read.entry.body.toString() !== user.entry.body.toString()) wrong += 1;
      } else if (await store.write(family, user.entry, [])) written += 1;
    };
    for (let round = 0; round < 500; round += 1) {
      await Promise.all(Array.from({ length: 20 }, one));
    }
    expect(wrong).toBe(0);
    expect(good).toBeGreaterThan(50);
    expect(written).toBeGreaterThan(50);
    expect(store.rejected()['identity']).toBeGreaterThan(0);
  }, 60_000);
});
