/** The roof of the energy service alone: its own listener, for gateways elsewhere to ask. */
import { realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import {
  loadSettings,
  packageRoot,
  processEnvironment,
  type Environment,
  type Settings,
} from '../config/settings.js';
import { systemClock, type Clock } from './clock.js';
import { packageVersion } from './command/start.js';
import { openDoor, type EnergyTools } from './energy-door.js';
import { createEnergyService } from './energy/service.js';
import { describeThrown, OperatorError } from './errors.js';
import { watchLifecycle } from './lifecycle.js';
import { urlOf } from './listeners.js';
import type { Log } from './log.js';
import { openLog } from './open-log.js';
import { openNotices, usualNotices, type Notices } from './operations/energy-notices.js';
import type { Listener } from './server/listen.js';
import * as slices from './slices.js';
import { openTracing } from './tracing.js';
import { openOrigin } from './upstream/http.js';

const LEAVE_MS = 2000;
const USAGE_EXIT = 64;
/** The rest of the spans at shutdown. */
const TRACES_CLOSE_MS = 1000;
const GATEWAYS_NAME = 'leyden';
/** What a gateway may take to forget one tag. */
const NOTICE_LIMITS = { connectMs: 1000, headMs: 2000, idleBodyMs: 2000, queueMs: 1000 };

/** The notices, and the connections that carry them. */
function noticesOf({ settings, clock, log }: EnergyTools): Notices & { end(): Promise<void> } {
  const { energy, http, operations } = settings;
  const { token = '' } = operations;
  if (energy.notify.length > 0 && token === '') {
    throw new OperatorError(
      'energy.notify needs operations.token (OPERATIONS_TOKEN): gateways take acts with it only.',
    );
  }
  const limits = {
    ...NOTICE_LIMITS,
    ...{ ca: undefined, connections: 1, queued: 1, requestBytesMax: 1024, interimMax: 8 },
    retryShare: 0.1,
    keepAliveMs: http.pool.idleTimeout,
    headBytesMax: http.headBytesMax,
    fieldsMax: http.headersMax,
  };
  const gateways = energy.notify.map((url) => openOrigin(url, limits, clock));
  const notices = openNotices({ gateways, token, ...usualNotices }, { clock, log });
  return {
    ...notices,
    async end() {
      notices.close();
      await Promise.all(gateways.map((gateway) => gateway.destroy()));
    },
  };
}

/** Its spans are not the gateway's, unless an operator gave them a name of his own. */
function serviceNameOf(name: string): string {
  return name === GATEWAYS_NAME ? `${name}-energy` : name;
}

export interface RunningEnergy {
  readonly url: string;
  readonly log: Log;
  close(): Promise<void>;
}

export async function startEnergy(
  settings: Settings,
  version: string,
  logSink: NodeJS.WritableStream,
  clock: Clock = systemClock,
): Promise<RunningEnergy> {
  const log = openLog(slices.logSlice(settings, logSink), clock);
  const traces = slices.tracingSlice(settings, version);
  const named = traces && { ...traces, serviceName: serviceNameOf(traces.serviceName) };
  const tracing = await openTracing(named, { clock, log, random: Math.random });
  const tools = { settings, version, clock, log, tracing };
  const notices = noticesOf(tools);
  const energy = createEnergyService(slices.energySlice(settings), { clock, log });
  let draining = false;
  const closeRooms = async (): Promise<void> => {
    await notices.end();
    await energy.close();
    await tracing?.close(TRACES_CLOSE_MS);
    await log.close();
  };
  let listener: Listener;
  try {
    listener = await openDoor(tools, { energy, notices, isDraining: () => draining });
  } catch (thrown) {
    await closeRooms();
    throw thrown;
  }
  energy.onStateChanged(() => {
    notices.tell();
  });
  // The state that was before this start is gone, and gateways may hold answers of it.
  notices.tell();
  log.info('started', { version, node: process.version });
  return {
    ...{ url: urlOf(listener), log },
    async close() {
      draining = true;
      energy.endWatching();
      const { preStop: preStopMs, drain: limitMs } = settings.server;
      const { forced } = await listener.drain({ preStopMs, limitMs });
      log.info('drained', { forced });
      await closeRooms();
    },
  };
}

/** Here HOST and PORT mean the only listener that there is, unless its own names are set. */
export function aloneEnvironment(environment: Environment): Environment {
  const { HOST, PORT, ...rest } = environment;
  const asked = { ENERGY_HOST: HOST, ENERGY_PORT: PORT };
  const named = (name: string): boolean =>
    rest[name] !== undefined || rest[`LEYDEN_${name}`] !== undefined;
  const added = Object.entries(asked).filter(
    ([name, value]) => value !== undefined && !named(name),
  );
  return { ...rest, ...Object.fromEntries(added) };
}

async function runAlone(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options: { config: { type: 'string' } } });
  const root = packageRoot();
  const environment = aloneEnvironment(processEnvironment());
  const settings = loadSettings({ file: values.config, environment, packageRoot: root });
  const version = packageVersion(root);
  const running = await startEnergy(settings, version, process.stderr);
  const { drain, preStop } = settings.server;
  const lifecycle = watchLifecycle({
    ...{ process, clock: systemClock, log: running.log },
    limitMs: drain + preStop,
    shutDown: () => running.close(),
  });
  process.stdout.write(
    `Leyden's energy service ${version} is up, alone.\n\n` +
      `  energy    curl -i ${running.url}/energy/gradient\n` +
      `  health    curl ${running.url}/health/ready\n` +
      `  gateway   upstreams: { energy: { url: ["${running.url}"] } }\n`,
  );
  return await lifecycle.done;
}

/** Resolves with the exit code; never rejects, and never shows a stack. */
export async function run(argv: readonly string[]): Promise<number> {
  try {
    return await runAlone(argv);
  } catch (thrown) {
    if (thrown instanceof OperatorError) {
      process.stderr.write(`${thrown.message}\n`);
      return thrown.exitCode;
    }
    const about = describeThrown(thrown);
    const isUsage = about['code']?.startsWith('ERR_PARSE_ARGS') === true;
    process.stderr.write(
      isUsage
        ? 'npm run energy -- [--config FILE]\n'
        : `The energy service could not start (${Object.values(about).join(' ')}).\n`,
    );
    return isUsage ? USAGE_EXIT : 1;
  }
}

const [, program] = process.argv;
if (program !== undefined && import.meta.url === pathToFileURL(realpathSync(program)).href) {
  process.exitCode = await run(process.argv.slice(2));
  // What still holds the loop then, such as a pipe that nobody reads, would hold it for ever.
  systemClock.after(LEAVE_MS, () => process.exit());
}
