/** Dedicated connections: for subscriptions and for blocking reads, kept open by themselves. */
import type { Clock, Timer } from '../clock.js';
import { describeThrown } from '../errors.js';
import type { Log } from '../log.js';
import { openBackoff, type BackoffOptions } from './backoff.js';
import type { Connection, RedisReply } from './connection.js';
import { kindOf, type FailureKind } from './failure.js';

export interface DedicatedOptions {
  /** A word for the log. */
  readonly name: string;
  /** In a Cluster it leads to whoever has this key; without one, to any node that is well. */
  readonly key?: string | undefined;
  /**
   * Runs on each new connection before it counts as up: `CLIENT ID`, then `SUBSCRIBE`. When it
   * throws the connection is given up and another is opened later.
   */
  readonly onOpen: (connection: Connection) => Promise<void>;
  readonly onMessage?: (channel: Buffer, message: RedisReply) => void;
  /** From now on messages are missed, until `onOpen` runs again. */
  readonly onLost?: (kind: FailureKind) => void;
}

export interface Dedicated {
  /** Undefined while it is down. */
  connection(): Connection | undefined;
  close(): void;
}

export interface DedicatedTools {
  readonly clock: Clock;
  readonly log: Log;
  readonly open: () => Promise<Connection>;
  readonly backoff: BackoffOptions;
  readonly pingEveryMs: number;
  readonly pingMs: number;
  readonly failed: (kind: FailureKind) => void;
  readonly closed: () => void;
}

export function openDedicated(options: DedicatedOptions, tools: DedicatedTools): Dedicated {
  const { clock, log, pingEveryMs, pingMs } = tools;
  const backoff = openBackoff(tools.backoff, clock);
  let up: Connection | undefined;
  let retry: Timer | undefined;
  let closed = false;

  const again = (kind: FailureKind): void => {
    if (closed) return;
    tools.failed(kind);
    retry = clock.after(backoff.failed(), connect);
  };

  const lost = (kind: FailureKind): void => {
    up = undefined;
    if (closed) return;
    options.onLost?.(kind);
    again(kind);
  };

  const begin = async (): Promise<void> => {
    const connection = await tools.open();
    // A blocking read answers nothing else meanwhile, so its own deadline speaks for it.
    const pinging = clock.every(pingEveryMs, () => {
      if (connection.load === 0) connection.ping(pingMs).catch(() => undefined);
    });
    connection.onEnd(() => {
      pinging.cancel();
    });
    const { onMessage } = options;
    if (onMessage !== undefined) connection.onMessage(onMessage);
    try {
      await options.onOpen(connection);
    } catch (thrown) {
      connection.end(kindOf(thrown));
      throw thrown;
    }
    if (closed || !connection.isOpen) {
      connection.end('closed');
      if (!closed) again('reset');
      return;
    }
    up = connection;
    connection.onEnd(lost);
    backoff.succeeded();
  };

  const connect = (): void => {
    if (closed) return;
    begin().catch((thrown: unknown) => {
      log.debug('redis_dedicated_failed', { name: options.name, ...describeThrown(thrown) });
      again(kindOf(thrown));
    });
  };

  connect();
  return {
    connection: () => up,
    close() {
      if (closed) return;
      closed = true;
      retry?.cancel();
      const last = up;
      up = undefined;
      last?.end('closed');
      tools.closed();
    },
  };
}
