/** Redis Cluster as one pool: a pool for each master, and a router that knows who has what. */
import { openClusterNodes, type ClusterNode, type ClusterNodes } from './cluster-nodes.js';
import { askOnce, openResidents, reached } from './cluster-reach.js';
import { Router } from './cluster-router.js';
import { openClusterStats, type ClusterStatsBook } from './cluster-stats.js';
import { openClusterWatch, type ClusterWatch } from './cluster-watch.js';
import { PoolConnectionError, RedisFailure } from './failure.js';
import { slotOf } from './key-slot.js';
import { serverLog } from './node-log.js';
import type { ClusterPoolOptions, ServerPoolOptions } from './options.js';
import type { PoolTools, Prepare, RedisPool } from './pool.js';
import { openTally } from './tally.js';
import { addressText } from './target.js';

export type OpenServerPool = (options: ServerPoolOptions, tools: PoolTools) => RedisPool;

type UseServer = (server: RedisPool) => { close(): void };

/** What others do with each server, as long as it takes part. */
function openServerUses() {
  const uses: UseServer[] = [];
  const open = new Map<ClusterNode, { close(): void }[]>();
  const begin = (node: ClusterNode, use: UseServer): void => {
    const before = open.get(node);
    if (before === undefined) open.set(node, [use(node.pool)]);
    else before.push(use(node.pool));
  };
  return {
    add(use: UseServer, nodes: readonly ClusterNode[]): void {
      uses.push(use);
      for (const node of nodes) begin(node, use);
    },
    joined: (node: ClusterNode): void => {
      for (const use of uses) begin(node, use);
    },
    left: (node: ClusterNode): void => {
      for (const one of open.get(node) ?? []) one.close();
      open.delete(node);
    },
  };
}

function openParts(
  options: ClusterPoolOptions,
  tools: PoolTools,
  openServer: OpenServerPool,
  preparations: readonly Prepare[],
) {
  const { clock, log, random } = tools;
  const { target } = options;
  const tally = openTally(log);
  const servers = openServerUses();
  const nodes: ClusterNodes = openClusterNodes(target, {
    ...{ clock, log, joined: servers.joined, left: servers.left },
    open(address) {
      const pool = openServer(
        { ...options, target: reached(options, address), isMember: true },
        {
          ...{ clock, random, log: serverLog(log, addressText(address)) },
          marked: () => {
            book.mark();
          },
          lost: () => {
            watch.doubt();
          },
        },
      );
      for (const each of preparations) pool.prepare(each);
      return pool;
    },
    closing(node) {
      servers.left(node);
      book.keep(node);
    },
  });
  const residents = openResidents(options, {
    ...{ clock, log, random, nodes, tally },
    known: () => watch.known(),
  });
  const watch: ClusterWatch = openClusterWatch(
    {
      ...{ seeds: target.nodes, askEveryMs: target.askEveryMs, random },
      ...{ hurryMs: options.retryMaxMs, leastMs: options.retryFirstMs },
      waitMs: options.handshakeMs,
    },
    {
      ...{ clock, log, nodes, moved: residents.move },
      askOnce: (address, use) => askOnce(options, tools, address, use),
    },
  );
  const writable = (): boolean => {
    const all = nodes.all();
    return !options.readonly && (all.length === 0 || all.some(({ pool }) => pool.writable()));
  };
  const book: ClusterStatsBook = openClusterStats({
    ...{ options, nodes, watch, tally, writable },
    ...{ dedicated: residents.count, missing: residents.missing },
    initializedWallMs: clock.wallMs(),
  });
  const router = new Router({ ...options, clock, nodes, watch, tally });
  return { servers, nodes, residents, watch, writable, book, router };
}

export function openClusterPool(
  options: ClusterPoolOptions,
  tools: PoolTools,
  openServer: OpenServerPool,
): RedisPool {
  const preparations: Prepare[] = [];
  const parts = openParts(options, tools, openServer, preparations);
  const { servers, nodes, residents, watch, book, router } = parts;
  return {
    call: (operation, name, args, more) => router.call(operation, name, args, more),
    callAll: (operation, commands, more) => router.callAll(operation, commands, more),
    async withConnection(use, more = {}) {
      const { key } = more;
      const node = key === undefined ? nodes.any('read') : nodes.owner(slotOf(key));
      if (node === undefined) throw new PoolConnectionError(watch.why());
      try {
        return await node.pool.withConnection(use, more);
      } catch (thrown) {
        if (thrown instanceof RedisFailure) router.learn(thrown, node);
        throw thrown;
      }
    },
    dedicated: residents.add,
    prepare(each) {
      preparations.push(each);
      for (const { pool } of nodes.all()) pool.prepare(each);
    },
    eachServer(use) {
      servers.add(use, nodes.all());
    },
    admits(operation, key) {
      if (key === undefined) return nodes.all().some(({ pool }) => pool.admits(operation));
      return nodes.owner(slotOf(key))?.pool.admits(operation) ?? false;
    },
    async walk(pattern, each) {
      for (const { pool, slots } of nodes.all()) if (slots > 0) await pool.walk(pattern, each);
    },
    writable: parts.writable,
    tried: watch.tried,
    stats: book.read,
    inUse: () => nodes.all().reduce((sum, { pool }) => sum + pool.inUse(), 0),
    async close() {
      watch.close();
      residents.close();
      await nodes.close();
    },
  };
}
