/** What every start has in common: one process alone, the primary of many, and each of those. */
import { notYetSet, settingsWarnings, type Settings } from '../config/settings.js';
import type { Snapshot } from './cache/snapshot.js';
import type { Clock } from './clock.js';
import type { CountSources } from './counts.js';
import { greeting } from './greeting.js';
import type { Interior } from './interior.js';
import type { Log } from './log.js';
import { isRedisWanted } from './redis-slice.js';
import { isEndOfLife } from './runtime.js';
import type { OpenFleet } from './second-slice.js';

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
/** Things that are lent inside a process, and how long one may be held. */
export const RESOURCES_MAX = 1000;
const LEAK_AFTER_MS = 3_600_000;

/** What an operator should hear once. */
export function announce(options: StartOptions, log: Log, wallMs: number): void {
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

export function countLimits({ server, cache, budget }: Settings): CountSources['limits'] {
  return {
    ...{ connectionsMax: server.connectionsMax, concurrentMax: budget.concurrent },
    ...{ waitersMax: cache.waitersMax, flightsMax: cache.flightsMax },
    leakAfterMs: LEAK_AFTER_MS,
  };
}

export interface Urls {
  readonly publicUrl: string;
  readonly operationsUrl: string;
}

export function greet(options: StartOptions, urls: Urls, madeToken: string | undefined) {
  const { settings, version } = options;
  const local = settings.routes.find(
    ({ upstream, cache }) => settings.upstreams[upstream]?.url === 'local' && cache !== undefined,
  );
  const text = greeting({
    ...{ version, ...urls, madeToken },
    tryPath: local?.path.includes('*') === true ? undefined : local?.path,
    hasToken: settings.operations.token !== undefined,
    hasSecret: settings.secret.length > 0,
    hasRedis: isRedisWanted(settings),
    notYet: notYetSet(settings),
  });
  return { ...urls, greeting: text };
}

export interface ToClose {
  readonly interior: Interior;
  readonly kept: Snapshot | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** The end of everything behind the listeners, in order; the log has the last word. */
export async function closeRooms(rooms: ToClose, isSound: boolean): Promise<void> {
  const { interior, kept, clock, log } = rooms;
  if (isSound) await kept?.save();
  await interior.close(POOLS_CLOSE_MS, isSound);
  // Whoever reads the log may have stopped: its last lines are not waited for without end.
  await Promise.race([
    log.close(),
    new Promise<void>((resolve) => clock.after(LOG_CLOSE_MS, resolve)),
  ]);
}
