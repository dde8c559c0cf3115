/** Leases: one holds, others wait, and whoever dies or is slow costs one lease and no more. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startFaultProxy, type FaultProxy } from '../servers/fault-proxy.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { until } from '../fakes/waiting.js';
import { leasesAt, type Wishes } from './fleet-kit.js';
import { closePools, poolAt } from './kit.js';

let redis: RedisServer;
let keys = 0;
const nextKey = (): string => `key-${(keys += 1)}`;
const proxies: FaultProxy[] = [];
beforeAll(async () => {
  redis = await startRedis({ persistence: 'none' });
});
afterAll(() => redis.stop());
afterEach(async () => {
  await closePools();
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
});

const node = (wishes: Wishes = {}) => leasesAt(poolAt(redis.port), wishes);

describe('a lease', () => {
  it.each(['stored', 'not-stored', 'failed'] as const)(
    'is waited for by the others, who are told that it ended as %s',
    async (how) => {
      const [one, two, three] = [await node(), await node(), await node()];
      const key = nextKey();
      const lead = await one.leases.lead(key, undefined);
      const waits = [two, three].map(({ leases }) => leases.lead(key, undefined));
      await until(() => two.leases.stats().waited + three.leases.stats().waited === 2);
      if (lead.kind === 'lead') await lead.release(how, 'head_timeout');
      expect(await Promise.all(waits)).toEqual([
        { kind: 'ended', how, word: 'head_timeout' },
        { kind: 'ended', how, word: 'head_timeout' },
      ]);
      expect(one.leases.stats()).toMatchObject({ held: 0, taken: 1, lost: 0 });
    },
  );

  it('is free again at once for who comes after its end', async () => {
    const one = await node();
    const key = nextKey();
    const lead = await one.leases.lead(key, undefined);
    if (lead.kind === 'lead') await lead.release('stored');
    expect((await one.leases.lead(key, undefined)).kind).toBe('lead');
  });

  it('is renewed while it is held, and no longer than its cap', async () => {
    const one = await node({ lease: { leaseMs: 300, holdMsMax: 1_500 } });
    const two = await node({ lease: { leaseMs: 300 } });
    const key = nextKey();
    const lead = await one.leases.lead(key, undefined);
    const wait = two.leases.lead(key, undefined);
    await until(() => one.leases.stats().renewals >= 4);
    expect(two.leases.stats().taken).toBe(0);
    // Longer than the cap: from then on another may compute, too.
    expect((await wait).kind).toBe('lead');
    expect(one.leases.stats().lost).toBe(1);
    if (lead.kind === 'lead') await lead.release('stored');
    // What another holds by now is not taken from him.
    const holder = await poolAt(redis.port, { lanes: 1 }).withConnection((own) =>
      own.call('exists', [`t:{${key}}:lease`]),
    );
    expect(holder).toBe(1);
  });

  it('costs one lease when its holder dies, and no more', async () => {
    const dying = poolAt(redis.port);
    const one = await leasesAt(dying, { lease: { leaseMs: 300 } });
    const two = await node({ lease: { leaseMs: 300 } });
    const key = nextKey();
    await one.leases.lead(key, undefined);
    one.leases.close();
    await dying.close();
    expect((await two.leases.lead(key, undefined)).kind).toBe('lead');
  });

  it('is found free by looking when the message of its end is lost', async () => {
    const proxy = await startFaultProxy({ serverPort: redis.port });
    proxies.push(proxy);
    const one = await node({ lease: { leaseMs: 500 } });
    const two = await leasesAt(poolAt(proxy.port), { lease: { leaseMs: 500 } });
    const key = nextKey();
    const lead = await one.leases.lead(key, undefined);
    const wait = two.leases.lead(key, undefined);
    await until(() => two.leases.stats().waited === 1);
    two.bus.close();
    if (lead.kind === 'lead') await lead.release('stored');
    expect((await wait).kind).toBe('lead');
  });

  it('is not waited for any longer than patience lasts, nor by who has left', async () => {
    const one = await node();
    const two = await node({ lease: { patienceMs: 50 } });
    const key = nextKey();
    await one.leases.lead(key, undefined);
    expect(await two.leases.lead(key, undefined)).toEqual({ kind: 'alone' });
    const gone = new AbortController();
    const three = await node();
    const wait = three.leases.lead(key, gone.signal);
    await until(() => three.leases.stats().waited === 1);
    gone.abort();
    expect(await wait).toEqual({ kind: 'alone' });
    expect(three.leases.stats()).toMatchObject({ waiting: 0, alone: 1 });
  });

  it('is asked for by nobody while Redis is away: each computes alone, at once', async () => {
    const proxy = await startFaultProxy({ serverPort: redis.port });
    proxies.push(proxy);
    const pool = poolAt(proxy.port);
    const one = await leasesAt(pool);
    await proxy.down();
    await until(() => pool.stats().status === 'down');
    expect(await one.leases.lead(nextKey(), undefined)).toEqual({ kind: 'alone' });
  });
});
