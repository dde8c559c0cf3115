/** `leyden start`: runs the gateway until it is told to stop. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  loadSettings,
  packageRoot,
  processEnvironment,
  settingsFile,
} from '../../config/settings.js';
import { keepingMs } from '../kept.js';
import { watchLifecycle } from '../lifecycle.js';
import { start } from '../main.js';
import { watchSettings, type SettingsWatch } from '../reload.js';

/** The version in package.json, which is the only place that holds it. */
export function packageVersion(root: string): string {
  const text: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const version = typeof text === 'object' && text !== null && 'version' in text && text.version;
  return typeof version === 'string' ? version : '0.0.0';
}

export async function startCommand(file: string | undefined): Promise<number> {
  const root = packageRoot();
  const options = { file, environment: processEnvironment(), packageRoot: root };
  const settings = loadSettings(options);
  const holds: { watch?: SettingsWatch } = {};
  let askToStop = (): void => undefined;
  const gateway = await start({
    settings,
    version: packageVersion(root),
    nodeVersion: process.version,
    logSink: process.stderr,
    terminal: process.stdout.isTTY,
    askToStop: () => {
      askToStop();
    },
    reloads: () => holds.watch?.stats() ?? { reloads: 0, refused: 0 },
  });
  const watch = watchSettings({
    file: settingsFile(options),
    load: () => loadSettings(options),
    current: settings,
    apply: (next) => {
      gateway.apply(next);
    },
    log: gateway.log,
    clock: gateway.clock,
    onSignal(listener) {
      process.on('SIGHUP', listener);
      return () => process.off('SIGHUP', listener);
    },
  });
  holds.watch = watch;
  const { drain, preStop } = settings.server;
  const lifecycle = watchLifecycle({
    process,
    clock: gateway.clock,
    log: gateway.log,
    limitMs: drain + preStop + keepingMs(settings),
    async shutDown(isSound) {
      watch.close();
      await gateway.close(isSound);
    },
  });
  askToStop = () => {
    lifecycle.stop();
  };
  process.stdout.write(gateway.greeting);
  return await lifecycle.done;
}
