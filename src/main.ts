/** The roof: joins the rooms into one running gateway. */
import type { Snapshot } from './cache/snapshot.js';
import { systemClock, type Clock } from './clock.js';
import { count, type CountSources } from './counts.js';
import { furnish, type Interior } from './interior.js';
import { NOTHING_RESTORED, openKept } from './kept.js';
import { makeToken, openListeners, urlOf, type Listeners, type Opened } from './listeners.js';
import type { Log } from './log.js';
import { openLog } from './open-log.js';
import { openWebhook } from './operations/webhook.js';
import { openReadings, type Readings } from './readings.js';
import { openRegistry } from './resources/registry.js';
import { isEndOfLife } from './runtime.js';
import * as slices from './slices.js';
import { announce, closeRooms, countLimits, greet, RESOURCES_MAX } from './starting.js';
import type { Gateway, StartOptions } from './starting.js';
import { openTracing } from './tracing.js';
import { warmAtStart } from './warm-start.js';
import { startPrimary } from './worker-primary.js';
import { workersOf } from './worker-share.js';

export type { Gateway, StartOptions } from './starting.js';

function read(options: StartOptions, interior: Interior, tools: Tools, kept?: Snapshot): Readings {
  const { settings, version, nodeVersion, reloads } = options;
  const { clock, log } = tools;
  const registry = openRegistry(RESOURCES_MAX, clock);
  const webhook = openWebhook(slices.webhookSlice(settings), clock, log);
  const sources: Omit<CountSources, 'windows'> = {
    ...interior,
    ...{ version, clock, log, reloads, registry, webhook, startedMs: clock.nowMs() },
    runtimeEndOfLife: isEndOfLife(nodeVersion, clock.wallMs()),
    tallies: () => interior.tallies.all(),
    snapshot: () => kept?.stats() ?? NOTHING_RESTORED,
    identities: () => interior.identity.stats(),
    listeners: () => tools.open,
    watchers: () => tools.dashboard?.stats(),
    limits: countLimits(settings),
  };
  return openReadings({
    ...{ clock, log, registry, webhook },
    count: (windows) => count({ ...sources, windows }),
  });
}

interface Tools extends Opened {
  readonly clock: Clock;
  readonly log: Log;
}

/** One process that does everything, or a primary with its workers. */
export function start(options: StartOptions): Promise<Gateway> {
  return workersOf(options.settings) > 1 ? startPrimary(options) : startAlone(options);
}

async function startAlone(options: StartOptions): Promise<Gateway> {
  const { clock = systemClock } = options;
  const log = openLog(slices.logSlice(options.settings, options.logSink), clock);
  let { settings } = options;
  let draining = false;
  const traces = slices.tracingSlice(settings, options.version);
  const tracing = await openTracing(traces, { clock, log, random: Math.random });
  const interior = furnish(settings, clock, log, tracing, options.openFleet);
  const kept = openKept(settings, interior);
  const tools: Tools = { clock, log, open: {} };
  const readings = read(options, interior, tools, kept);
  const configured = settings.operations.token;
  const madeToken = configured === undefined && options.terminal ? makeToken() : undefined;

  const closePools = async (isSound: boolean): Promise<void> => {
    readings.close();
    await closeRooms({ interior, kept, clock, log }, isSound);
  };
  let listeners: Listeners;
  // Before anybody can ask, or purge what has not been read yet.
  await kept?.restore();
  // Nobody who asks first must find a node that has not heard of the others yet.
  await interior.fleet?.ready?.();
  try {
    listeners = await openListeners(
      {
        ...{ interior, readings, clock, log, askToStop: options.askToStop },
        settings: () => settings,
        token: configured ?? madeToken,
        isDraining: () => draining,
      },
      tools,
    );
  } catch (thrown) {
    await closePools(true);
    throw thrown;
  }
  announce(options, log, clock.wallMs());
  void warmAtStart(settings, interior.warming, listeners.admit(), log);
  const [publicUrl = '', operationsUrl = ''] = Object.values(listeners.open).map(urlOf);
  return {
    ...greet(options, { publicUrl, operationsUrl }, madeToken),
    ...{ log, clock },
    apply(next) {
      interior.apply(next);
      settings = next;
      listeners.changeGates();
    },
    async close(isSound = true) {
      draining = true;
      interior.energy?.endWatching();
      interior.computeNothingMore();
      const { forced } = await listeners.drain();
      log.info('drained', { forced });
      await closePools(isSound);
    },
  };
}
