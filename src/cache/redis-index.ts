/** The index in Redis: which variants of a resource there are, beside them and under one tag. */
import type { Clock } from '../clock.js';
import type { RedisReply } from '../redis/connection.js';
import type { RedisPool } from '../redis/pool.js';
import { runScript, scriptOf } from '../redis/script.js';
import type { Entry } from './entry.js';
import type { AbsentReason } from './frame.js';
import { LINE_BYTES_MAX, LINE_KEY_AT, LINE_KEY_BYTES } from './frame-index.js';
import { readLines, readSearch, searchLine, variantLine, type LineTools } from './frame-index.js';
import type { KeyRing } from './key-ring.js';
import { listedOf, type Listed } from './listed.js';
import type { SaidSearch } from './searches.js';
import type { Write } from './write-behind.js';

export interface RedisIndexOptions {
  readonly prefix: string;
  readonly skewMaxMs: number;
}

export interface RedisIndexTools {
  readonly pool: Pick<RedisPool, 'call' | 'admits'>;
  readonly ring: KeyRing;
  readonly clock: Clock;
  /** A line that is not believed. */
  readonly doubted: (reason: AbsentReason) => void;
  readonly drop: (key: string) => void;
}

/** Where an answer under `cache: http` is listed when it is written. */
export interface Listing {
  readonly key: string;
  readonly line: Buffer;
}

export interface RedisIndex {
  /** Newest first; undefined when Redis is of no help. Never rejects. */
  variants(family: string, base: string, waitMs: number): Promise<readonly Listed[] | undefined>;
  /** What some answer of this address said of queries; never rejects. */
  search(family: string, address: string, waitMs: number): Promise<SaidSearch | undefined>;
  /** Undefined for what cannot be listed. */
  listing(family: string, entry: Entry): Listing | undefined;
  searchWrite(
    family: string,
    address: string,
    said: SaidSearch,
  ): Pick<Write, 'key' | 'value'> | undefined;
  /** The answer and its line in one step; the keys of those that had to give way are dropped. */
  write(write: Write & { readonly listing: Listing }, lifeMs: number): Promise<void>;
}

/** As many variants of one resource as in memory. */
const VARIANTS_MAX = 64;
const INDEX_BYTES_MAX = 32 * 1024;

/**
 * The answer, and its line in front of the others; the line that it replaces is dropped, and so
 * are the last where there are too many. Returns the keys of variants that gave way.
 */
const LIST = scriptOf(
  2,
  `if ARGV[3] == 'new' and redis.call('exists', KEYS[1]) == 1 then return {} end
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
local old = redis.pcall('getrange', KEYS[2], 0, ARGV[5] - 1)
if type(old) ~= 'string' then old = '' end
local mine = string.sub(ARGV[4], ${LINE_KEY_AT + 1}, ${LINE_KEY_AT + LINE_KEY_BYTES})
local lines, size, left, at = {ARGV[4]}, #ARGV[4], {}, 1
while at + ${LINE_KEY_AT + LINE_KEY_BYTES} <= #old do
  local length = struct.unpack('<I4', old, at)
  if length <= ${LINE_KEY_AT + LINE_KEY_BYTES} or length > ${LINE_BYTES_MAX} then break end
  if at + length - 1 > #old then break end
  local line = string.sub(old, at, at + length - 1)
  local key = string.sub(line, ${LINE_KEY_AT + 1}, ${LINE_KEY_AT + LINE_KEY_BYTES})
  if key ~= mine then
    if #lines < tonumber(ARGV[6]) and size + length <= tonumber(ARGV[5]) then
      lines[#lines + 1] = line
      size = size + length
    else
      left[#left + 1] = key
    end
  end
  at = at + length
end
if #lines == 1 then
  redis.call('set', KEYS[2], lines[1], 'px', ARGV[2])
else
  redis.call('set', KEYS[2], table.concat(lines), 'keepttl')
  redis.call('pexpire', KEYS[2], ARGV[2], 'gt')
end
return left`,
);

const KEY = /^[A-Za-z0-9_-]{43}$/;

function keysIn(reply: RedisReply): readonly string[] | undefined {
  if (!Array.isArray(reply)) return undefined;
  const list = reply as readonly RedisReply[];
  return list.flatMap((one) => (Buffer.isBuffer(one) ? one.toString('latin1') : []));
}

export function variantName(prefix: string, family: string, key: string): string {
  return `${prefix}{${family}}:entry:${key}`;
}

export function indexName(prefix: string, family: string): string {
  return `${prefix}{${family}}:variants`;
}

export function openRedisIndex(options: RedisIndexOptions, tools: RedisIndexTools): RedisIndex {
  const { prefix, skewMaxMs } = options;
  const { pool, ring, clock, doubted, drop } = tools;
  // What is in braces decides the slot in a Cluster: all that one script touches is there.
  const indexIn = (family: string): string => indexName(prefix, family);
  const searchIn = (family: string): string => `${prefix}{${family}}:search`;
  const lineTools = (): LineTools => ({ ring, wallMs: clock.wallMs(), skewMaxMs });

  /** What `read` makes of what lies there; undefined when nothing came in time, or not ours. */
  const glance = async <T>(
    name: string,
    waitMs: number,
    read: (bytes: Buffer) => { readonly value: T; readonly doubts: readonly AbsentReason[] },
  ): Promise<T | undefined> => {
    if (!pool.admits('read')) return undefined;
    let seen: ReturnType<typeof read> | undefined;
    const isOurs = (reply: RedisReply): boolean => {
      seen = Buffer.isBuffer(reply) ? read(reply) : undefined;
      return seen?.doubts.includes('identity') !== true;
    };
    try {
      await pool.call('read', 'getrange', [name, 0, INDEX_BYTES_MAX - 1], { waitMs, isOurs });
    } catch (thrown) {
      const isForeign = thrown instanceof Error && 'code' in thrown && thrown.code === 'wrongtype';
      // Something else lies there: as good as nothing, and the next write takes its place.
      return isForeign ? read(Buffer.alloc(0)).value : undefined;
    } finally {
      for (const reason of seen?.doubts ?? []) doubted(reason);
    }
    return seen?.value;
  };

  return {
    variants: (family, base, waitMs) =>
      glance(indexIn(family), waitMs, (bytes) => {
        const { listed, doubts } = readLines(bytes, base, lineTools());
        return { value: listed, doubts };
      }),
    search: (family, address, waitMs) =>
      glance<SaidSearch | undefined>(searchIn(family), waitMs, (bytes) => {
        if (bytes.byteLength === 0) return { value: undefined, doubts: [] };
        const read = readSearch(bytes, address, lineTools());
        return typeof read === 'string'
          ? { value: undefined, doubts: [read] }
          : { value: read, doubts: [] };
      }),
    listing(family, { key, http }) {
      const line =
        http && variantLine(http.base, listedOf(http.base, { key, ...http }), ring.first);
      return line && { key: indexIn(family), line };
    },
    searchWrite(family, address, said) {
      const value = searchLine(address, said, ring.first);
      return value && { key: searchIn(family), value };
    },
    async write({ key, value, onlyNew, listing }, lifeMs) {
      const how = onlyNew ? 'new' : 'any';
      const limits = [INDEX_BYTES_MAX, VARIANTS_MAX];
      const args = [key, listing.key, value, lifeMs, how, listing.line, ...limits];
      const isOurs = (reply: RedisReply): boolean => Array.isArray(reply);
      const reply = await runScript(pool, 'write', LIST, args, { isOurs });
      const place = key.slice(0, key.lastIndexOf(':') + 1);
      for (const left of keysIn(reply) ?? []) if (KEY.test(left)) drop(`${place}${left}`);
    },
  };
}
