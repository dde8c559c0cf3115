/** Leases: one computation in the whole fleet, by a key in Redis that dies with who holds it. */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../clock.js';
import type { Bus } from './bus.js';
import { Ear, leaseEnds, type Ended, type LeaseEnd } from './lease-ear.js';
import { openHolding, type Holding } from './holding.js';
import type { RedisPool } from './pool.js';
import { beganIn, OVERTAKE, tokenOf, type Began } from './lease-token.js';
import { runScript } from './script.js';

export interface LeaseOptions {
  /** The key of the lease of a stored answer; both lie on one node of a cluster. */
  readonly keyOf: (key: string) => string;
  readonly node: string;
  /** How long one lives that is not renewed. */
  readonly leaseMs: number;
  /** Renewed for so long at most: an upstream that may take longer is asked by two nodes. */
  readonly holdMsMax: number;
  /** Longest that a caller waits for another node. */
  readonly patienceMs: number;
  readonly waitersMax: number;
  readonly random: () => number;
}

export interface LeaseTools {
  readonly pool: Pick<RedisPool, 'call' | 'admits'>;
  readonly bus: Bus;
  readonly clock: Clock;
}

export type Leading =
  | { readonly kind: 'lead'; readonly release: (how: LeaseEnd, word?: string) => Promise<void> }
  | ({ readonly kind: 'ended' } & Ended)
  /** There is nobody to wait for, or no more patience. */
  | { readonly kind: 'alone' };

export interface LeaseStats {
  readonly held: number;
  readonly waiting: number;
  readonly waitingMax: number;
  readonly taken: number;
  /** Callers who waited for another node. */
  readonly waited: number;
  readonly renewals: number;
  /** Leases that ran out, or were taken by another, before they were released. */
  readonly lost: number;
  /** Taken from a computation that began too early for who asks now. */
  readonly overtaken: number;
  /** Computations without one: Redis gave none in time, or the wait was too long. */
  readonly alone: number;
}

export interface Leases {
  /** Never rejects. `waitMs` is the wait for Redis, where that is less than the usual. */
  lead(
    key: string,
    signal: AbortSignal | undefined,
    waitMs?: number,
    began?: Began,
  ): Promise<Leading>;
  stats(): LeaseStats;
  close(): void;
}

const HASH_BYTES = 16;

function hashOf(...parts: readonly string[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest().subarray(0, HASH_BYTES);
}

interface Asked {
  readonly signal: AbortSignal | undefined;
  readonly waitMs: number | undefined;
  readonly began: Began;
}

/** Holders in a row that are taken over before one is waited for all the same. */
const OVERTAKEN_MAX = 3;
/** Where nothing parts one computation of a key from the next. */
const ALWAYS: Began = { word: () => '', isTooOld: () => false };

type Wish = 'taken' | 'refused' | { readonly holder: string };

export function openLeases(options: LeaseOptions, { pool, bus, clock }: LeaseTools): Leases {
  const { keyOf, node, leaseMs, holdMsMax, patienceMs, waitersMax, random } = options;
  const waiters = new Map<string, Set<Ear>>();
  const holdings = new Set<Holding>();
  const counts = { taken: 0, waited: 0, renewals: 0, lost: 0, overtaken: 0, alone: 0 };
  let waiting = 0;
  let wishes = 0;
  let closed = false;

  bus.on('lease', (payload) => {
    // What is heard names neither the key nor the token: their hashes are enough to find both.
    const how = leaseEnds[payload[2 * HASH_BYTES] ?? -1];
    if (how === undefined) return;
    const name = payload.toString('hex', 0, HASH_BYTES);
    const holding = payload.toString('hex', HASH_BYTES, 2 * HASH_BYTES);
    const word = payload.toString('latin1', 2 * HASH_BYTES + 1);
    for (const ear of [...(waiters.get(name) ?? [])]) ear.heard(holding, { how, word });
  });

  /** One step for all of it: nobody comes between the look and the taking. */
  const wish = async (
    leaseKey: string,
    token: string,
    waitMs: number | undefined,
    overtaken?: string,
  ): Promise<Wish> => {
    if (!pool.admits('lock', leaseKey)) return 'refused';
    try {
      const args = [leaseKey, token, 'PX', leaseMs, 'NX', 'GET'];
      const holder = await (overtaken === undefined
        ? pool.call('lock', 'set', args, { waitMs })
        : runScript(pool, 'lock', OVERTAKE, [leaseKey, overtaken, token, leaseMs], { waitMs }));
      if (holder === null) return 'taken';
      return Buffer.isBuffer(holder) ? { holder: holder.toString('latin1') } : 'refused';
    } catch {
      return 'refused';
    }
  };
  /** Who began too early for us is taken over: his answer would be thrown away here. */
  const seize = async (leaseKey: string, token: string, { waitMs, began }: Asked) => {
    const beganMs = clock.nowMs();
    let got = await wish(leaseKey, token, waitMs);
    for (let nth = 0; nth < OVERTAKEN_MAX && typeof got === 'object'; nth += 1) {
      const { holder } = got;
      if (!began.isTooOld(beganIn(holder))) break;
      const leftMs = waitMs && waitMs - (clock.nowMs() - beganMs);
      if (leftMs !== undefined && leftMs <= 0) return 'refused';
      got = await wish(leaseKey, token, leftMs, holder);
      if (got === 'taken') counts.overtaken += 1;
    }
    return got;
  };
  const hold = (leaseKey: string, token: string, began: Began): Leading => {
    counts.taken += 1;
    const isParted = (): boolean => began.isTooOld(beganIn(token));
    const holding = openHolding(
      { leaseKey, token, leaseMs, holdMsMax, isParted },
      { pool, clock, counts },
    );
    holdings.add(holding);
    return {
      kind: 'lead',
      async release(how, word = '') {
        if (!holdings.delete(holding)) return;
        await holding.end();
        const end = Buffer.from(`${String.fromCharCode(leaseEnds.indexOf(how))}${word}`, 'latin1');
        bus.tell('lease', Buffer.concat([hashOf(leaseKey), hashOf(leaseKey, token), end]));
      },
    };
  };
  const alone = (): Leading => {
    counts.alone += 1;
    return { kind: 'alone' };
  };

  /**
   * 1 The waiter is told of every end from now on. 2 The lease is wished for; somebody has it, and
   * his token says who. 3 His end may have been told between 1 and 2: it is among what was heard.
   */
  const contend = async (
    leaseKey: string,
    ear: Ear,
    { signal, waitMs, began }: Asked,
  ): Promise<Leading> => {
    const untilMs = clock.nowMs() + patienceMs;
    let hasWaited = false;
    for (;;) {
      wishes += 1;
      const name = `${node}:${randomBytes(HASH_BYTES).toString('hex')}:${wishes}`;
      const token = tokenOf(name, began.word());
      const asked = { signal, began, waitMs: hasWaited ? undefined : waitMs };
      const got = await seize(leaseKey, token, asked);
      if (got === 'taken') return hold(leaseKey, token, began);
      if (got === 'refused') return alone();
      if (!hasWaited) counts.waited += 1;
      hasWaited = true;
      const leftMs = untilMs - clock.nowMs();
      if (leftMs <= 0 || signal?.aborted === true || closed) return alone();
      // Messages get lost: so often it is looked whether the lease is still held.
      const lookMs = (leaseMs / 2) * (1 + random() / 2);
      const holding = hashOf(leaseKey, got.holder).toString('hex');
      const ended = await ear.end(holding, Math.min(lookMs, leftMs), signal);
      if (ended !== undefined) return { kind: 'ended', ...ended };
    }
  };

  return {
    async lead(key, signal, waitMs, began = ALWAYS) {
      if (waiting >= waitersMax || closed) return alone();
      const leaseKey = keyOf(key);
      const name = hashOf(leaseKey).toString('hex');
      const ear = new Ear(clock);
      const ears = waiters.get(name) ?? new Set<Ear>();
      waiters.set(name, ears.add(ear));
      waiting += 1;
      try {
        return await contend(leaseKey, ear, { signal, waitMs, began });
      } finally {
        waiting -= 1;
        ears.delete(ear);
        if (ears.size === 0 && waiters.get(name) === ears) waiters.delete(name);
      }
    },
    stats: () => ({ held: holdings.size, waiting, waitingMax: waitersMax, ...counts }),
    close() {
      closed = true;
      for (const ears of waiters.values()) for (const ear of ears) ear.close();
      // Whoever still computes for nobody else is not waited for: his lease runs out by itself.
      for (const holding of holdings) holding.stop();
      holdings.clear();
    },
  };
}
