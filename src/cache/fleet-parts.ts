/** The parts of the fleet, opened and joined: what each hears of the others, and when. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.js';
import { describeThrown } from '../errors.js';
import type { Log } from '../log.js';
import type { Bus, Seal } from '../redis/bus.js';
import { RedisFailure } from '../redis/failure.js';
import { openJournal, type Place } from '../redis/journal.js';
import type { Leases } from '../redis/lease.js';
import type { RedisPool } from '../redis/pool.js';
import { openRoster, type Roster } from '../redis/roster.js';
import { encodeRecord } from './fleet-acts.js';
import { openBeats, type Beats } from './fleet-beats.js';
import { openFollower, type Follower } from './fleet-follower.js';
import { openLinkLog } from './fleet-link.js';
import { openMarks, type Marks } from './fleet-marks.js';
import { openOutbox, type Outbox } from './fleet-outbox.js';
import { openReaching, type Reaching } from './fleet-reach.js';
import { openRecords, type Records } from './fleet-records.js';
import { encodeWord } from './fleet-words.js';
import type { Act } from './spread.js';

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
  /** Longest that a start waits until it has heard of the others. */
  readonly readyMs: number;
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

const RECORD_BYTES_MAX = 128 * 1024;
const WATCHED_MAX = 1_000;
const DROP_EVERY_MS = 1_000;
/** What a failover may have lost; the replica was behind by less than this. */
const DOUBT_MS = 10_000;
const ID_BYTES = 16;

/** What all parts of it have at hand. */
export interface FleetParts {
  readonly options: FleetOptions;
  readonly tools: FleetTools;
  readonly marks: Marks;
  readonly roster: Roster;
  readonly outbox: Outbox;
  readonly records: Records;
  readonly beats: Beats;
  readonly reaching: Reaching;
  readonly follower: Follower;
  readonly mayWrite: () => boolean;
  /** For what nobody waits for; what goes wrong is tried again at the next round. */
  readonly quietly: (work: Promise<unknown>) => void;
}

export function openParts(options: FleetOptions, tools: FleetTools): FleetParts {
  const { node, prefix, recordsMax, waitMs, nodesMax, boundMs } = options;
  const { pool, bus, seal, clock, log } = tools;
  const failed = (thrown: unknown): void => {
    log.debug('fleet_failed', describeThrown(thrown));
  };
  const mayWrite = (): boolean => pool.writable() && pool.admits('bus');
  const marks = openMarks(recordsMax);
  const recordBytesMax = 2 * RECORD_BYTES_MAX;
  const journal = openJournal(
    { ...{ prefix, lengthMax: recordsMax, recordBytesMax, waitMs }, quietMs: boundMs },
    pool,
  );
  const append = (record: Buffer): Promise<Place> => {
    if (!mayWrite()) return Promise.reject(new RedisFailure('closed'));
    return journal.append(seal.seal('record', record), randomBytes(ID_BYTES).toString('hex'));
  };
  const outbox = openOutbox(
    { node, actsMax: options.actsMax, recordBytesMax: RECORD_BYTES_MAX, doubtMs: DOUBT_MS },
    {
      ...{ clock, append },
      placed(place) {
        reaching.placed();
        bus.tell('purge', encodeWord({ node, ...place }));
      },
    },
  );
  const records = openRecords({ node, seal, marks, outbox, carryOut: tools.carryOut });
  const reaching = openReaching(
    { node, nodesMax, watchedMax: WATCHED_MAX, waitMs: options.ackMs },
    { clock, spreadMs: tools.spreadMs, ask: () => beats.ask(failed) },
  );
  const roster = openRoster(options, pool);
  const beats = openBeats({
    ...{ node, seal, roster },
    place: () => (mayWrite() ? follower.mark() : undefined),
    listed: reaching.listed,
  });
  let toldSeq = -1;
  const follower = openFollower(
    { boundMs, dropEveryMs: DROP_EVERY_MS },
    {
      ...{ clock, journal, marks, epoch: tools.epoch, carryOut: records.carryOut },
      drop(reason) {
        if (reason !== 'start') log.warn('purges_missed', { reason });
        if (reason !== 'start' || tools.holdsAny()) tools.drop();
      },
      lost: outbox.doubt,
      linked: openLinkLog(clock, log),
      async begin() {
        if (!mayWrite()) return false;
        await append(encodeRecord({ node, nth: 0, wallMs: clock.wallMs(), acts: [] }));
        return true;
      },
      caughtUp() {
        const at = follower.mark();
        const epochBefore = at && outbox.passed(at);
        if (epochBefore !== undefined) marks.returned(epochBefore);
        reaching.reached(at);
        if (at === undefined || at.seq === toldSeq) return;
        toldSeq = at.seq;
        bus.tell('applied', encodeWord({ node, ...at }));
      },
    },
  );
  const quietly = (work: Promise<unknown>): void => void work.catch(failed);
  return {
    ...{ options, tools, marks, roster, outbox, records, beats, reaching, follower, mayWrite },
    quietly,
  };
}
