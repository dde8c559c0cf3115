/** The journal: one order of purges for all, replayed after an absence, and no gap unnoticed. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startFaultProxy, type FaultProxy } from '../servers/fault-proxy.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { helperUser } from '../servers/redis-users.js';
import { until } from '../fakes/waiting.js';
import { fleetAt, sealOf, tagsOf, type FleetNode, type Wishes } from './fleet-kit.js';
import { closePools, poolAt, type TestPool } from './kit.js';

let redis: RedisServer;
let proxy: FaultProxy;
let admin: TestPool;
let prefix = '';
let prefixes = 0;
const open: FleetNode[] = [];
beforeAll(async () => {
  redis = await startRedis({ persistence: 'none' });
});
afterAll(() => redis.stop());

afterEach(async () => {
  await Promise.all(open.splice(0).map(({ fleet }) => fleet.close()));
  await closePools();
  await proxy.close();
});

/** Two nodes, the second of them behind the proxy. */
async function pair(wishes: Wishes = {}): Promise<readonly [FleetNode, FleetNode, TestPool]> {
  prefix = `journal${(prefixes += 1)}:`;
  admin = poolAt(redis.port, { lanes: 1, target: { ...helperUser() } });
  proxy = await startFaultProxy({ serverPort: redis.port });
  const one = await fleetAt(poolAt(redis.port), { ...wishes, prefix });
  const pool = poolAt(proxy.port);
  const two = await fleetAt(pool, { ...wishes, prefix });
  open.push(one, two);
  return [one, two, pool];
}

async function back(pool: TestPool): Promise<void> {
  await proxy.up();
  await until(() => pool.stats().status === 'healthy');
}

const order = (...words: string[]) => admin.call('write', words[0] ?? '', words.slice(1));

describe('the journal', () => {
  it('brings purges to the others in one order, each once', async () => {
    const [one, two] = await pair();
    for (const tag of ['a', 'b', 'c']) one.purge(tag);
    two.purge('d');
    await until(() => tagsOf(two).length === 3 && tagsOf(one).length === 1);
    expect([tagsOf(two), tagsOf(one)]).toEqual([['a', 'b', 'c'], ['d']]);
    await until(() => one.fleet.mark()?.seq === two.fleet.mark()?.seq);
    expect(one.fleet.mark()).toEqual(two.fleet.mark());
  });

  it('R23: replays what was told while a node was away, and drops nothing', async () => {
    const [one, two, pool] = await pair();
    await proxy.down();
    await until(() => pool.stats().status === 'down' && two.fleet.mark() === undefined);
    for (const tag of ['a', 'b']) one.purge(tag);
    await until(() => one.fleet.stats().outbox.waiting === 0);
    await back(pool);
    await until(() => tagsOf(two).length === 2);
    expect([tagsOf(two), two.drops()]).toEqual([['a', 'b'], 0]);
  });

  it('R22: drops all it holds when what was told meanwhile is no longer there', async () => {
    const [one, two, pool] = await pair();
    await proxy.down();
    await until(() => pool.stats().status === 'down');
    for (const tag of ['a', 'b', 'c']) {
      one.purge(tag);
      await until(() => one.fleet.stats().outbox.waiting === 0);
    }
    await order('xtrim', `${prefix}{journal}:purges`, 'MAXLEN', '1');
    await back(pool);
    await until(() => two.fleet.stats().gaps.hole === 1 && two.fleet.mark() !== undefined);
    expect(two.drops()).toBe(1);
    expect(one.drops()).toBe(0);
  });

  it('R20: begins anew after FLUSHALL, and no purge is undone', async () => {
    const [one, two] = await pair();
    one.purge('a');
    await until(() => tagsOf(two).length === 1);
    const before = one.fleet.mark();
    if (before === undefined) throw new Error('it knows where it is');
    await order('flushall');
    const isAnew = ({ fleet }: FleetNode): boolean =>
      ![undefined, before.journal].includes(fleet.mark()?.journal);
    await until(() => isAnew(one) && isAnew(two));
    // What was written before is not read again, and all that was held has been dropped.
    expect(one.fleet.epochAt(before)).toBeUndefined();
    expect([one.drops() > 0, two.drops() > 0]).toEqual([true, true]);
    one.purge('b');
    await until(() => tagsOf(two).at(-1) === 'b');
  });

  it('passes over what no node wrote, and drops all for what a later version says', async () => {
    const [one, two] = await pair();
    const add = (bytes: Buffer | string) =>
      admin.call('write', 'xadd', [`${prefix}{journal}:purges`, '0-*', 'r', bytes]);
    await add('garbage');
    one.purge('a');
    await until(() => tagsOf(two).length === 1);
    expect([two.drops(), two.fleet.stats().recordsRefused]).toEqual([0, { form: 1 }]);
    await add(sealOf().seal('record', Buffer.from('{"acts":[{"kind":"of tomorrow"}]}')));
    one.purge('b');
    await until(() => two.drops() === 1 && two.fleet.mark() !== undefined);
    expect(tagsOf(two)).toEqual(['a', 'b']);
  });

  it('knows which of its own epochs stood at a place of the fleet', async () => {
    const [one, two] = await pair();
    const start = two.fleet.mark();
    const epochBefore = two.epoch();
    one.purge('a');
    await until(() => tagsOf(two).length === 1 && two.fleet.mark() !== undefined);
    const after = two.fleet.mark();
    if (start === undefined || after === undefined) throw new Error('both are known');
    expect(two.fleet.epochAt(start)).toBe(epochBefore);
    expect(two.fleet.epochAt(after)).toBe(two.epoch());
    expect(two.fleet.epochAt({ ...after, journal: 'another' })).toBeUndefined();
  });

  it('keeps what one node purged while Redis was away, and makes one of too many', async () => {
    const [one, two, pool] = await pair({ fleet: { actsMax: 2 } });
    await proxy.down();
    await until(() => pool.stats().status === 'down');
    const spreadings = ['a', 'b', 'c', 'd'].map((tag) => two.purge(tag));
    expect(two.fleet.mark()).toBeUndefined();
    expect(spreadings.at(-1)?.reach()).toMatchObject({ acked: 1, pending: 1 });
    await back(pool);
    await until(() => one.heard.length === 2);
    expect(one.heard).toEqual([
      // The first was on its way already.
      { kind: 'order', order: { type: 'tag', selectors: ['a'], mode: 'delete' } },
      { kind: 'order', order: { type: 'all', selectors: [], mode: 'delete' } },
    ]);
    await Promise.all(spreadings.map((one) => one.reached()));
    expect(spreadings.map((one) => one.reach().pending)).toEqual([0, 0, 0, 0]);
  });
});
