/** The nodes of a Cluster: a pool for each master, and which of them has which slot. */
import type { Clock, Timer } from '../clock.js';
import { describeThrown } from '../errors.js';
import type { Log } from '../log.js';
import { SLOTS } from './key-slot.js';
import type { SlotRange } from './cluster-word.js';
import type { RedisPool } from './pool.js';
import type { Operation } from './tally.js';
import { addressText, type Address } from './target.js';

export class ClusterNode {
  /** When it was last named in a redirection. */
  namedMs = -Infinity;
  slots = 0;
  retiring: Timer | undefined;

  constructor(
    /** As the nodes call it, wherever we find it. */
    readonly address: Address,
    readonly server: string,
    readonly pool: RedisPool,
  ) {}
}

export interface ClusterNodesOptions {
  readonly nodesMax: number;
}

export interface ClusterNodesTools {
  readonly clock: Clock;
  readonly log: Log;
  readonly open: (address: Address) => RedisPool;
  /** It is used from now on; or no more, and closes soon. */
  readonly joined: (node: ClusterNode) => void;
  readonly left: (node: ClusterNode) => void;
  /** Closes now: what it counted must be kept by somebody else. */
  readonly closing: (node: ClusterNode) => void;
}

export interface ClusterNodes {
  readonly owner: (slot: number) => ClusterNode | undefined;
  /** Some node that takes such a command now, or any at all. */
  any(operation: Operation): ClusterNode | undefined;
  /** Undefined beyond the most. */
  named(address: Address): ClusterNode | undefined;
  /** This slot is there, whatever was said before. */
  move(slot: number, node: ClusterNode): void;
  /** True when it is news. */
  adopt(ranges: readonly SlotRange[]): boolean;
  readonly all: () => readonly ClusterNode[];
  /** Used no more, and not closed yet. */
  retiring(): readonly ClusterNode[];
  /** Slots that somebody has. */
  covered(): number;
  close(): Promise<void>;
}

/** What is under way ends within it. */
const RETIRE_MS = 5000;
/** A node may take part without slots of its own: while it is given some, others send us there. */
const NAMED_MS = 10_000;

export function openClusterNodes(
  { nodesMax }: ClusterNodesOptions,
  { clock, log, open, joined, left, closing }: ClusterNodesTools,
): ClusterNodes {
  const nodes = new Map<string, ClusterNode>();
  const owners: (ClusterNode | undefined)[] = new Array<ClusterNode | undefined>(SLOTS);
  owners.fill(undefined);
  let covered = 0;
  let known = '';
  let turn = 0;
  let closed = false;

  const inUse = (): ClusterNode[] =>
    [...nodes.values()].filter(({ retiring }) => retiring === undefined);
  const end = (node: ClusterNode): Promise<void> => {
    node.retiring?.cancel();
    nodes.delete(node.server);
    closing(node);
    return node.pool.close();
  };
  const ensure = (address: Address): ClusterNode | undefined => {
    const server = addressText(address);
    const before = nodes.get(server);
    if (before !== undefined) {
      if (before.retiring === undefined) return before;
      before.retiring.cancel();
      before.retiring = undefined;
      joined(before);
      return before;
    }
    if (closed || nodes.size >= nodesMax) return undefined;
    const node = new ClusterNode(address, server, open(address));
    nodes.set(server, node);
    joined(node);
    return node;
  };
  const give = (slot: number, node: ClusterNode | undefined): void => {
    const before = owners[slot];
    if (before === node) return;
    if (before === undefined) covered += 1;
    else before.slots -= 1;
    if (node === undefined) covered -= 1;
    else node.slots += 1;
    owners[slot] = node;
  };
  /** True when somebody goes. */
  const retire = (): boolean => {
    const nowMs = clock.nowMs();
    let isNews = false;
    for (const node of inUse()) {
      if (node.slots > 0 || nowMs - node.namedMs < NAMED_MS) continue;
      node.retiring = clock.after(RETIRE_MS, () => {
        end(node).catch((thrown: unknown) => {
          log.warn('redis_pool_close_failed', describeThrown(thrown));
        });
      });
      left(node);
      isNews = true;
    }
    return isNews;
  };

  return {
    owner: (slot) => owners[slot],
    any(operation) {
      const all = inUse();
      turn += 1;
      const from = all.length === 0 ? 0 : turn % all.length;
      const inTurn = [...all.slice(from), ...all.slice(0, from)];
      return inTurn.find(({ pool }) => pool.admits(operation)) ?? inTurn[0];
    },
    named(address) {
      const node = ensure(address);
      if (node !== undefined) node.namedMs = clock.nowMs();
      return node;
    },
    move(slot, node) {
      known = '';
      give(slot, node);
    },
    adopt(ranges) {
      const said = ranges
        .map(({ first, last, master }) => `${first} ${last} ${addressText(master)}`)
        .sort()
        .join();
      // Whoever sits at a node that goes must hear of it, even when nobody gets other slots.
      if (said === known) return retire();
      const next = new Array<ClusterNode | undefined>(SLOTS).fill(undefined);
      let isWhole = true;
      for (const { first, last, master } of ranges) {
        const node = ensure(master);
        isWhole &&= node !== undefined;
        next.fill(node, first, last + 1);
      }
      for (const [slot, node] of next.entries()) give(slot, node);
      retire();
      // A master for whom there was no room is looked for again, though the word be the same.
      known = isWhole ? said : '';
      return true;
    },
    all: inUse,
    retiring: () => [...nodes.values()].filter(({ retiring }) => retiring !== undefined),
    covered: () => covered,
    async close() {
      closed = true;
      await Promise.all([...nodes.values()].map(end));
    },
  };
}
