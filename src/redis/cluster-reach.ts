/** Connections to one node of a Cluster that no pool keeps: for a question, or to stay. */
import type { ClusterNode, ClusterNodes } from './cluster-nodes.js';
import type { Ask } from './cluster-word.js';
import type { Connection } from './connection.js';
import type { DedicatedOptions } from './dedicated.js';
import { RedisFailure } from './failure.js';
import { slotOf } from './key-slot.js';
import { openConnection } from './open.js';
import type { ClusterPoolOptions } from './options.js';
import type { PoolTools } from './pool.js';
import type { Tally } from './tally.js';
import { addressText, clientsFor, type Address, type SingleTarget } from './target.js';
import { openTenants, type Tenants } from './tenants.js';

/** Where this node is found, with the credentials that all of them share. */
export function reached({ target }: ClusterPoolOptions, address: Address): SingleTarget {
  const { username, password, tls, reachedAt } = target;
  const place = reachedAt.get(addressText(address)) ?? address;
  return { kind: 'single', ...place, db: 0, username, password, tls };
}

type Tools = Pick<PoolTools, 'clock' | 'log' | 'random'>;

async function openTo(
  options: ClusterPoolOptions,
  { clock }: Tools,
  address: Address,
): Promise<Connection> {
  const make = clientsFor(reached(options, address), options.connectMs);
  return (await openConnection(make, options, [], clock)).connection;
}

/** The connection ends when `use` does. */
export async function askOnce<T>(
  options: ClusterPoolOptions,
  tools: Tools,
  address: Address,
  use: (ask: Ask) => Promise<T>,
): Promise<T> {
  const connection = await openTo(options, tools, address);
  try {
    return await use((name, args) => connection.call(name, args, { waitMs: options.handshakeMs }));
  } finally {
    connection.end('closed');
  }
}

export interface Residents extends Tenants {
  /** Whoever sits where his key no longer is, or at a node that takes no part any more, goes. */
  readonly move: () => void;
}

export interface ResidentTools extends Tools {
  readonly nodes: ClusterNodes;
  readonly tally: Tally;
  /** Resolves when it is known where the nodes are, or that this cannot be known now. */
  readonly known: () => Promise<void>;
}

/** Subscriptions and blocking readers: at a node that is well, and elsewhere when it leaves. */
export function openResidents(options: ClusterPoolOptions, tools: ResidentTools): Residents {
  const { clock, log, random, nodes, tally, known } = tools;
  const { retryFirstMs: firstMs, retryMaxMs: maxMs } = options;
  const alive = new Map<Connection, { readonly at: ClusterNode; readonly slot?: number }>();
  const tenants = openTenants(options, {
    ...{ clock, log, backoff: { firstMs, maxMs, stableMs: maxMs, random } },
    async open({ key }: DedicatedOptions) {
      await known();
      const slot = key === undefined ? undefined : slotOf(key);
      const at = slot === undefined ? nodes.any('bus') : nodes.owner(slot);
      if (at === undefined) throw new RedisFailure('cluster', true);
      const connection = await openTo(options, tools, at.address);
      alive.set(connection, slot === undefined ? { at } : { at, slot });
      connection.onEnd(() => alive.delete(connection));
      return connection;
    },
    failed: (kind) => {
      tally.error('dedicated', kind);
    },
  });
  return {
    ...tenants,
    move() {
      for (const [connection, { at, slot }] of [...alive]) {
        const isHome = slot === undefined || nodes.owner(slot) === at;
        if (!isHome || at.retiring !== undefined) connection.end('reset', true);
      }
    },
  };
}
