/** The roster: which nodes are alive, and what each says of itself, by the clock of Redis. */
import type { RedisReply } from './connection.js';
import type { RedisPool } from './pool.js';
import { runScript, scriptOf } from './script.js';

export interface RosterOptions {
  /** Before the names of its keys, with a hash tag. */
  readonly prefix: string;
  /** A node that has not said anything for so long counts as gone. */
  readonly aliveMs: number;
  readonly nodesMax: number;
  readonly waitMs: number;
}

export interface Roster {
  /** Says that this node lives, and hears what all that live have said. */
  beat(node: string, word: Buffer): Promise<ReadonlyMap<string, Buffer>>;
  leave(node: string): Promise<void>;
}

const BEAT = scriptOf(
  2,
  `local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local dead = redis.call('zrangebyscore', KEYS[1], '-inf', now - ARGV[3], 'LIMIT', 0, ARGV[4])
if #dead > 0 then
  redis.call('zrem', KEYS[1], unpack(dead))
  redis.call('hdel', KEYS[2], unpack(dead))
end
if redis.call('zcard', KEYS[1]) < tonumber(ARGV[4]) or redis.call('zscore', KEYS[1], ARGV[1]) then
  redis.call('zadd', KEYS[1], now, ARGV[1])
  redis.call('hset', KEYS[2], ARGV[1], ARGV[2])
end
redis.call('pexpire', KEYS[1], 2 * ARGV[3])
redis.call('pexpire', KEYS[2], 2 * ARGV[3])
return redis.call('hgetall', KEYS[2])`,
);

const LEAVE = scriptOf(
  2,
  `redis.call('hdel', KEYS[2], ARGV[1])
return redis.call('zrem', KEYS[1], ARGV[1])`,
);

const NODE = /^[A-Za-z0-9._:-]{1,128}$/;

function pairsOf(reply: RedisReply): Map<string, Buffer> {
  const words = new Map<string, Buffer>();
  if (!Array.isArray(reply)) return words;
  const list = reply as readonly RedisReply[];
  for (let at = 0; at + 1 < list.length; at += 2) {
    const [node, word] = [list[at], list[at + 1]];
    if (!Buffer.isBuffer(node) || !Buffer.isBuffer(word)) continue;
    const name = node.toString('latin1');
    if (NODE.test(name)) words.set(name, word);
  }
  return words;
}

export function openRoster(options: RosterOptions, pool: Pick<RedisPool, 'call'>): Roster {
  const { prefix, aliveMs, nodesMax, waitMs } = options;
  const keys = [`${prefix}:alive`, `${prefix}:words`];
  return {
    async beat(node, word) {
      const args = [...keys, node, word, aliveMs, nodesMax];
      return pairsOf(await runScript(pool, 'bus', BEAT, args, { waitMs }));
    },
    async leave(node) {
      await runScript(pool, 'bus', LEAVE, [...keys, node], { waitMs });
    },
  };
}
