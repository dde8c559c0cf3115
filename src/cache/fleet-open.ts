/** The fleet: many nodes, one order of purges, one computation for all. */
import type { Timer } from '../clock.js';
import type { BusRefusal, BusStats } from '../redis/bus.js';
import type { Place } from '../redis/journal.js';
import type { LeaseStats } from '../redis/lease.js';
import type { Fleet } from './fleet.js';
import type { GapReason } from './fleet-follower.js';
import { beganAt, leadOf } from './fleet-lead.js';
import type { Outbox } from './fleet-outbox.js';
import { openParts, type FleetOptions, type FleetParts, type FleetTools } from './fleet-parts.js';
import type { Reaching } from './fleet-reach.js';
import { decodeWord } from './fleet-words.js';
import type { Spread } from './spread.js';

export interface FleetStats {
  readonly node: string;
  readonly attached: boolean;
  /** Whether the second tier may be used: everything told has been heard. */
  readonly inStep: boolean;
  readonly gaps: Readonly<Record<GapReason, number>>;
  readonly records: number;
  readonly recordsRefused: Readonly<Partial<Record<BusRefusal, number>>>;
  readonly outbox: ReturnType<Outbox['stats']>;
  readonly reach: ReturnType<Reaching['stats']>;
  readonly leases: LeaseStats;
  readonly bus: BusStats;
}

export interface OpenFleet extends Fleet, Spread {
  /** Resolves when the first attempt to hear of the others has ended, either way. */
  ready(): Promise<void>;
  stats(): FleetStats;
  close(): Promise<void>;
}

/** Where a caller names no limit of his own. */
const LEAD_STEP_MS = 50;

/** What the others say is a hint where to look; what is so stands in the journal and the roster. */
function listen({
  options: { node },
  tools: { bus },
  follower,
  reaching,
  quietly,
}: FleetParts): void {
  bus.on('purge', (payload) => {
    const word = decodeWord(payload);
    const at = follower.mark();
    if (word === undefined || word.node === node) return;
    // Said again it costs nothing: what has been read is not read once more.
    if (at?.journal === word.journal && at.seq >= word.seq) return;
    quietly(follower.read());
  });
  bus.on('applied', (payload) => {
    const word = decodeWord(payload);
    if (word !== undefined && word.node !== node) reaching.heard(word.node, word);
  });
  bus.onListening(() => {
    quietly(follower.read());
  });
}

export function openFleet(options: FleetOptions, tools: FleetTools): OpenFleet {
  const { node, boundMs, aliveMs, readyMs } = options;
  const { pool, bus, leases, clock } = tools;
  const parts = openParts(options, tools);
  const { marks, outbox, records, beats, reaching, follower, roster, mayWrite, quietly } = parts;
  listen(parts);

  const send = async (): Promise<void> => {
    await outbox.send();
    await follower.read();
  };
  const look = async (): Promise<void> => {
    if (pool.admits('bus')) await (outbox.isSettled() ? follower.read() : send());
  };
  const timers = [
    clock.every(boundMs / 2, () => {
      quietly(look());
    }),
    clock.every(Math.min(boundMs, aliveMs / 4), () => {
      quietly(beats.beat());
    }),
  ];
  const first = pool.tried().then(look).then(beats.beat);
  quietly(first);
  const limit = new Promise<void>((resolve) => clock.after(readyMs, resolve));
  const ready = Promise.race([first.catch(() => undefined), limit]);
  // What we did and the others cannot know yet would be undone by what they wrote.
  const mark = (): Place | undefined => (outbox.isSettled() ? follower.mark() : undefined);

  const catchUp = async (limitMs: number): Promise<void> => {
    if (!pool.admits('bus')) return;
    let timer: Timer | undefined;
    const late = new Promise<void>((resolve) => {
      timer = clock.after(limitMs, resolve);
    });
    await Promise.race([look().catch(() => undefined), late]);
    timer?.cancel();
  };
  const epochAt: Fleet['epochAt'] = (at) =>
    mark()?.journal === at.journal ? marks.epochAt(at.seq) : undefined;

  return {
    ...{ mark, epochAt, catchUp },
    async lead(key, signal, budgetMs, since = () => 0) {
      const beganMs = clock.nowMs();
      // A process that was busy since it looked is one step behind, and not without Redis.
      if (mark() === undefined) await catchUp(budgetMs ?? LEAD_STEP_MS);
      const leftMs = budgetMs && budgetMs - (clock.nowMs() - beganMs);
      // What another would store could not be read here.
      if (mark() === undefined || (leftMs !== undefined && leftMs <= 0)) return { kind: 'alone' };
      const began = beganAt({ mark, epochAt }, since);
      return leadOf(await leases.lead(key, signal, leftMs, began));
    },
    tell(act, epochBefore) {
      const spreading = reaching.watch(outbox.add(act, epochBefore));
      quietly(send());
      return spreading;
    },
    ready: () => ready,
    stats() {
      const { attached, gaps, records: read } = follower.stats();
      return {
        ...{ node, attached, inStep: mark() !== undefined, gaps, records: read },
        ...{ recordsRefused: records.refused(), outbox: outbox.stats() },
        ...{ reach: reaching.stats(), leases: leases.stats(), bus: bus.stats() },
      };
    },
    async close() {
      for (const timer of timers) timer.cancel();
      leases.close();
      // A last try: whoever goes must not take a purge along.
      if (!outbox.isSettled()) await outbox.send();
      follower.close();
      reaching.close();
      if (mayWrite()) await roster.leave(node).catch(() => undefined);
      bus.close();
    },
  };
}
