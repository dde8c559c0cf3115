/** Subscriptions and blocking readers: apart from the pool, under a ceiling of their own. */
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { BackoffOptions } from './backoff.js';
import type { Connection } from './connection.js';
import { openDedicated, type Dedicated, type DedicatedOptions } from './dedicated.js';
import { PoolExhaustedError, RedisFailure, type FailureKind } from './failure.js';

export interface TenantsOptions {
  readonly dedicatedMax: number;
  readonly dedicatedPingMs: number;
}

export interface TenantsTools {
  readonly clock: Clock;
  readonly log: Log;
  readonly backoff: BackoffOptions;
  readonly open: (wanted: DedicatedOptions) => Promise<Connection>;
  readonly failed: (kind: FailureKind) => void;
}

export interface Tenants {
  /** Those whose socket is open. */
  readonly count: () => number;
  /** Those that were lost, or could not be opened, and are tried again. */
  readonly missing: () => number;
  readonly add: (wanted: DedicatedOptions) => Dedicated;
  close(): void;
}

export function openTenants(options: TenantsOptions, tools: TenantsTools): Tenants {
  const { dedicatedMax, dedicatedPingMs } = options;
  const tenants = new Set<Dedicated>();
  const sockets = new Set<Connection>();
  /** What has never failed is on its way, and missed by nobody yet. */
  const failedOnce = new WeakSet<Dedicated>();
  let closed = false;
  const openFor = async (wanted: DedicatedOptions): Promise<Connection> => {
    const connection = await tools.open(wanted);
    if (!connection.isOpen) return connection;
    sockets.add(connection);
    connection.onEnd(() => sockets.delete(connection));
    return connection;
  };
  return {
    count: () => sockets.size,
    missing() {
      let count = 0;
      for (const one of tenants) {
        if (failedOnce.has(one) && one.connection() === undefined) count += 1;
      }
      return count;
    },
    add(wanted) {
      if (closed) throw new RedisFailure('closed');
      if (tenants.size >= dedicatedMax) throw new PoolExhaustedError();
      const one = openDedicated(wanted, {
        ...tools,
        open: () => openFor(wanted),
        ...{ pingEveryMs: dedicatedPingMs, pingMs: dedicatedPingMs },
        closed: () => tenants.delete(one),
        failed: (kind) => {
          failedOnce.add(one);
          tools.failed(kind);
        },
      });
      tenants.add(one);
      return one;
    },
    close() {
      closed = true;
      for (const one of [...tenants]) one.close();
    },
  };
}
