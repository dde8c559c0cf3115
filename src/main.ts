/** The roof: joins the rooms into one running gateway. */
import { notYetSet, settingsWarnings, type Settings } from '../config/settings.js';
import type { Snapshot } from './cache/snapshot.js';
import { systemClock, type Clock } from './clock.js';
import { greeting } from './greeting.js';
import { furnish, type Interior } from './interior.js';
import { NOTHING_RESTORED, openKept } from './kept.js';
import { makeToken, openListeners, urlOf, type Listeners } from './listeners.js';
import type { Log } from './log.js';
import { openLog } from './open-log.js';
import { openWebhook } from './operations/webhook.js';
import { openReadings, type Readings } from './readings.js';
import { isRedisWanted } from './redis-slice.js';
import { openRegistry } from './resources/registry.js';
import { isEndOfLife } from './runtime.js';
import { openTracing } from './tracing.js';
import type { Listener } from './server/listen.js';
import type { OpenFleet } from './second-slice.js';
import * as slices from './slices.js';
import { warmAtStart } from './warm-start.js';

export interface StartOptions {
  readonly settings: Settings;
  readonly version: string;
  readonly nodeVersion: string;
  /** Where log lines go: one JSON object each. */
  readonly logSink: NodeJS.WritableStream;
  /** Whether a person watches, who may be shown a token that was made for this run. */
  readonly terminal: boolean;
  readonly clock?: Clock;
  /** Agrees with other nodes through Redis; without it each node is alone. */
  readonly openFleet?: OpenFleet | undefined;
  /** An operator asks to drain; whoever owns the process shuts down then. */
  readonly askToStop: () => void;
  readonly reloads: () => { readonly reloads: number; readonly refused: number };
}

export interface Gateway {
  readonly publicUrl: string;
  readonly operationsUrl: string;
  readonly greeting: string;
  readonly log: Log;
  readonly clock: Clock;
  /** Puts changed settings to work at once; what needs a restart is left as it was. */
  apply(settings: Settings): void;
  /**
   * Not ready at once, then the last answers, then the pools. Nothing outlives a process that is
   * no longer sound.
   */
  close(isSound?: boolean): Promise<void>;
}

const POOLS_CLOSE_MS = 2000;
const LOG_CLOSE_MS = 1000;
/** Things that are lent inside this process, and how long one may be held. */
const RESOURCES_MAX = 1000;
const LEAK_AFTER_MS = 3_600_000;

/** What an operator should hear once. */
function announce(options: StartOptions, log: Log, wallMs: number): void {
  const { settings, version, nodeVersion: node } = options;
  log.info('started', { version, node, routes: settings.routes.length });
  if (isEndOfLife(node, wallMs)) {
    const sentence = 'This version of Node gets no more security fixes; use a newer one.';
    log.warn('runtime_end_of_life', { node, sentence });
  }
  for (const sentence of settingsWarnings(settings)) log.warn('settings_warning', { sentence });
  if (isRedisWanted(settings) && settings.secret.length === 0) {
    const sentence =
      'Redis is not used: what it would keep must be signed, and there is no secret.';
    log.warn('redis_disabled', { sentence });
  }
  const without = notYetSet(settings);
  if (without.length > 0) log.warn('settings_without_effect', { settings: without.join(', ') });
}

function read(options: StartOptions, interior: Interior, tools: Tools, kept?: Snapshot): Readings {
  const { settings, version, nodeVersion, reloads } = options;
  const { clock, log, open } = tools;
  return openReadings({
    ...interior,
    ...{ version, clock, log, reloads },
    runtimeEndOfLife: isEndOfLife(nodeVersion, clock.wallMs()),
    tallies: () => interior.tallies.all(),
    snapshot: () => kept?.stats() ?? NOTHING_RESTORED,
    identities: () => interior.identity.stats(),
    listeners: () => open,
    registry: openRegistry(RESOURCES_MAX, clock),
    webhook: openWebhook(slices.webhookSlice(settings), clock, log),
    limits: {
      connectionsMax: settings.server.connectionsMax,
      waitersMax: settings.cache.waitersMax,
      flightsMax: settings.cache.flightsMax,
      concurrentMax: settings.budget.concurrent,
      leakAfterMs: LEAK_AFTER_MS,
    },
  });
}

interface Tools {
  readonly clock: Clock;
  readonly log: Log;
  readonly open: Record<string, Listener>;
}

function greet(options: StartOptions, listeners: Listeners, madeToken: string | undefined) {
  const { settings, version } = options;
  const [publicUrl = '', operationsUrl = ''] = Object.values(listeners.open).map(urlOf);
  const local = settings.routes.find(
    ({ upstream, cache }) => settings.upstreams[upstream]?.url === 'local' && cache !== undefined,
  );
  const text = greeting({
    ...{ version, publicUrl, operationsUrl, madeToken },
    tryPath: local?.path.includes('*') === true ? undefined : local?.path,
    hasToken: settings.operations.token !== undefined,
    hasSecret: settings.secret.length > 0,
    hasRedis: isRedisWanted(settings),
    notYet: notYetSet(settings),
  });
  return { publicUrl, operationsUrl, greeting: text };
}

export async function start(options: StartOptions): Promise<Gateway> {
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
    if (isSound) await kept?.save();
    await interior.close(POOLS_CLOSE_MS);
    // Whoever reads the log may have stopped: its last lines are not waited for without end.
    await Promise.race([
      log.close(),
      new Promise<void>((resolve) => clock.after(LOG_CLOSE_MS, resolve)),
    ]);
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
      tools.open,
    );
  } catch (thrown) {
    await closePools(true);
    throw thrown;
  }
  announce(options, log, clock.wallMs());
  void warmAtStart(settings, interior.warming, listeners.admit(), log);
  return {
    ...greet(options, listeners, madeToken),
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
