/** The link of a replica to its master: what stands at the replica is news only while it holds. */
import type { RedisReply } from './connection.js';
import { RedisFailure } from './failure.js';
import { roleIn } from './open.js';

/**
 * `whole`: a master, or a replica that hears its own. `link_down`: cut off, or still copying.
 * `link_quiet`: nothing came for too long. `link_unknown`: the server does not say.
 */
export type Link = 'whole' | 'link_down' | 'link_quiet' | 'link_unknown';

const SECOND_MS = 1000;

/** Quiet is what is surely older than this: the server tells whole seconds only. */
export function linkIn(info: RedisReply | RedisFailure | undefined, quietMs: number): Link {
  if (!Buffer.isBuffer(info)) return 'link_unknown';
  if (roleIn(info) === 'master') return 'whole';
  const text = info.toString('latin1');
  if (!/^master_link_status:up\r?$/m.test(text)) return 'link_down';
  const seconds = /^master_last_io_seconds_ago:(\d+)/m.exec(text)?.[1];
  if (seconds === undefined) return 'link_unknown';
  return (Number(seconds) - 1) * SECOND_MS > quietMs ? 'link_quiet' : 'whole';
}

/** The right to ask may be missing; then it is asked for again after so many readings. */
const REFUSED_READINGS = 100;

/** What to ask along with a reading, and what the reply says. Only who may not write must ask. */
export function openLinkQuestion(pool: { writable(): boolean }, quietMs: number) {
  let rest = 0;
  return {
    /** `ask` sends the question; `unknown` is known without; `whole` needs none. */
    next(): 'ask' | 'unknown' | 'whole' {
      if (pool.writable()) {
        rest = 0;
        return 'whole';
      }
      // A refusal counts as a failure of its class, so a row of them would open the breaker.
      rest = Math.max(0, rest - 1);
      return rest > 0 ? 'unknown' : 'ask';
    },
    /** Throws what says nothing of the link, such as a lost connection. */
    read(reply: RedisReply | RedisFailure | undefined): Link {
      if (reply instanceof RedisFailure) {
        if (reply.code !== 'auth' && reply.code !== 'rejected') throw reply;
        rest = REFUSED_READINGS;
      }
      return linkIn(reply, quietMs);
    },
  };
}
