/** The fleet: many nodes, one order of purges, one computation for all, joined from their parts. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.js';
import { describeThrown, Failure, failures, type FailureCode } from '../errors.js';
import type { Log } from '../log.js';
import type { Bus, BusRefusal, BusStats, Seal } from '../redis/bus.js';
import { openJournal, type JournalRecord, type Place } from '../redis/journal.js';
import type { Leading, Leases, LeaseStats } from '../redis/lease.js';
import type { RedisPool } from '../redis/pool.js';
import { openRoster } from '../redis/roster.js';
import { decodeRecord, encodeRecord } from './fleet-acts.js';
import type { Fleet, Lead } from './fleet.js';
import { openFollower, type Follower, type GapReason } from './fleet-follower.js';
import { openMarks } from './fleet-marks.js';
import { openOutbox, type Outbox } from './fleet-outbox.js';
import { openReaching, type Reaching } from './fleet-reach.js';
import { decodeWord, encodeWord } from './fleet-words.js';
import type { Act, Spread } from './spread.js';

export interface FleetOptions {
  readonly node: string;
  readonly prefix: string;
  /** Records that the journal keeps, and places that are remembered. */
  readonly recordsMax: number;
  /** How far behind a node may be that hears nothing; it reads the journal twice as often. */
  readonly boundMs: number;
  /** A node that has said nothing for so long counts as gone. */
  readonly aliveMs: number;
  /** Longest that an operator waits for all nodes. */
  readonly ackMs: number;
  readonly actsMax: number;
  readonly nodesMax: number;
  readonly waitMs: number;
}

export interface FleetTools {
  readonly pool: RedisPool;
  readonly bus: Bus;
  readonly seal: Seal;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly log: Log;
  readonly epoch: () => number;
  /** Carries out what another node did. */
  readonly carryOut: (act: Act) => void;
  /** Everything that is held by now counts as purged. */
  readonly drop: () => void;
  /** Whether there is anything that a purge could reach. */
  readonly holdsAny: () => boolean;
  readonly spreadMs: { record(ms: number): void };
}

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

const RECORD_BYTES_MAX = 128 * 1024;
const WATCHED_MAX = 1_000;
const DROP_EVERY_MS = 1_000;
/** What a failover may have lost; the replica was behind by less than this. */
const DOUBT_MS = 10_000;
const ID_BYTES = 16;

/** An attacker can forge neither of these; what is not one at all was not written by a node. */
const NOT_OURS = new Set<BusRefusal>(['form', 'mac', 'kind', 'size']);

function failureOf(word: string): Failure {
  const code = Object.hasOwn(failures, word) ? (word as FailureCode) : 'upstream_sick';
  return new Failure(code, failures[code].status === 503 ? { retryAfterS: 1 } : {});
}

function leadOf(leading: Leading): Lead {
  if (leading.kind === 'alone') return leading;
  if (leading.kind === 'lead') {
    return {
      kind: 'lead',
      release: (how, failure) => leading.release(how, failure?.code),
    };
  }
  if (leading.how === 'failed') return { kind: 'failed', failure: failureOf(leading.word) };
  // Nothing lies anywhere for the others: each asks for itself, and none in line.
  return { kind: leading.how === 'stored' ? 'landed' : 'alone' };
}

export function openFleet(options: FleetOptions, tools: FleetTools): OpenFleet {
  const { node, boundMs, recordsMax, waitMs } = options;
  const { pool, bus, seal, leases, clock, log } = tools;
  const marks = openMarks(recordsMax);
  const journal = openJournal(
    { prefix: options.prefix, lengthMax: recordsMax, recordBytesMax: 2 * RECORD_BYTES_MAX, waitMs },
    pool,
  );
  const roster = openRoster({ ...options, waitMs }, pool);
  const recordsRefused: Partial<Record<BusRefusal, number>> = {};
  const quietly = (work: Promise<unknown>): void => {
    work.catch((thrown: unknown) => {
      log.debug('fleet_failed', describeThrown(thrown));
    });
  };

  const append = (record: Buffer): Promise<Place> => {
    const freshId = randomBytes(ID_BYTES).toString('hex');
    return journal.append(seal.seal('record', record), freshId);
  };
  const mayWrite = (): boolean => pool.writable() && pool.admits('bus');
  const outbox = openOutbox(
    { node, actsMax: options.actsMax, recordBytesMax: RECORD_BYTES_MAX, doubtMs: DOUBT_MS },
    {
      clock,
      append: (record) => (mayWrite() ? append(record) : Promise.reject(new Error('not now'))),
      placed(place) {
        reaching.placed();
        bus.tell('purge', encodeWord({ node, ...place }));
      },
    },
  );
  const carryOut = (record: JournalRecord, place: Place): boolean => {
    const opened = seal.open(record.bytes);
    const reason = opened.kind === 'refused' ? opened.reason : undefined;
    const read =
      opened.kind === 'record'
        ? decodeRecord(opened.payload)
        : undefined;
    if (read === undefined) {
      const why = reason ?? (opened.kind === 'record' ? 'version' : 'kind');
      recordsRefused[why] = (recordsRefused[why] ?? 0) + 1;
      // Another version's purge, or one signed by a secret that we do not hold: it may mean us.
      return NOT_OURS.has(why);
    }
    if (read.node !== node) for (const act of read.acts) tools.carryOut(act);
    else {
      const epochBefore = outbox.returned(read.nth, place);
      if (epochBefore !== undefined) marks.returned(epochBefore);
    }
    return true;
  };

  let beating: Promise<void> | undefined;
  let beatAgain = false;
  const beatOnce = async (): Promise<void> => {
    const at = follower.mark();
    // Without a place of its own a node is no witness.
    if (at === undefined || !mayWrite()) return;
    const words = await roster.beat(node, seal.seal('word', encodeWord({ node, ...at })));
    const places = new Map<string, Place>();
    for (const [name, bytes] of words) {
      const opened = seal.open(bytes);
      const word = opened.kind === 'word' ? decodeWord(opened.payload) : undefined;
      if (word?.node === name) places.set(name, word);
    }
    reaching.listed(places);
  };
  const beat = (): Promise<void> => {
    beating ??= (async () => {
      do {
        beatAgain = false;
        await beatOnce();
      } while (beatAgain);
    })().finally(() => {
      beating = undefined;
    });
    return beating;
  };
  const reaching = openReaching(
    { node, nodesMax: options.nodesMax, watchedMax: WATCHED_MAX, waitMs: options.ackMs },
    {
      clock,
      spreadMs: tools.spreadMs,
      ask() {
        const isUnderWay = beating !== undefined;
        if (isUnderWay) beatAgain = true;
        else quietly(beat());
        return isUnderWay ? 2 : 1;
      },
    },
  );

  let toldSeq = -1;
  const follower: Follower = openFollower(
    { boundMs, dropEveryMs: DROP_EVERY_MS },
    {
      clock,
      journal,
      marks,
      epoch: tools.epoch,
      carryOut,
      drop(reason) {
        if (reason !== 'start') log.warn('purges_missed', { reason });
        if (reason !== 'start' || tools.holdsAny()) tools.drop();
      },
      lost() {
        outbox.doubt();
      },
      begin: async () => {
        if (!mayWrite()) return false;
        await append(encodeRecord({ node, nth: 0, wallMs: clock.wallMs(), acts: [] }));
        return true;
      },
      caughtUp() {
        const at = follower.mark();
        reaching.reached(at);
        if (at !== undefined && at.seq !== toldSeq) {
          toldSeq = at.seq;
          bus.tell('applied', encodeWord({ node, ...at }));
        }
        if (!outbox.isSettled()) quietly(outbox.send());
      },
    },
  );

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

  const send = async (): Promise<void> => {
    await outbox.send();
    await follower.read();
  };
  const look = async (): Promise<void> => {
    if (!pool.admits('bus')) return;
    if (!outbox.isSettled()) await outbox.send();
    await follower.read();
  };
  const looking = clock.every(boundMs / 2, () => {
    quietly(look());
  });
  const beats = clock.every(Math.min(boundMs, options.aliveMs / 4), () => {
    quietly(beat());
  });
  const first = pool.tried().then(async () => {
    await look();
    await beat();
  });
  quietly(first);

  const mark = (): Place | undefined => (outbox.isSettled() ? follower.mark() : undefined);
  return {
    mark,
    epochAt(at) {
      return mark()?.journal === at.journal ? marks.epochAt(at.seq) : undefined;
    },
    async lead(key, signal, budgetMs) {
      // What another would store could not be read here.
      if (mark() === undefined) return { kind: 'alone' };
      return leadOf(await leases.lead(key, signal, budgetMs));
    },
    tell(act, epochBefore) {
      const spreading = reaching.watch(outbox.add(act, epochBefore));
      quietly(send());
      return spreading;
    },
    ready: () => first.catch(() => undefined),
    stats() {
      const { attached, gaps, records } = follower.stats();
      return {
        ...{ node, attached, inStep: mark() !== undefined, gaps, records },
        ...{ recordsRefused: { ...recordsRefused }, outbox: outbox.stats() },
        ...{ reach: reaching.stats(), leases: leases.stats(), bus: bus.stats() },
      };
    },
    async close() {
      looking.cancel();
      beats.cancel();
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
