/** The last orders to invalidate: what was meant, and how long until every process knew. */
import type { Invalidations, Order } from '../../cache/invalidate.js';
import { isoTime, type Clock } from '../../clock.js';

export interface OrderBook {
  /** The same invalidations; each order that passes is written down. */
  readonly invalidations: Invalidations;
  /** The newest first. */
  recent(): readonly object[];
}

const RECENT_MAX = 20;
const SCOPE_LENGTH_MAX = 120;

/** Queries may hold what is nobody else's business. */
function scopeOf({ type, selectors }: Order): string {
  if (type === 'all') return 'everything';
  const [first = ''] = selectors;
  const named = type === 'path' ? first.replace(/\?.*/, '?…') : first;
  const short = named.length > SCOPE_LENGTH_MAX ? `${named.slice(0, SCOPE_LENGTH_MAX)}…` : named;
  return selectors.length > 1 ? `${short} and ${selectors.length - 1} more` : short;
}

export function openOrderBook(invalidations: Invalidations, clock: Clock): OrderBook {
  const recent: (() => object)[] = [];
  const invalidate = (order: Order) => {
    const beganMs = clock.nowMs();
    const done = invalidations.invalidate(order);
    const tookMs = Math.round(1000 * (clock.nowMs() - beganMs)) / 1000;
    const { type, mode } = order;
    const told = {
      ...{ id: done.id, type, mode, scope: scopeOf(order), matched: done.matched },
      at: isoTime(clock.wallMs()),
    };
    const { spreading } = done;
    recent.unshift(() => {
      // Where there is one node, it is the only one that has to hear of it.
      if (spreading === undefined) return { ...told, acked: 1, pending: 0, propagation_ms: tookMs };
      const { acked, pending, tookMs: spreadMs = null } = spreading.reach();
      return { ...told, acked, pending, propagation_ms: spreadMs };
    });
    if (recent.length > RECENT_MAX) recent.pop();
    return done;
  };
  return {
    invalidations: { ...invalidations, invalidate },
    recent: () => recent.map((read) => read()),
  };
}
