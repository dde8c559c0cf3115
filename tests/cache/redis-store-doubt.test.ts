/** Whoever can write to Redis causes a miss at worst: values that are not what they should be. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { closePools } from '../redis/kit.js';
import { startFaultProxy } from '../servers/fault-proxy.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { settle } from '../fakes/waiting.js';
import { NEW_SECRET, OLD_SECRET } from './frame-kit.js';
import { FAMILY, frameIn, freshEntry, IDENTITY, KEY, raw, storeAt } from './redis-store-kit.js';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis({ persistence: 'none' });
});
afterAll(() => redis.stop());
beforeEach(() => raw(redis.port, 'flushall'));
afterEach(() => closePools());

async function untilGone(key: string): Promise<void> {
  while ((await raw(redis.port, 'exists', key)) !== 0) await settle(1);
}

describe('values that cannot be believed', () => {
  it('case 119: a value with any one byte changed is a miss', async () => {
    const store = await storeAt(redis.port);
    const frame = await frameIn(redis.port, store);
    const flipped = Array.from(frame, (byte, at) => {
      const copy = Buffer.from(frame);
      copy[at] = byte ^ (1 << (at % 8));
      return copy;
    });
    for (const [at, value] of flipped.entries()) {
      await store.pool.call('write', 'set', [`leyden:{t${at}}:entry`, value]);
    }
    const reads = await Promise.all(flipped.map((_, at) => store.read(`t${at}`, IDENTITY)));
    expect(new Set(reads.map(({ kind }) => kind))).toEqual(new Set(['absent']));
    const { mac = 0, foreign = 0, version = 0, schema = 0, size = 0 } = store.rejected();
    expect(mac + foreign + version + schema + size).toBe(frame.byteLength);
    expect(mac).toBeGreaterThan(frame.byteLength - 20);
    expect(store.lines).toHaveLength(1);
    await untilGone('leyden:{t100}:entry');
  }, 60_000);

  it.each([
    ['the JSON of others', Buffer.from('{"status_code":200,"body":"aGk=","headers":{}}'), 'schema'],
    ['msgpack', Buffer.from('83a6737461747573ccc8a4626f6479a26869', 'hex'), 'schema'],
    ['null', Buffer.from('null'), 'schema'],
    ['one byte', Buffer.from([0]), 'schema'],
    ['a frame cut short', 'cut', 'size'],
    ['a frame and more', 'more', 'size'],
    ['an older version', 'older', 'version'],
    ['a newer version', 'newer', 'version'],
  ] as const)('case 120: %s is a miss', async (_what, given, reason) => {
    const store = await storeAt(redis.port);
    const frame = await frameIn(redis.port, store);
    const versions = { older: 0, newer: 2, cut: 1, more: 1 };
    if (typeof given === 'string') frame[4] = versions[given];
    const value =
      given === 'cut'
        ? frame.subarray(0, -1)
        : given === 'more'
          ? Buffer.concat([frame, Buffer.from('x')])
          : typeof given === 'string'
            ? frame
            : given;
    await raw(redis.port, 'set', KEY, value);
    expect(await store.read(FAMILY, IDENTITY)).toEqual({ kind: 'absent' });
    expect(store.rejected()).toEqual({ [reason]: 1 });
  });

  it.each([
    ['a list', ['rpush', KEY, 'x']],
    ['a hash', ['hset', KEY, 'body', 'x']],
  ] as const)('case 120: %s is a miss and is taken away', async (_what, [name, ...args]) => {
    const store = await storeAt(redis.port);
    await raw(redis.port, name, ...args);
    expect(await store.read(FAMILY, IDENTITY)).toEqual({ kind: 'absent' });
    expect(store.rejected()).toEqual({ type: 1 });
    await untilGone(KEY);
  });

  it('case 120: an empty value is a miss like none', async () => {
    const store = await storeAt(redis.port);
    await raw(redis.port, 'set', KEY, '');
    expect(await store.read(FAMILY, IDENTITY)).toEqual({ kind: 'absent', isEmpty: true });
    expect(store.rejected()).toEqual({});
  });

  it('R21, case 121: of a value of 100 MB no more than the limit comes over the wire', async () => {
    const proxy = await startFaultProxy({ serverPort: redis.port });
    const store = await storeAt(proxy.port);
    await raw(redis.port, 'setrange', KEY, 100 * 2 ** 20 - 1, 'x');
    const before = proxy.stats().downBytes;
    expect(await store.read(FAMILY, IDENTITY)).toEqual({ kind: 'absent' });
    expect(proxy.stats().downBytes - before).toBeLessThan(65_536 + 1000);
    await untilGone(KEY);
    await closePools();
    await proxy.close();
  });

  it('R21, case 121: a frame above the limit is a miss, however well it is signed', async () => {
    const generous = await storeAt(redis.port, { valueBytesMax: 200_000 });
    await generous.write(FAMILY, freshEntry({ body: Buffer.alloc(100_000) }), []);
    expect(await generous.read(FAMILY, IDENTITY)).toMatchObject({ kind: 'good' });
    const strict = await storeAt(redis.port);
    expect(await strict.read(FAMILY, IDENTITY)).toEqual({ kind: 'absent' });
    expect(strict.rejected()).toEqual({ size: 1 });
  });

  it('case 122: names of fields change no prototype', async () => {
    const store = await storeAt(redis.port);
    const headers = ['__proto__', 'polluted', 'constructor', 'x', 'prototype', 'y'];
    await store.write(FAMILY, freshEntry({ headers }), []);
    expect(await store.read(FAMILY, IDENTITY)).toMatchObject({ entry: { headers } });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('case 36: what another secret signed is a miss and is left to those who hold it', async () => {
    const old = await storeAt(redis.port);
    await old.write(FAMILY, freshEntry(), []);
    const next = await storeAt(redis.port, { secrets: [NEW_SECRET] });
    expect(await next.read(FAMILY, IDENTITY)).toEqual({ kind: 'absent' });
    expect(next.rejected()).toEqual({ foreign: 1 });
    const both = await storeAt(redis.port, { secrets: [NEW_SECRET, OLD_SECRET] });
    expect(await both.read(FAMILY, IDENTITY)).toMatchObject({ kind: 'good' });
    expect(next.pool.stats()).toMatchObject({ errors: 0, breaker: 'closed' });
  });
});
