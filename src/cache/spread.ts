/** What the cache path needs in order to tell the other nodes what one of them purged. */
import type { Address } from '../policy/invalidation.js';
import type { Order } from './invalidate.js';

/** A purge, in words that every node can carry out by itself. */
export type Act =
  | { readonly kind: 'order'; readonly order: Order }
  /** A state-changing request that came through here (RFC 9111 section 4.4). */
  | {
      readonly kind: 'change';
      readonly addresses: readonly Address[];
      /** Whose own answers it makes old, beside those that all may have. */
      readonly partition: string;
      readonly tags: readonly string[];
    };

/** Which nodes have carried it out. */
export interface Reach {
  /** This node among them. */
  readonly acked: number;
  readonly pending: number;
  /** The nodes that have not; empty too while it is not known who there is. */
  readonly waitingFor: readonly string[];
  /** From the purge here until the last of them had it; undefined while not all have. */
  readonly tookMs?: number;
}

/** One purge on its way. */
export interface Spreading {
  reach(): Reach;
  /** Resolves when nobody is left to do it, or this node has waited for as long as it does. */
  reached(): Promise<Reach>;
}

export interface Spread {
  /** Of what was carried out here already; `epochBefore` stood when that began. */
  tell(act: Act, epochBefore: number): Spreading;
}
