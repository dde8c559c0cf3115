/** The two listeners: the public one with its pipeline, the operator's with its pages. */
import { randomBytes } from 'node:crypto';
import type { Settings } from '../config/settings.js';
import type { Admit } from './cache/warm-run.js';
import type { Clock } from './clock.js';
import type { Interior } from './interior.js';
import type { Log } from './log.js';
import type { Dashboard } from './operations/dashboard.js';
import { metricsPages } from './operations/metrics.js';
import { dashboardOf, openOperations } from './operations-listener.js';
import { admitAddresses, drainPublic, openPublic } from './public-listener.js';
import type { Readings } from './readings.js';
import type { Drained } from './server/drain.js';
import type { OwnAddress } from './server/host.js';
import type { Listener } from './server/listen.js';
import * as slices from './slices.js';

export interface ListenersOptions {
  /** Those that hold now; a reload replaces them. */
  readonly settings: () => Settings;
  readonly interior: Interior;
  readonly readings: Readings;
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined: acts are disabled. */
  readonly token: string | undefined;
  readonly isDraining: () => boolean;
  readonly askToStop: () => void;
}

/** What is open by now, for whoever counts it. */
export interface Opened {
  readonly open: Record<string, Listener>;
  dashboard?: Pick<Dashboard, 'stats'>;
}

export interface Listeners {
  /** Those that are open by now, by name. */
  readonly open: Readonly<Record<string, Listener>>;
  /** The gate of the public listener, for addresses that an operator names. */
  admit(): Admit;
  changeGates(): void;
  drain(): Promise<Drained>;
  stop(): Promise<void>;
}

const TOKEN_BYTES = 32;

export function makeToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

export function urlOf({ address, port }: OwnAddress): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

const NOWHERE: OwnAddress = { address: '127.0.0.1', port: 0 };

export async function openListeners(options: ListenersOptions, opened: Opened): Promise<Listeners> {
  const { open } = opened;
  const stop = async (): Promise<void> => {
    await Promise.all(Object.values(open).map((listener) => listener.stop()));
  };
  const dashboard = dashboardOf(options);
  opened.dashboard = dashboard;
  try {
    const listener = await openPublic(
      { ...options, metrics: metricsPages(() => options.readings.read()) },
      () => open['public']?.address ?? '',
    );
    open['public'] = listener;
    open['operations'] = await openOperations(options, dashboard, () => listener);
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return {
    open,
    admit: () => admitAddresses(options.settings(), open['public'] ?? NOWHERE),
    changeGates() {
      open['public']?.changeGate(slices.publicGate(options.settings()));
      open['operations']?.changeGate(slices.operationsGate(options.settings()));
    },
    async drain() {
      const drained = await drainPublic(options, open['public']);
      // The operator's listener stays until the last answer is out: it tells how far the drain is.
      dashboard.end();
      await open['operations']?.drain({ preStopMs: 0, limitMs: OPERATIONS_DRAIN_MS });
      return drained;
    },
    stop,
  };
}

export const OPERATIONS_DRAIN_MS = 1000;
