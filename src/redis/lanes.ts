/** The lanes: a few connections, leased from the pool, that all cache commands share. */
import type { Clock, Timer } from '../clock.js';
import type { Backoff } from './backoff.js';
import type { Connection } from './connection.js';
import { kindOf, type FailureKind } from './failure.js';
import type { Gate } from './gate.js';
import type { Lending } from './lending.js';

export interface LanesOptions {
  readonly lanes: number;
  readonly lifetimeMs: number;
  /** A lane that was replaced keeps its commands for so long: longer than any of them may take. */
  readonly retireMs: number;
  readonly pingMs: number;
  readonly random: () => number;
}

export interface LanesTools {
  readonly lending: Lending;
  readonly backoff: Backoff;
  readonly gate: Gate;
  readonly clock: Clock;
  /** The first lane is open. */
  readonly up: () => void;
  /** A lane could not be opened, or was lost; `isLast` when none is left. */
  readonly failed: (kind: FailureKind, isLast: boolean) => void;
}

export interface Lanes {
  /** The one with the fewest commands in flight; undefined when none is open. */
  pick(): Connection | undefined;
  open(): number;
  /** Those with a command in flight, retiring ones included. */
  inUse(): number;
  /** Asks the idle ones, and replaces one that is too old. True when Redis has answered. */
  care(): Promise<boolean>;
  /** Another in its place, at most once a second: a name may lead to another server by now. */
  renew(lane: Connection): void;
  /** Opens what is missing now, whatever failed before: there is news of where Redis is. */
  readonly hurry: () => void;
  close(): void;
}

const RENEW_EVERY_MS = 1000;
const LEAVE_LOOK_MS = 20;
/** So that a fleet that started together does not reconnect together. */
const LIFETIME_JITTER_SHARE = 0.1;

export function openLanes(options: LanesOptions, tools: LanesTools): Lanes {
  const { lending, backoff, gate, clock } = tools;
  const open = new Map<Connection, { readonly oldMs: number }>();
  const retiring = new Set<Connection>();
  let opening = 0;
  let retry: Timer | undefined;
  let closed = false;
  let replacing = false;
  let renewedMs = -Infinity;
  let caredMs = -Infinity;

  const join = (lane: Connection): void => {
    const share = 1 - LIFETIME_JITTER_SHARE * options.random();
    open.set(lane, { oldMs: lane.openedMs + options.lifetimeMs * share });
    lane.onEnd((kind) => {
      lost(lane, kind);
    });
    backoff.succeeded();
    if (open.size === 1) tools.up();
  };

  const lost = (lane: Connection, kind: FailureKind): void => {
    const wasOpen = open.delete(lane);
    // The request for a new one stands in the line before the old one's place is free.
    if (wasOpen && !closed) {
      tools.failed(kind, open.size === 0);
      again();
    }
    if (wasOpen || retiring.delete(lane)) lending.destroy(lane);
  };

  const again = (): void => {
    if (closed || retry !== undefined || opening > 0) return;
    const waitMs = backoff.failed();
    if (waitMs === 0) {
      fill();
      return;
    }
    retry = clock.after(waitMs, () => {
      retry = undefined;
      fill();
    });
  };

  const fill = (): void => {
    if (closed) return;
    retry?.cancel();
    retry = undefined;
    const missing = options.lanes - open.size - opening;
    // While nothing is open and tries have failed, one asks for all.
    const alone = open.size === 0 && backoff.failures() > 1;
    const tries = alone ? Math.min(missing, 1 - Math.min(opening, 1)) : missing;
    for (let count = 0; count < tries; count += 1) {
      opening += 1;
      gate.allow();
      lending.lane().then(
        (lane) => {
          opening -= 1;
          arrived(lane);
        },
        (thrown: unknown) => {
          opening -= 1;
          if (closed) return;
          tools.failed(kindOf(thrown), open.size === 0);
          again();
        },
      );
    }
  };

  const arrived = (lane: Connection): void => {
    if (closed || !lane.isOpen) {
      lending.destroy(lane);
      again();
      return;
    }
    join(lane);
    fill();
  };

  /** Goes when all that was under way on it has ended, and at the latest then. */
  const leave = (old: Connection, untilMs: number): void => {
    if (old.load > 0 && clock.nowMs() < untilMs) {
      clock.after(LEAVE_LOOK_MS, () => {
        leave(old, untilMs);
      });
    } else if (retiring.delete(old)) lending.destroy(old);
  };

  /** A new one first, then the old one goes, with all that is under way on it. */
  const replace = async (old: Connection): Promise<void> => {
    if (replacing || !open.has(old)) return;
    replacing = true;
    try {
      gate.allow();
      const fresh = await lending.lane();
      if (closed || !fresh.isOpen || !open.has(old)) {
        lending.destroy(fresh);
        return;
      }
      open.delete(old);
      retiring.add(old);
      join(fresh);
      leave(old, clock.nowMs() + options.retireMs);
    } catch {
      // The old one serves on; it is tried again at the next round.
    } finally {
      replacing = false;
    }
  };

  fill();
  return {
    pick() {
      let best: Connection | undefined;
      for (const lane of open.keys()) {
        if (best === undefined || lane.load < best.load) best = lane;
        if (best.load === 0) break;
      }
      return best;
    },
    open: () => open.size,
    inUse() {
      let busy = 0;
      for (const lane of open.keys()) if (lane.load > 0) busy += 1;
      for (const lane of retiring) if (lane.load > 0) busy += 1;
      return busy;
    },
    async care() {
      const sinceMs = caredMs;
      caredMs = clock.nowMs();
      const idle = [...open.keys()].filter(({ load }) => load === 0);
      // One that does not answer ends itself, and its end is told like any other.
      const asked = await Promise.allSettled(idle.map((lane) => lane.ping(options.pingMs)));
      // Where all are busy nobody need be asked: their commands are answered, or not.
      const isAnswered =
        asked.length > 0
          ? asked.some(({ status }) => status === 'fulfilled')
          : [...open.keys()].some(({ heardMs }) => heardMs > sinceMs);
      const nowMs = clock.nowMs();
      const old = [...open].find(([, { oldMs }]) => oldMs <= nowMs);
      if (old !== undefined) await replace(old[0]);
      return isAnswered;
    },
    renew(lane) {
      const nowMs = clock.nowMs();
      if (nowMs - renewedMs < RENEW_EVERY_MS) return;
      renewedMs = nowMs;
      void replace(lane);
    },
    hurry: fill,
    close() {
      closed = true;
      retry?.cancel();
      const all = [...open.keys(), ...retiring];
      open.clear();
      retiring.clear();
      for (const lane of all) {
        lane.end('closed');
        lending.destroy(lane);
      }
    },
  };
}
