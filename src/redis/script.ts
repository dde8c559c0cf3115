/** Scripts: several steps that nobody comes between, sent by their digest once a server knows them. */
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

/** A server that has not heard it yet, or has forgotten it, is told it in full and remembers. */
export async function runScript(
  pool: Pick<RedisPool, 'call'>,
  operation: Operation,
  { text, digest, keys }: Script,
  args: readonly Argument[],
  options: RunOptions = {},
): Promise<RedisReply> {
  try {
    return await pool.call(operation, 'evalsha', [digest, keys, ...args], options);
  } catch (thrown) {
    if (!(thrown instanceof RedisFailure) || thrown.code !== 'noscript') throw thrown;
    return pool.call(operation, 'eval', [text, keys, ...args], options);
  }
}
