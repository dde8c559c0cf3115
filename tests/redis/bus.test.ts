/** The bus: what is not signed by us is not heard, however much of it comes. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { until } from '../fakes/waiting.js';
import { busAt, fleetAt, sealOf, tagsOf } from './fleet-kit.js';
import { closePools, poolAt } from './kit.js';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis({ persistence: 'none' });
});
afterAll(() => redis.stop());
afterEach(closePools);

const PAYLOAD = Buffer.from('payload');

describe('the bus', () => {
  it('case 126: ignores and counts whatever no node has said', async () => {
    const pool = poolAt(redis.port);
    const bus = busAt(pool, { prefix: 'forged:', messagesMax: 100_000 });
    const heard: Buffer[] = [];
    bus.on('purge', (payload) => heard.push(payload));
    await until(() => bus.isListening());
    const say = (bytes: Buffer) => pool.call('bus', 'publish', ['forged:bus', bytes]);
    const good = sealOf().seal('purge', PAYLOAD);
    const bent = Buffer.from(good);
    bent.writeUInt8(bent.readUInt8(bent.length - 1) ^ 1, bent.length - 1);
    await say(randomBytes(100));
    await say(Buffer.alloc(10 * 2 ** 20));
    await say(bent);
    await say(sealOf('another secret of thirty-two bytes').seal('purge', PAYLOAD));
    await say(sealOf().seal('record', PAYLOAD));
    await say(good);
    await until(() => heard.length === 1);
    expect(heard).toEqual([PAYLOAD]);
    const refused = { size: 1, flood: 0, form: 1, version: 0, key: 1, mac: 1, kind: 1 };
    expect(bus.stats().refused).toEqual(refused);
  });

  it('R24, case 126: drops a flood unread, and hears again a second later', async () => {
    const pool = poolAt(redis.port);
    const bus = busAt(pool, { prefix: 'flood:', messagesMax: 100 });
    let heard = 0;
    bus.on('purge', () => {
      heard += 1;
    });
    await until(() => bus.isListening());
    const message = sealOf().seal('purge', PAYLOAD);
    const say = ['publish', 'flood:bus', message] as const;
    await pool.callAll(
      'bus',
      Array.from({ length: 1_000 }, () => say),
    );
    await until(() => heard + bus.stats().refused.flood === 1_000);
    expect(bus.stats().refused.flood).toBeGreaterThan(0);
    const before = heard;
    while (heard === before) await pool.callAll('bus', [say]);
  });

  it('case 126: is no lever: replayed messages make a node read nothing twice', async () => {
    const [one, two] = [
      await fleetAt(poolAt(redis.port), { prefix: 'replay:' }),
      await fleetAt(poolAt(redis.port), { prefix: 'replay:' }),
    ];
    const pool = poolAt(redis.port);
    const recorded: Buffer[] = [];
    const spy = pool.dedicated({
      name: 'spy',
      onOpen: async (connection) => {
        await connection.call('subscribe', ['replay:bus'], { waitMs: 5_000 });
      },
      onMessage: (_channel, message) => {
        if (Buffer.isBuffer(message)) recorded.push(message);
      },
    });
    await until(() => spy.connection() !== undefined);
    one.purge('first');
    await until(() => tagsOf(two).length === 1 && recorded.length >= 2);
    const { heard } = two.bus.stats();
    const copies = recorded.flatMap((message) =>
      Array.from({ length: 20 }, () => ['publish', 'replay:bus', message] as const),
    );
    await pool.callAll('bus', copies);
    await until(() => two.bus.stats().heard.purge >= heard.purge + 20);
    one.purge('second');
    await until(() => tagsOf(two).length === 2);
    expect(tagsOf(two)).toEqual(['first', 'second']);
    expect(two.drops()).toBe(0);
    await Promise.all([one.fleet.close(), two.fleet.close()]);
  });
});
