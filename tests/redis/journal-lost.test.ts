/** A journal that is lost while a node is away, or full of nonsense: no purge is undone by it. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../src/clock.js';
import { startFaultProxy, type FaultProxy } from '../servers/fault-proxy.js';
import { flipOneBit, seededRandom } from '../servers/faults.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { askRedis } from '../servers/redis-ask.js';
import { splitReplies } from '../servers/replies.js';
import { until } from '../fakes/waiting.js';
import { fleetAt, sealOf, tagsOf, type FleetNode } from './fleet-kit.js';
import { closePools, poolAt, untilWhole, type TestPool } from './kit.js';

let redis: RedisServer;
let proxy: FaultProxy;
let one: FleetNode;
/** Behind the proxy. */
let two: FleetNode;
let pool: TestPool;
const STREAM = 't:{journal}:purges';

beforeEach(async () => {
  redis = await startRedis({ persistence: 'none' });
  proxy = await startFaultProxy({ serverPort: redis.port });
  one = await fleetAt(poolAt(redis.port));
  pool = poolAt(proxy.port);
  two = await fleetAt(pool);
});
afterEach(async () => {
  await Promise.all([one, two].map(({ fleet }) => fleet.close()));
  await closePools();
  await proxy.close();
  await redis.stop();
});

const order = (...words: string[]): Promise<unknown> => askRedis(redis.port, words);
const knows = ({ fleet }: FleetNode): boolean => fleet.mark() !== undefined;

async function away(): Promise<void> {
  await proxy.down();
  await until(() => pool.stats().status === 'down');
}

async function told(...tags: string[]): Promise<void> {
  for (const tag of tags) one.purge(tag);
  await until(() => one.fleet.stats().outbox.waiting === 0);
}

describe('a journal that is lost', () => {
  it('R22: evicted while a node was away: it drops all it holds', async () => {
    await away();
    await told('a');
    await order('config', 'set', 'maxmemory-policy', 'allkeys-random');
    await order('config', 'set', 'maxmemory', '3mb');
    for (let nth = 0; (await order('exists', STREAM)) === 1; nth += 1) {
      await order('set', `filler ${nth}`, 'v'.repeat(50_000));
    }
    await order('config', 'set', 'maxmemory', '0');
    await proxy.up();
    await until(() => two.drops() > 0 && knows(two) && knows(one));
    await told('b');
    await until(() => tagsOf(two).includes('b'));
  });

  it('R22: a restart that kept nothing: all do what was told, or drop all they hold', async () => {
    await away();
    await told('a');
    await redis.kill();
    await redis.restart();
    await proxy.up();
    await until(() => (tagsOf(two).includes('a') || two.drops() > 0) && knows(two) && knows(one));
    await told('b');
    await until(() => tagsOf(two).includes('b'));
  });

  it('R24: a flood of what nobody understands drops all once a second at most', async () => {
    const record = sealOf().seal('record', Buffer.from('{"acts":[{"kind":"of tomorrow"}]}'));
    const startMs = systemClock.nowMs();
    const admin = poolAt(redis.port, { lanes: 1 });
    await untilWhole(admin);
    for (let nth = 0; nth < 100; nth += 1) {
      await admin.call('write', 'xadd', [STREAM, '0-*', 'r', record]);
      one.purge(`tag ${nth}`);
      await until(() => tagsOf(two).length === nth + 1);
    }
    await until(() => knows(two));
    const seconds = (systemClock.nowMs() - startMs) / 1000;
    expect(two.drops()).toBeGreaterThan(0);
    expect(two.drops()).toBeLessThanOrEqual(2 + seconds);
  });

  it('a purge whose bits turn over on the way is a gap, at its own node too', async () => {
    const random = seededRandom(1);
    let flips = 0;
    const bend = (reply: Buffer): Buffer => {
      const at = reply.indexOf('{"node"');
      if (at < 0) return reply;
      flips += 1;
      // Within the tag, so that only the seal can tell.
      const tag = reply.indexOf('bent', at);
      const bent = flipOneBit(reply.subarray(tag, tag + 4), random);
      return Buffer.concat([reply.subarray(0, tag), bent, reply.subarray(tag + 4)]);
    };
    proxy.set({ kind: 'rewrite', rewrite: (chunk) => splitReplies(chunk).map(bend) });
    one.purge('bent');
    // At once, and not only when the next reading shows another record in its place.
    await until(() => two.fleet.stats().gaps.unreadable === 1);
    two.purge('bent too');
    await until(() => flips > 1 && tagsOf(one).includes('bent too'));
    proxy.set({ kind: 'pass' });
    // Its own record never came back whole, and yet it is in step again.
    await until(() => knows(two) && two.fleet.stats().outbox.waiting === 0);
    await told('whole');
    await until(() => tagsOf(two).includes('whole'));
  });
});
