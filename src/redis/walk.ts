/** A walk over the keys of one server, a page at a time, so that nobody else waits for it. */
import type { RedisReply } from './connection.js';
import { RedisFailure } from './failure.js';
import type { RedisPool } from './pool.js';

/** Keys that one page looks at; those that do not match are looked at, too. */
const LOOKED_AT = 500;
/** Nobody waits for it, and a page is more work than a read. */
const WAIT_MS = 1000;

export async function walkServer(
  pool: Pick<RedisPool, 'call'>,
  pattern: string,
  each: (keys: readonly Buffer[]) => Promise<void>,
): Promise<void> {
  let cursor = '0';
  do {
    const args = [cursor, 'match', pattern, 'count', LOOKED_AT];
    const reply = await pool.call('read', 'scan', args, { waitMs: WAIT_MS });
    if (!Array.isArray(reply)) throw new RedisFailure('protocol');
    const [next, found] = reply as readonly RedisReply[];
    if (!Buffer.isBuffer(next) || !Array.isArray(found)) throw new RedisFailure('protocol');
    cursor = next.toString('latin1');
    const keys = (found as readonly RedisReply[]).filter((key) => Buffer.isBuffer(key));
    if (keys.length > 0) await each(keys);
  } while (cursor !== '0');
}
