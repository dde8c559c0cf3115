/** The source of connections: one server, or whoever the sentinels say is the master just now. */
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { BackoffOptions } from './backoff.js';
import type { Connection } from './connection.js';
import { RedisFailure } from './failure.js';
import { openConnection, type Opened, type OpenOptions } from './open.js';
import { openSentinelWatch, type SentinelCounts } from './sentinel-watch.js';
import { clientsFor, type Address } from './target.js';
import type { SentinelTarget, ServerTarget } from './target.js';

export interface Where extends Address {
  readonly db: number;
  readonly sentinels: SentinelCounts | undefined;
}

export interface Source {
  open(preparations: readonly ((connection: Connection) => Promise<void>)[]): Promise<Opened>;
  where(): Where;
  /** Hears that connections lead elsewhere from now on, when the old ones have ended. */
  onMove(listener: () => void): void;
  close(): void;
}

export interface SourceTools {
  readonly clock: Clock;
  readonly log: Log;
  readonly backoff: BackoffOptions;
}

const sameAs = (one: Address, other: Address): boolean =>
  one.host === other.host && one.port === other.port;

export function openSource(target: ServerTarget, options: OpenOptions, tools: SourceTools): Source {
  if (target.kind === 'sentinel') return openSentinelSource(target, options, tools);
  const makeClient = clientsFor(target, options.connectMs);
  const { host, port, db } = target;
  return {
    open: (preparations) => openConnection(makeClient, options, preparations, tools.clock),
    where: () => ({ host, port, db, sentinels: undefined }),
    onMove: () => undefined,
    close: () => undefined,
  };
}

function openSentinelSource(
  target: SentinelTarget,
  options: OpenOptions,
  tools: SourceTools,
): Source {
  const { db, username, password, tls, sentinels } = target;
  const alive = new Map<Connection, Address>();
  const listeners: (() => void)[] = [];
  const watch = openSentinelWatch(target, options, {
    ...tools,
    moved(master) {
      // An old master answers with what was, and takes writes that will be lost.
      for (const [connection, place] of [...alive]) {
        if (!sameAs(place, master)) connection.end('reset', true);
      }
      for (const listener of listeners) listener();
    },
  });

  return {
    async open(preparations) {
      const place = await watch.master();
      const one = { kind: 'single', ...place, db, username, password, tls } as const;
      const makeClient = clientsFor(one, options.connectMs);
      const opened = await openConnection(makeClient, options, preparations, tools.clock);
      const { connection, role } = opened;
      const master = watch.known();
      if (role === 'replica' || master === undefined || !sameAs(place, master)) {
        connection.end('readonly');
        throw new RedisFailure('readonly');
      }
      alive.set(connection, place);
      connection.onEnd(() => alive.delete(connection));
      return opened;
    },
    where() {
      const { host, port } = watch.known() ?? sentinels[0] ?? { host: '', port: 0 };
      return { host, port, db, sentinels: watch.counts() };
    },
    onMove: (listener) => void listeners.push(listener),
    close: () => {
      watch.close();
    },
  };
}
