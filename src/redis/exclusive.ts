/** A connection that one caller has for itself, for as long as it holds it and no longer. */
import type { Clock } from '../clock.js';
import type { Argument, Connection, RedisReply } from './connection.js';
import { PoolConnectionError, RedisFailure } from './failure.js';
import type { Lending } from './lending.js';
import type { Tally } from './tally.js';

export type Command = readonly [name: string, ...args: Argument[]];

export interface ExclusiveConnection {
  /** A blocking command needs a `waitMs` longer than its own; -1 and 0 are no way to wait. */
  call(name: string, args: readonly Argument[], waitMs?: number): Promise<RedisReply>;
  /** All or nothing, between MULTI and EXEC; null when a watched key has changed. */
  transaction(commands: readonly Command[], waitMs?: number): Promise<readonly RedisReply[] | null>;
}

/** After these a connection is not as it was; its next holder must not find out how. */
const MARKING = /^(multi|watch|select|p?subscribe|ssubscribe|monitor|client|auth|hello|asking)$/i;
const UNMARKING = /^(exec|discard|unwatch)$/i;
const SILENT = /^(quit|shutdown|monitor|reset)$/i;

export interface Lease {
  readonly connection: ExclusiveConnection;
  /** Takes it away; true when it is as it was lent. */
  end(): boolean;
}

export function openLease(connection: Connection, usualMs: number, count: () => void): Lease {
  let over = false;
  let marks = '';
  const call = (name: string, args: readonly Argument[], waitMs = usualMs): Promise<RedisReply> => {
    if (over || SILENT.test(name)) return Promise.reject(new RedisFailure('closed'));
    if (UNMARKING.test(name)) marks = marks.replace(/\b(multi|watch)\b/g, '');
    else if (MARKING.test(name)) marks += ` ${name.toLowerCase()}`;
    count();
    return connection.call(name, args, { waitMs });
  };
  return {
    connection: {
      call,
      async transaction(commands, waitMs = usualMs) {
        const said = [
          call('multi', [], waitMs),
          ...commands.map(([name, ...args]) => call(name, args, waitMs)),
        ];
        const done = call('exec', [], waitMs);
        // What fails in between makes EXEC fail, and that is what the caller hears.
        await Promise.allSettled(said);
        const replies = await done;
        if (replies === null) return null;
        if (!Array.isArray(replies)) throw new RedisFailure('desync');
        return replies as readonly RedisReply[];
      },
    },
    end() {
      over = true;
      return connection.isOpen && connection.load === 0 && marks.trim() === '';
    },
  };
}

export interface LendOptions {
  /** Longest that `use` may take; then the connection ends, and with it every wait on it. */
  readonly limitMs: number;
  /** For commands that bring no wait of their own. */
  readonly usualMs: number;
}

export interface LendTools {
  readonly lending: Lending;
  readonly tally: Tally;
  readonly clock: Clock;
  readonly lent: () => void;
}

/** Lends once and takes back once, whatever `use` does. */
export async function lendTo<T>(
  use: (connection: ExclusiveConnection) => Promise<T>,
  { limitMs, usualMs }: LendOptions,
  { lending, tally, clock, lent }: LendTools,
): Promise<T> {
  let connection: Connection;
  try {
    connection = await lending.lend();
  } catch (thrown) {
    // A full pool is counted as such, and is no error of Redis.
    if (thrown instanceof PoolConnectionError) tally.error('exclusive', thrown.code);
    throw thrown;
  }
  lent();
  const lease = openLease(connection, usualMs, () => {
    tally.commands += 1;
  });
  const timer = clock.after(limitMs, () => {
    connection.end('timeout');
    giveUp(new RedisFailure('timeout'));
  });
  let giveUp: (failure: RedisFailure) => void = () => undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    giveUp = reject;
  });
  try {
    return await Promise.race([use(lease.connection), tooLate]);
  } catch (thrown) {
    if (thrown instanceof RedisFailure) tally.error('exclusive', thrown.code);
    throw thrown;
  } finally {
    timer.cancel();
    lending.giveBack(connection, lease.end());
  }
}
