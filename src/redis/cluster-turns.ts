/** Redirections: where a command goes next, and whether there is still time for that. */
import type { Clock } from '../clock.js';
import type { ClusterNode, ClusterNodes } from './cluster-nodes.js';
import type { ClusterWatch } from './cluster-watch.js';
import type { RedisFailure } from './failure.js';

/** Where to go next. */
export interface Turn {
  readonly node: ClusterNode;
  readonly asking: boolean;
}

export interface TurnTools {
  readonly clock: Clock;
  readonly nodes: ClusterNodes;
  readonly watch: Pick<ClusterWatch, 'doubt' | 'why'>;
}

/** A slot moves once; more than so many in a row is a Cluster that does not know itself. */
export const REDIRECTIONS_MAX = 5;
/** Keys of one slot that are on their way, one after the other. */
const AGAIN_MS = 10;

export class Turns {
  constructor(private readonly tools: TurnTools) {}

  /** Undefined when this is no redirection. */
  after({ code, collateral, elsewhere }: RedisFailure, from: Turn): Turn | undefined {
    const { nodes, watch } = this.tools;
    if (code === 'readonly' && !collateral) watch.doubt();
    switch (elsewhere?.kind) {
      case undefined:
        return undefined;
      case 'down':
        watch.doubt();
        return undefined;
      case 'again':
        return from;
      case 'ask':
      case 'moved': {
        const { kind, slot, host, port } = elsewhere;
        const node = nodes.named({ host: host === '' ? from.node.address.host : host, port });
        if (kind === 'moved') {
          watch.doubt();
          if (node !== undefined) nodes.move(slot, node);
        }
        return node === undefined ? undefined : { node, asking: kind === 'ask' };
      }
    }
  }

  /** A node that was not known a moment ago needs a connection first. False when time is over. */
  async mayGo({ node }: Turn, from: Turn, dueMs: number): Promise<boolean> {
    const { clock } = this.tools;
    const leftMs = dueMs - clock.nowMs();
    if (leftMs <= 0) return false;
    const pauseMs = node === from.node ? Math.min(AGAIN_MS, leftMs) : leftMs;
    const isKnown = node !== from.node && node.pool.stats().lanesOpen > 0;
    if (isKnown) return true;
    await new Promise<void>((resolve) => {
      const timer = clock.after(pauseMs, resolve);
      if (node === from.node) return;
      const over = (): void => {
        timer.cancel();
        resolve();
      };
      node.pool.tried().then(over, over);
    });
    return clock.nowMs() < dueMs;
  }
}
