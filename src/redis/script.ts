/** Scripts: several steps that nobody comes between, sent by digest once a server knows them. */
import { createHash } from 'node:crypto';
import type { Argument, RedisReply } from './connection.js';
import { RedisFailure } from './failure.js';
import type { RedisPool } from './pool.js';
import type { Operation } from './tally.js';

export interface Script {
  readonly text: string;
  readonly digest: string;
  /** How many of the arguments are keys; they lead. */
  readonly keys: number;
}

export function scriptOf(keys: number, text: string): Script {
  return { keys, text, digest: createHash('sha1').update(text).digest('hex') };
}

export interface RunOptions {
  readonly waitMs?: number | undefined;
  readonly isOurs?: ((reply: RedisReply) => boolean) | undefined;
}

/** What was sent in full through a pool: its server, or one of them, knows it from then on. */
const known = new WeakMap<object, Set<string>>();

/** A server that has forgotten it, or took another's place, is told it in full once more. */
export async function runScript(
  pool: Pick<RedisPool, 'call'>,
  operation: Operation,
  { text, digest, keys }: Script,
  args: readonly Argument[],
  options: RunOptions = {},
): Promise<RedisReply> {
  const told = known.get(pool) ?? new Set<string>();
  known.set(pool, told);
  if (told.has(digest)) {
    try {
      return await pool.call(operation, 'evalsha', [digest, keys, ...args], options);
    } catch (thrown) {
      if (!(thrown instanceof RedisFailure) || thrown.code !== 'noscript') throw thrown;
    }
  }
  const reply = await pool.call(operation, 'eval', [text, keys, ...args], options);
  told.add(digest);
  return reply;
}
