/** The whole gateway on free ports, with a clock that can be turned on and a log that is kept. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { loadSettings, packageRoot, type Environment } from '../../config/settings.js';
import type { Settings } from '../../config/settings.js';
import { start, type Gateway } from '../../src/main.js';
import type { OpenFleet } from '../../src/second-slice.js';
import { turnedClock, type TurnedClock } from './hand-clock.js';

export const TOKEN = 'qD7v1LmZx0RkT9sWb4YcHf2NpEaUg8Jo';

/** Two listeners on free ports; everything else is what the settings say. */
const FREE: Environment = { PORT: '0', OPERATIONS_PORT: '0' };

export function settingsFrom(yaml: string, environment: Environment = {}): Settings {
  const folder = mkdtempSync(join(tmpdir(), 'leyden-gateway-'));
  try {
    const file = join(folder, 'gateway.yaml');
    writeFileSync(file, yaml);
    const options = { file, environment: { ...FREE, ...environment }, packageRoot: packageRoot() };
    return loadSettings(options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface RunningGateway {
  readonly gateway: Gateway;
  readonly clock: TurnedClock;
  readonly port: number;
  readonly operationsPort: number;
  /** Everything that was logged so far, line by line. */
  readonly lines: () => readonly string[];
  /** How often an operator asked it to stop. */
  readonly askedToStop: () => number;
  close(): Promise<void>;
}

export interface GatewayOptions {
  readonly environment?: Environment;
  readonly terminal?: boolean;
  readonly openFleet?: OpenFleet;
}

export async function openGateway(
  yaml: string,
  { environment = {}, terminal = false, openFleet }: GatewayOptions = {},
): Promise<RunningGateway> {
  const clock = turnedClock();
  let text = '';
  let stops = 0;
  const gateway = await start({
    settings: settingsFrom(yaml, environment),
    version: '0.0.0-test',
    nodeVersion: process.version,
    logSink: new Writable({
      write(chunk: Buffer, _encoding, done) {
        text += chunk.toString();
        done();
      },
    }),
    ...{ terminal, clock, openFleet },
    askToStop: () => {
      stops += 1;
    },
    reloads: () => ({ reloads: 0, refused: 0 }),
  });
  let closing: Promise<void> | undefined;
  return {
    ...{ gateway, clock },
    port: Number(new URL(gateway.publicUrl).port),
    operationsPort: Number(new URL(gateway.operationsUrl).port),
    lines: () => text.split('\n').filter((line) => line !== ''),
    askedToStop: () => stops,
    close: () => (closing ??= gateway.close()),
  };
}
