/** The store in Redis: what it writes it reads, with its life, its limits and its queue. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { closePools } from '../redis/kit.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { FAMILY, freshEntry, IDENTITY, KEY, raw, storeAt } from './redis-store-kit.js';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis({ persistence: 'none' });
});
afterAll(() => redis.stop());
beforeEach(() => raw(redis.port, 'flushall'));
afterEach(() => closePools());

describe('the store in Redis', () => {
  it('gives back what was written, with its marks, and nothing where nothing lies', async () => {
    const store = await storeAt(redis.port);
    expect(await store.read(FAMILY, IDENTITY)).toEqual({ kind: 'absent', isEmpty: true });
    const entry = freshEntry();
    expect(await store.write(FAMILY, entry, [7, 8])).toBe(true);
    const read = await store.read(FAMILY, IDENTITY);
    expect(read).toMatchObject({ kind: 'good', marks: [7, 8] });
    expect(read).toMatchObject({ entry: { body: entry.body, headers: entry.headers } });
    expect(store.stats().reads).toEqual({ good: 1, absent: 1, failed: 0, skipped: 0 });
  });

  it('lets a value live as long as its last window, and no longer than the ceiling', async () => {
    const store = await storeAt(redis.port);
    await store.write(FAMILY, freshEntry(), []);
    const life = Number(await raw(redis.port, 'pttl', KEY));
    expect(life).toBeLessThanOrEqual(600_000);
    expect(life).toBeGreaterThan(540_000);
    const strict = await storeAt(redis.port, { lifeMaxMs: 5000 });
    await strict.write(FAMILY, freshEntry(), []);
    expect(Number(await raw(redis.port, 'pttl', KEY))).toBeLessThanOrEqual(5000);
  });

  it('keeps the family of an answer in one slot, and shows nothing of it there', async () => {
    const store = await storeAt(redis.port);
    const family = store.familyOf('scope', freshEntry().key);
    await store.write(family, freshEntry(), []);
    const keys = ((await raw(redis.port, 'keys', '*')) as Buffer[]).map(String);
    expect(keys).toEqual([`leyden:{${family}}:entry`]);
    expect(family).toMatch(/^[\w-]{43}$/);
    expect(store.familyOf('other', freshEntry().key)).not.toBe(family);
  });

  it('never puts an error in the place of a good answer', async () => {
    const store = await storeAt(redis.port);
    await store.write(FAMILY, freshEntry(), []);
    await store.write(FAMILY, freshEntry({ status: 502, negative: true }), []);
    expect(await store.read(FAMILY, IDENTITY)).toMatchObject({ entry: { status: 200 } });
    await raw(redis.port, 'del', KEY);
    await store.write(FAMILY, freshEntry({ status: 502, negative: true }), []);
    expect(await store.read(FAMILY, IDENTITY)).toMatchObject({ entry: { status: 502 } });
  });

  it('writes nothing that is too large or over', async () => {
    const store = await storeAt(redis.port, { valueBytesMax: 2000 });
    const body = Buffer.alloc(1990);
    expect(await store.write(FAMILY, freshEntry({ body }), [])).toBe(false);
    expect(store.dropped()).toEqual({ 'too-large': 1 });
    const over = { freshUntilMs: 1, staleUntilMs: 1, errorUntilMs: 1 };
    expect(await store.write(FAMILY, freshEntry(over), [])).toBe(false);
    expect(await raw(redis.port, 'dbsize')).toBe(0);
  });

  it('holds no more answers and bytes on their way than it may', async () => {
    const store = await storeAt(redis.port, { writesMax: 10, writeBytesMax: 50_000 });
    const offer = (nth: number, bytes: number): Promise<boolean> =>
      store.write(`f${nth}`, freshEntry({ body: Buffer.alloc(bytes) }), []);
    const many = Array.from({ length: 30 }, (_, nth) => offer(nth, 10));
    expect(store.stats().waiting).toBe(10);
    expect((await Promise.all(many)).filter((written) => written)).toHaveLength(10);
    const large = Array.from({ length: 5 }, (_, nth) => offer(nth, 20_000));
    expect(store.stats().bytes).toBeLessThanOrEqual(50_000);
    expect((await Promise.all(large)).filter((written) => written)).toHaveLength(2);
    expect(store.dropped()).toEqual({ full: 23 });
    expect(store.stats()).toMatchObject({ waiting: 0, bytes: 0, written: 12 });
  });
});
