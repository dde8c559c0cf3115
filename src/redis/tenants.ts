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
  readonly open: () => Promise<Connection>;
  readonly failed: (kind: FailureKind) => void;
}

export interface Tenants {
  readonly count: () => number;
  readonly add: (wanted: DedicatedOptions) => Dedicated;
  close(): void;
}

export function openTenants(options: TenantsOptions, tools: TenantsTools): Tenants {
  const { dedicatedMax, dedicatedPingMs } = options;
  const tenants = new Set<Dedicated>();
  let closed = false;
  return {
    count: () => tenants.size,
    add(wanted) {
      if (closed) throw new RedisFailure('closed');
      if (tenants.size >= dedicatedMax) throw new PoolExhaustedError();
      const one = openDedicated(wanted, {
        ...tools,
        ...{ pingEveryMs: dedicatedPingMs, pingMs: dedicatedPingMs },
        closed: () => tenants.delete(one),
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
