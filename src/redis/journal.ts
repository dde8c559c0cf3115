/** The journal: a stream in Redis that puts the purges of all nodes into one order. */
import type { RedisReply } from './connection.js';
import { RedisFailure } from './failure.js';
import { openLinkQuestion, type Link } from './link.js';
import type { RedisPool } from './pool.js';
import { runScript, scriptOf } from './script.js';

/** A place in the order. Another id is another order: what was before it is not known. */
export interface Place {
  readonly journal: string;
  readonly seq: number;
}

export interface JournalRecord {
  readonly seq: number;
  readonly bytes: Buffer;
}

export interface Reading extends Place {
  /** The last place that was given out; more is to be read while records end before it. */
  readonly seq: number;
  /** In order; the first is the one at the cursor itself, unless it is gone. */
  readonly records: readonly JournalRecord[];
  /** Unless it is whole, there may be more that this server has not heard of. */
  readonly link: Link;
}

export interface JournalOptions {
  /** Before the names of its keys, with a hash tag, so that they lie on one node of a cluster. */
  readonly prefix: string;
  /** Records that are kept. */
  readonly lengthMax: number;
  readonly recordBytesMax: number;
  readonly waitMs: number;
  /** A replica that heard nothing of its master for so long is not believed to know all. */
  readonly quietMs: number;
}

export interface Journal {
  /** Adds one; begins a new journal where there is none, or where half of it was lost. */
  append(record: Buffer, freshId: string): Promise<Place>;
  /** What stands there from this place on; undefined while there is no journal. */
  readFrom(seq: number): Promise<Reading | undefined>;
}

/** Records that one reading brings. */
export const PAGE_MAX = 200;

/**
 * The stream numbers its records by itself (`0-1`, `0-2`, ...) and never gives a number twice,
 * however many it has dropped, as long as it is the same stream. The id says whether it is.
 */
const APPEND = scriptOf(
  2,
  `local id = redis.call('get', KEYS[2])
if not id or redis.call('exists', KEYS[1]) == 0 then
  redis.call('del', KEYS[1])
  id = ARGV[1]
  redis.call('set', KEYS[2], id)
end
local place = redis.call('xadd', KEYS[1], 'MAXLEN', '~', ARGV[2], '0-*', 'r', ARGV[3])
return {id, place, ARGV[4]}`,
);

function textOf(reply: RedisReply | undefined): string | undefined {
  return Buffer.isBuffer(reply) ? reply.toString('latin1') : undefined;
}

function listOf(reply: RedisReply | undefined): readonly RedisReply[] | undefined {
  return Array.isArray(reply) ? (reply as readonly RedisReply[]) : undefined;
}

/** Undefined for whatever is no number of ours: somebody else has written there. */
function seqOf(reply: RedisReply | undefined): number | undefined {
  const seq = /^0-([1-9][0-9]{0,14})$/.exec(textOf(reply) ?? '')?.[1];
  return seq === undefined ? undefined : Number(seq);
}

const ID = /^[0-9a-f]{32}$/;

function idOf(reply: RedisReply | undefined): string | undefined {
  const text = textOf(reply);
  return text !== undefined && ID.test(text) ? text : undefined;
}

/** Thrown where the keys hold something else; whoever reads tries again later. */
function strange(): RedisFailure {
  return new RedisFailure('wrongtype');
}

/** What cannot be read is kept as empty bytes, so that it is refused in its place. */
function recordOf(reply: RedisReply, bytesMax: number): JournalRecord {
  const [place, fields] = listOf(reply) ?? [];
  const seq = seqOf(place);
  if (seq === undefined) throw strange();
  const bytes = listOf(fields)?.[1];
  const isFit = Buffer.isBuffer(bytes) && bytes.length <= bytesMax;
  return { seq, bytes: isFit ? bytes : Buffer.alloc(0) };
}

export function openJournal(
  options: JournalOptions,
  pool: Pick<RedisPool, 'call' | 'callAll' | 'writable'>,
): Journal {
  const { prefix, lengthMax, recordBytesMax, waitMs, quietMs } = options;
  const question = openLinkQuestion(pool, quietMs);
  const stream = `${prefix}:purges`;
  const name = `${prefix}:id`;
  let tokens = 0;
  return {
    async append(record, freshId) {
      // Another's reply would say that a purge stands where it does not.
      const token = (tokens += 1).toString();
      const isOurs = (reply: RedisReply): boolean => textOf(listOf(reply)?.[2]) === token;
      const args = [stream, name, freshId, lengthMax, record, token];
      const reply = listOf(await runScript(pool, 'bus', APPEND, args, { waitMs, isOurs }));
      const journal = idOf(reply?.[0]);
      const seq = seqOf(reply?.[1]);
      if (journal === undefined || seq === undefined) throw strange();
      return { journal, seq };
    },
    async readFrom(cursor) {
      const asked = question.next();
      const all = await pool.callAll(
        'bus',
        [
          // First: what is read after it is no older than what it says.
          ...(asked === 'ask' ? [['info', 'replication'] as const] : []),
          ['get', name],
          ['xrevrange', stream, '+', '-', 'COUNT', 1],
          ['xrange', stream, `0-${Math.max(1, cursor)}`, '+', 'COUNT', PAGE_MAX + 1],
          ['get', name],
        ],
        { waitMs },
      );
      const replies = asked === 'ask' ? all.slice(1) : all;
      for (const reply of replies) if (reply instanceof RedisFailure) throw reply;
      const known = asked === 'whole' ? asked : 'link_unknown';
      const link = asked === 'ask' ? question.read(all[0]) : known;
      const [before, newest, found, after] = replies;
      const journal = idOf(before);
      const [last] = listOf(newest) ?? [];
      // A journal that changed while it was read is read again.
      if (journal === undefined || last === undefined || idOf(after) !== journal) return undefined;
      const { seq } = recordOf(last, recordBytesMax);
      const records = (listOf(found) ?? []).map((one) => recordOf(one, recordBytesMax));
      return { journal, seq, records, link };
    },
  };
}
