/** The second tier's store: signed frames in Redis, read within a deadline and written behind. */
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { keyOf } from '../policy/key.js';
import type { RedisReply } from '../redis/connection.js';
import type { RedisPool } from '../redis/pool.js';
import type { Entry } from './entry.js';
import { readFrame, writeFrame, type AbsentReason, type FrameRead } from './frame.js';
import type { KeyRing } from './key-ring.js';
import { countOne } from './tally.js';
import { openUnlinks } from './unlinks.js';
import { openWriteBehind, type Dropped } from './write-behind.js';

export interface RedisStoreOptions {
  /** What every key begins with. */
  readonly prefix: string;
  /** A larger value is neither written nor read whole. */
  readonly valueBytesMax: number;
  /** Nothing is kept for longer, whatever its windows say. */
  readonly lifeMaxMs: number;
  /** By how much the clock of whoever stored it may be ahead of ours. */
  readonly skewMaxMs: number;
  readonly writesMax: number;
  readonly writeBytesMax: number;
}

export interface RedisStoreTools {
  readonly pool: Pick<RedisPool, 'call' | 'admits'>;
  readonly ring: KeyRing;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  /** The name that everything of one answer shares; another one only in tests. */
  readonly familyOf?: (scope: string, key: string) => string;
}

/** Why a value counts as absent: what its frame shows, or that it is no text at all. */
export type RejectReason = AbsentReason | 'type' | 'scope';
export type NotWritten = Dropped | 'too-large';

export type StoreRead =
  | {
      readonly kind: 'good';
      readonly entry: Entry;
      readonly marks: readonly number[];
    }
  | { readonly kind: 'absent' }
  /** Redis was not asked, or did not answer, or the answer was not ours. */
  | { readonly kind: 'failed' };

export interface RedisStoreStats {
  readonly reads: Readonly<Record<'good' | 'absent' | 'failed' | 'skipped', number>>;
  readonly rejected: ReadonlyMap<RejectReason, number>;
  readonly written: number;
  readonly notWritten: ReadonlyMap<NotWritten, number>;
  readonly waiting: number;
  readonly waitingMax: number;
  readonly bytes: number;
  readonly bytesMax: number;
}

export interface RedisStore {
  /** The name that an answer, its lock and its messages share, so that they live together. */
  familyOf(scope: string, key: string): string;
  /** Never rejects, and never waits longer than this. */
  read(
    family: string,
    identity: { readonly key: string; readonly partition: string },
    waitMs?: number,
  ): Promise<StoreRead>;
  /** Resolves with whether it was written; nobody need wait for that. */
  write(family: string, entry: Entry, marks: readonly number[]): Promise<boolean>;
  /** Takes a value away, as far as that is possible now. */
  unlink(family: string): void;
  /** A value that was read well turned out not to belong here. */
  reject(reason: RejectReason, family: string): void;
  admits(operation: 'read' | 'write'): boolean;
  stats(): RedisStoreStats;
}

const FAMILY = 'leyden-family-1';
const LINE_EVERY_MS = 10_000;
/** The values of others that we cannot judge are theirs: they are left where they are. */
const LEFT_ALONE: ReadonlySet<RejectReason> = new Set(['foreign', 'version', 'expired']);

const ABSENT: StoreRead = { kind: 'absent' };
const FAILED: StoreRead = { kind: 'failed' };

const isOk = (reply: RedisReply): boolean =>
  reply === null || (Buffer.isBuffer(reply) && reply.toString('latin1') === 'OK');

/** Counts what was not believed; the log gets a line now and then, not one for each. */
function openRejections({ clock, log }: Pick<RedisStoreTools, 'clock' | 'log'>) {
  const counts = new Map<RejectReason, number>();
  let saidMs = -Infinity;
  let suppressed = 0;
  return {
    counts,
    count(reason: RejectReason): void {
      countOne(counts, reason);
      // An end that was reached is no reason for anybody to look.
      if (reason === 'expired') return;
      const nowMs = clock.nowMs();
      if (nowMs - saidMs < LINE_EVERY_MS) {
        suppressed += 1;
        return;
      }
      log.warn('second_tier_rejected', { reason, suppressed });
      saidMs = nowMs;
      suppressed = 0;
    },
  };
}

export function openRedisStore(options: RedisStoreOptions, tools: RedisStoreTools): RedisStore {
  const { prefix, valueBytesMax, lifeMaxMs, skewMaxMs } = options;
  const { pool, ring, clock } = tools;
  const rejections = openRejections(tools);
  const notWritten = new Map<NotWritten, number>();
  const reads = { good: 0, absent: 0, failed: 0, skipped: 0 };
  const frameTools = { ring, clock, bytesMax: valueBytesMax, skewMaxMs };
  const { familyOf = (scope: string, key: string) => keyOf([FAMILY, scope, key]) } = tools;
  // What is in braces decides the slot in a Cluster: a family is never parted.
  const keyIn = (family: string): string => `${prefix}{${family}}:entry`;

  const unlinks = openUnlinks(pool, clock);
  const unlink = (family: string): void => {
    unlinks.drop(keyIn(family));
  };
  const reject = (reason: RejectReason, family: string): void => {
    rejections.count(reason);
    if (!LEFT_ALONE.has(reason)) unlink(family);
  };
  const queue = openWriteBehind({
    ...{ writesMax: options.writesMax, bytesMax: options.writeBytesMax, clock },
    admits: () => pool.admits('write'),
    dropped: (why) => {
      countOne(notWritten, why);
    },
    async send({ key, value, onlyNew }, lifeMs) {
      const life = Math.min(lifeMs, lifeMaxMs);
      const words = onlyNew ? ['nx'] : [];
      await pool.call('write', 'set', [key, value, 'px', life, ...words], { isOurs: isOk });
    },
  });

  return {
    ...{ familyOf, unlink, reject },
    async read(family, identity, waitMs) {
      if (!pool.admits('read')) {
        reads.skipped += 1;
        return FAILED;
      }
      const seen: { read?: FrameRead | 'type' | 'none' } = {};
      // Looked at before anybody gets it: another's answer says that replies are out of step.
      const isOurs = (reply: RedisReply): boolean => {
        if (!Buffer.isBuffer(reply)) seen.read = 'type';
        else if (reply.byteLength === 0) seen.read = 'none';
        else seen.read = readFrame(reply, frameTools, { identity, epoch: 0 });
        const { read } = seen;
        return typeof read === 'string' || read.kind === 'good' || read.reason !== 'identity';
      };
      try {
        // One byte more than may be: enough to see that it is too large, whatever its size.
        const args = [keyIn(family), 0, valueBytesMax] as const;
        await pool.call('read', 'getrange', args, { waitMs, isOurs });
      } catch (thrown) {
        const { read } = seen;
        const isTheirs = typeof read === 'object' && read.kind === 'absent';
        if (isTheirs) reject(read.reason, family);
        else if (thrown instanceof Error && 'code' in thrown && thrown.code === 'wrongtype') {
          reject('type', family);
          reads.absent += 1;
          return ABSENT;
        }
        reads.failed += 1;
        return FAILED;
      }
      const { read } = seen;
      if (typeof read === 'object' && read.kind === 'good') {
        reads.good += 1;
        return read;
      }
      if (read === 'type') reject('type', family);
      else if (typeof read === 'object') reject(read.reason, family);
      reads.absent += 1;
      return ABSENT;
    },
    write(family, entry, marks) {
      const nowMs = clock.nowMs();
      const endMs = Math.max(entry.freshUntilMs, entry.staleUntilMs, entry.errorUntilMs);
      if (endMs <= nowMs) return Promise.resolve(false);
      const value =
        entry.body.byteLength > valueBytesMax ? undefined : writeFrame(entry, frameTools, marks);
      if (value === undefined || value.byteLength > valueBytesMax) {
        countOne(notWritten, 'too-large');
        return Promise.resolve(false);
      }
      // Where another node has a good answer, an error must not take its place.
      return queue.offer({ key: keyIn(family), value, endMs, onlyNew: entry.negative });
    },
    admits: (operation) => pool.admits(operation),
    stats: () => ({
      reads: { ...reads },
      rejected: rejections.counts,
      notWritten,
      ...queue.stats(),
    }),
  };
}
