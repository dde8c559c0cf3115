/** The map of a Cluster: it follows the words of its nodes, whoever comes, goes or is cut off. */
import { describe, expect, it } from '@jest/globals';
import { openClusterNodes, type ClusterNode } from '../../src/redis/cluster-nodes.js';
import { openClusterWatch } from '../../src/redis/cluster-watch.js';
import type { RedisReply } from '../../src/redis/connection.js';
import { slotOf } from '../../src/redis/key-slot.js';
import type { RedisPool } from '../../src/redis/pool.js';
import { addressText, type Address } from '../../src/redis/target.js';
import { handClock } from '../fakes/hand-clock.js';
import { settle } from '../fakes/waiting.js';
import { recordedLog } from './kit.js';

const [a, b, c] = [7001, 7002, 7003].map((port) => ({ host: '10.0.0.1', port })) as [
  ...[Address, Address, Address],
];
const whole = (master: Address) => [{ first: 0, last: 16_383, master }];

/** Nodes that are all well; each says of the Cluster what `says` gives for it. */
function openMap(nodesMax = 10) {
  const clock = handClock();
  const log = recordedLog();
  const says = new Map<string, { readonly master: Address; readonly epoch: number }>();
  const counts = { opened: 0, closed: 0, asked: 0, moved: 0 };
  /** Whoever had the first slot at any time. */
  const owners = new Set<number | undefined>();
  const answer = (server: string, about: unknown): Promise<RedisReply> => {
    counts.asked += 1;
    const { master, epoch } = says.get(server)!;
    const place = [Buffer.from(master.host), master.port, Buffer.from('id'), []];
    const info = Buffer.from(`cluster_current_epoch:${epoch}\r\n`);
    return Promise.resolve(about === 'slots' ? [[0, 16_383, place]] : info);
  };
  const open = (address: Address): RedisPool => {
    counts.opened += 1;
    const pool: Partial<RedisPool> = {
      admits: () => true,
      tried: () => Promise.resolve(),
      call: (_operation, _name, [about]) => answer(addressText(address), about),
      stats: () => ({ lanesOpen: 1 }) as ReturnType<RedisPool['stats']>,
      close: () => Promise.resolve(void (counts.closed += 1)),
    };
    return pool as RedisPool;
  };
  const none = (): void => undefined;
  const nodes = openClusterNodes(
    { nodesMax },
    { clock, log, open, joined: none, left: none, closing: none },
  );
  const watch = () =>
    openClusterWatch(
      {
        ...{ seeds: [a], askEveryMs: 60_000, hurryMs: 1000, leastMs: 100, waitMs: 1000 },
        // The one that came last is asked first.
        random: () => 0.9,
      },
      {
        ...{ clock, log, nodes },
        moved() {
          counts.moved += 1;
          owners.add(nodes.owner(0)?.address.port);
        },
        askOnce: (address, use) => use((_name, [about]) => answer(addressText(address), about)),
      },
    );
  const pass = async (ms: number): Promise<void> => {
    for (let gone = 0; gone < ms; gone += 100) {
      clock.turn(100);
      await settle(1);
    }
  };
  return { clock, says, counts, owners, nodes, watch, pass };
}

const names = (nodes: readonly ClusterNode[]): number[] => nodes.map(({ address }) => address.port);

describe('the map of a Cluster', () => {
  it('gives a new master its slots as soon as there is room, though nothing new is said', () => {
    const { nodes, clock } = openMap(2);
    nodes.adopt(whole(a));
    nodes.named(b);
    nodes.adopt(whole(c));
    expect(nodes.covered()).toBe(0);
    for (let time = 0; time < 4; time += 1) {
      clock.turn(10_000);
      nodes.adopt(whole(c));
    }
    expect(nodes.owner(0)?.address).toEqual(c);
    expect(nodes.covered()).toBe(16_384);
  });

  it('opens nothing more once it is closed', async () => {
    const { nodes, counts } = openMap();
    nodes.adopt(whole(a));
    await nodes.close();
    expect(nodes.named(b)).toBeUndefined();
    expect(counts).toMatchObject({ opened: 1, closed: 1 });
  });

  it('lets a node that was only named go soon, and says so to whoever sits there', async () => {
    const { says, counts, nodes, watch, pass } = openMap();
    for (const one of [a, b]) says.set(addressText(one), { master: a, epoch: 1 });
    const watching = watch();
    await pass(10_000);
    nodes.named(b);
    watching.doubt();
    const { moved } = counts;
    await pass(12_000);
    expect(names(nodes.all())).toEqual([a.port]);
    expect(counts.moved).toBe(moved + 1);
    await pass(6000);
    expect(counts.closed).toBe(1);
    const { asked } = counts;
    await pass(30_000);
    expect(counts.asked).toBe(asked);
    watching.close();
  });

  it('does not believe a node that was cut off, however seldom it asks', async () => {
    const { says, owners, nodes, watch, pass } = openMap();
    for (const one of [a, b]) says.set(addressText(one), { master: b, epoch: 5 });
    const watching = watch();
    await pass(30_000);
    // Named by somebody, it is asked like any other, and answers first.
    nodes.named(a);
    says.set(addressText(a), { master: a, epoch: 4 });
    for (let nth = 0; nth < 80; nth += 1) {
      watching.doubt();
      await pass(1000);
      nodes.named(a);
    }
    expect([...owners]).toEqual([b.port]);
    watching.close();
  });

  it('believes an older word when nobody has known better for a while (a reset)', async () => {
    const { says, nodes, watch, pass } = openMap();
    says.set(addressText(a), { master: a, epoch: 9 });
    const watching = watch();
    await pass(20_000);
    says.set(addressText(a), { master: b, epoch: 1 });
    says.set(addressText(b), { master: b, epoch: 1 });
    watching.doubt();
    await pass(3000);
    expect(nodes.owner(0)?.address).toEqual(a);
    await pass(5000);
    expect(nodes.owner(0)?.address).toEqual(b);
    watching.close();
  });
});

describe('the slot of a key with empty braces', () => {
  it('is that of the whole name, whatever other braces follow', () => {
    // As CLUSTER KEYSLOT says.
    expect([slotOf('a{}{b}'), slotOf(Buffer.from('{}{x}')), slotOf('é{}{ü}')]).toEqual([
      15_033, 3257, 178,
    ]);
  });
});
