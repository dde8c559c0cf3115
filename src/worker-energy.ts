/** The built-in energy service of many workers: one state, behind a door on loopback. */
import { randomBytes } from 'node:crypto';
import type { Settings } from '../config/settings.js';
import type { Clock } from './clock.js';
import { openDoor } from './energy-door.js';
import type { EnergyService } from './energy/service.js';
import type { Log } from './log.js';
import type { Listener } from './server/listen.js';

export interface EnergyDoorOptions {
  readonly settings: Settings;
  readonly version: string;
  readonly token: string;
  readonly energy: EnergyService;
  readonly clock: Clock;
  readonly log: Log;
  /** Resolves when no worker can still give out what an act has made old. */
  readonly settled: () => Promise<void>;
  readonly isDraining: () => boolean;
}

/**
 * An address of its own on Linux, where all of 127/8 is loopback: the workers' upstream is named
 * by it, and what two gateways computed from two states must never bear one name in Redis.
 */
function loopbackAddress(platform: string): string {
  const [one = 0, two = 0, three = 0] = randomBytes(3);
  return platform === 'linux' ? `127.${one}.${two}.${1 + (three % 254)}` : '127.0.0.1';
}

export function openEnergyDoor(options: EnergyDoorOptions): Promise<Listener> {
  const { settings, version, token, energy, clock, log, settled, isDraining } = options;
  const host = loopbackAddress(process.platform);
  const inside: Settings = {
    ...settings,
    server: { ...settings.server, hosts: [] },
    operations: { ...settings.operations, host, token },
    energy: { ...settings.energy, host, port: 0, notify: [] },
  };
  // The gateway's own line says all that there is to say of a request.
  const quiet: Log = { ...log, access: () => undefined };
  const notices = {
    ...{ tell: () => undefined, settled, stats: () => [], close: () => undefined },
  };
  return openDoor(
    { settings: inside, tracing: undefined, version, clock, log: quiet },
    { energy, notices, isDraining },
  );
}
