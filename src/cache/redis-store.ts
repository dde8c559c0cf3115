/** The second tier's store: signed frames in Redis, read within a deadline and written behind. */
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { keyOf } from '../policy/key.js';
import type { RedisReply } from '../redis/connection.js';
import type { RedisPool } from '../redis/pool.js';
import { isFailing } from '../policy/backoff.js';
import { endMsOf, type Entry } from './entry.js';
import { readFrame, writeFrame, type FrameRead } from './frame.js';
import type { KeyRing } from './key-ring.js';
import { openRedisIndex, variantName, type RedisIndex } from './redis-index.js';
import { openInspector, type Inspector } from './redis-inspect.js';
import { openRejections, type RejectReason } from './rejections.js';
import type { SaidSearch } from './searches.js';
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

export type NotWritten = Dropped | 'too-large';

export type StoreRead =
  | {
      readonly kind: 'good';
      readonly entry: Entry;
      readonly marks: readonly number[];
    }
  | { readonly kind: 'absent'; readonly isEmpty?: true }
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

/** A family, of which one answer is meant where it has several. */
export type Place = string | { readonly family: string; readonly variant: string };

export interface RedisStore extends Inspector {
  /** What leads to the variants of a family. */
  readonly index: Pick<RedisIndex, 'variants' | 'search'>;
  /** The name that an answer, its lock and its messages share, so that they live together. */
  familyOf(scope: string, key: string): string;
  /** Never rejects, and never waits longer than this. */
  read(
    place: Place,
    identity: { readonly key: string; readonly partition: string },
    waitMs?: number,
  ): Promise<StoreRead>;
  /** Resolves with whether it was written; nobody need wait for that. */
  write(place: Place, entry: Entry, marks: readonly number[]): Promise<boolean>;
  /** Whether it was found too large to be written. */
  isTooLarge(entry: Entry): boolean;
  /** Behind an answer that said so. */
  writeSearch(family: string, address: string, said: SaidSearch, endMs: number): Promise<boolean>;
  /** Takes a value away, as far as that is possible now. */
  unlink(place: Place): void;
  /** A value that was read well turned out not to belong here. */
  reject(reason: RejectReason, place: Place): void;
  admits(operation: 'read' | 'write'): boolean;
  /** Writes what waits, as far as that takes no longer than this. */
  close(waitMs: number): Promise<void>;
  stats(): RedisStoreStats;
}

const FAMILY = 'leyden-family-1';
/** The values of others that we cannot judge are theirs: they are left where they are. */
const LEFT_ALONE: ReadonlySet<RejectReason> = new Set(['foreign', 'version', 'expired']);

const ABSENT: StoreRead = { kind: 'absent' };
const EMPTY: StoreRead = { kind: 'absent', isEmpty: true };
const FAILED: StoreRead = { kind: 'failed' };

const isOk = (reply: RedisReply): boolean =>
  reply === null || (Buffer.isBuffer(reply) && reply.toString('latin1') === 'OK');

export function openRedisStore(options: RedisStoreOptions, tools: RedisStoreTools): RedisStore {
  const { prefix, valueBytesMax, lifeMaxMs, skewMaxMs } = options;
  const { pool, ring, clock } = tools;
  const rejections = openRejections(tools);
  const notWritten = new Map<NotWritten, number>();
  const reads = { good: 0, absent: 0, failed: 0, skipped: 0 };
  const frameTools = { ring, clock, bytesMax: valueBytesMax, skewMaxMs };
  const { familyOf = (scope: string, key: string) => keyOf([FAMILY, scope, key]) } = tools;
  // What is in braces decides the slot in a Cluster: a family is never parted.
  const keyIn = (place: Place): string =>
    typeof place === 'string'
      ? `${prefix}{${place}}:entry`
      : variantName(prefix, place.family, place.variant);

  const tooLarge = new WeakSet<Entry>();
  const unlinks = openUnlinks(pool, clock);
  const unlink = (place: Place): void => {
    unlinks.drop(keyIn(place));
  };
  const reject = (reason: RejectReason, place: Place): void => {
    rejections.count(reason);
    if (!LEFT_ALONE.has(reason)) unlink(place);
  };
  const index = openRedisIndex(
    { prefix, skewMaxMs },
    {
      ...{ pool, ring, clock },
      drop: (key) => {
        unlinks.drop(key);
      },
      doubted: (reason) => {
        rejections.count(reason);
      },
    },
  );
  const queue = openWriteBehind({
    ...{ writesMax: options.writesMax, bytesMax: options.writeBytesMax, clock },
    admits: () => pool.admits('write'),
    dropped: (why) => {
      countOne(notWritten, why);
    },
    async send(write, lifeMs) {
      const life = Math.min(lifeMs, lifeMaxMs);
      const { key, value, onlyNew, listing } = write;
      if (listing !== undefined) {
        await index.write({ ...write, listing }, life);
        return;
      }
      const words = onlyNew ? ['nx'] : [];
      await pool.call('write', 'set', [key, value, 'px', life, ...words], { isOurs: isOk });
    },
  });

  return {
    ...{ familyOf, unlink, reject, index },
    ...openInspector({ prefix, keyIn, ...frameTools }, pool),
    async read(place, identity, waitMs) {
      const valueKey = keyIn(place);
      if (!pool.admits('read', valueKey)) {
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
        const args = [valueKey, 0, valueBytesMax] as const;
        await pool.call('read', 'getrange', args, { waitMs, isOurs });
      } catch (thrown) {
        const { read } = seen;
        const isTheirs = typeof read === 'object' && read.kind === 'absent';
        if (isTheirs) reject(read.reason, place);
        else if (thrown instanceof Error && 'code' in thrown && thrown.code === 'wrongtype') {
          reject('type', place);
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
      if (read === 'type') reject('type', place);
      else if (typeof read === 'object') reject(read.reason, place);
      reads.absent += 1;
      return read === 'none' ? EMPTY : ABSENT;
    },
    write(place, entry, marks) {
      const nowMs = clock.nowMs();
      const endMs = endMsOf(entry);
      if (endMs <= nowMs) return Promise.resolve(false);
      const value =
        entry.body.byteLength > valueBytesMax ? undefined : writeFrame(entry, frameTools, marks);
      const isVariant = typeof place !== 'string';
      const listing = isVariant ? index.listing(place.family, entry) : undefined;
      const isUnlisted = isVariant && listing === undefined;
      if (value === undefined || isUnlisted || value.byteLength > valueBytesMax) {
        countOne(notWritten, 'too-large');
        tooLarge.add(entry);
        return Promise.resolve(false);
      }
      // Where another node has a good answer, an error must not take its place.
      const onlyNew = entry.negative && (entry.http === undefined || isFailing(entry.status));
      return queue.offer({ key: keyIn(place), value, endMs, onlyNew, listing });
    },
    writeSearch(family, address, said, endMs) {
      const write = index.searchWrite(family, address, said);
      if (write === undefined) return Promise.resolve(false);
      return queue.offer({ ...write, endMs, onlyNew: false });
    },
    isTooLarge: (entry) => tooLarge.has(entry),
    admits: (operation) => pool.admits(operation),
    async close(waitMs) {
      const answers = await queue.close(waitMs);
      if (answers > 0) tools.log.warn('second_tier_unwritten', { answers });
    },
    stats: () => ({
      reads: { ...reads },
      rejected: rejections.counts,
      notWritten,
      ...queue.stats(),
    }),
  };
}
