/** The public listener: the gate, the lane and the pipeline on one port. */
import type { IncomingMessage } from 'node:http';
import type { Settings } from '../config/settings.js';
import { createApp } from './app.js';
import type { Admit } from './cache/warm-run.js';
import type { Clock } from './clock.js';
import type { Interior } from './interior.js';
import type { Log } from './log.js';
import type { MetricsPages } from './operations/metrics.js';
import { hasField } from './policy/headers.js';
import { readiness } from './readiness.js';
import type { Handler } from './server/door.js';
import type { Drained } from './server/drain.js';
import { isLoopback, type OwnAddress } from './server/host.js';
import { listen, type Listener } from './server/listen.js';
import { expressClasses } from './server/prototypes.js';
import { requestIds } from './server/request-id.js';
import * as slices from './slices.js';
import { gateFor } from './what-if.js';

/** Connections that the kernel holds until they are accepted. */
export const BACKLOG = 511;
const THROUGH_A_PROXY = ['forwarded', 'x-forwarded-for', 'via'];

export interface PublicOptions {
  /** Those that hold now; a reload replaces them. */
  readonly settings: () => Settings;
  readonly interior: Interior;
  readonly clock: Clock;
  readonly log: Log;
  readonly isDraining: () => boolean;
  readonly metrics: MetricsPages;
  /** Stands before the pipeline, where something does. */
  readonly around?: (handler: Handler) => Handler;
}

export function openPublic(options: PublicOptions, address: () => string): Promise<Listener> {
  const { interior, clock, log, metrics, around } = options;
  const { rooms, aliases, answers, identity, tracing } = interior;
  const settings = options.settings();
  const { app, handler } = createApp({
    ...{ rooms, aliases, answers, log, tracing },
    ids: requestIds(),
    admit: ({ authorization }) => identity.partitionOf(authorization),
    readiness: () => readiness(options),
    metrics,
    // What anybody on this machine may see, a proxy in front must not pass on to strangers.
    mayReadMetrics: ({ rawHeaders }: IncomingMessage) =>
      options.settings().metrics.public === 'auto' &&
      isLoopback(address()) &&
      !THROUGH_A_PROXY.some((name) => hasField(rawHeaders, name)),
  });
  const { host, port } = settings.server;
  return listen(
    {
      bind: { host, port, backlog: BACKLOG, settings: { host: 'HOST', port: 'PORT' } },
      gate: slices.publicGate(settings),
      limits: slices.limitsSlice(settings),
    },
    { clock, log, handler: around?.(handler) ?? handler, classes: expressClasses(app) },
  );
}

/** Addresses in nobody's name: what is asked for them carries no field of any caller. */
export function admitAddresses(settings: Settings, own: OwnAddress): Admit {
  const gate = gateFor({ gate: slices.publicGate(settings), own, partitionOf: () => 'anon' });
  return (url) => gate({ method: 'GET', url, headers: [] });
}

/** The last answers, and those that were promised for later. */
export async function drainPublic(
  options: Pick<PublicOptions, 'settings' | 'interior' | 'clock' | 'log'>,
  listener: Listener | undefined,
): Promise<Drained> {
  const { clock, log, interior } = options;
  const { preStop: preStopMs, drain: limitMs } = options.settings().server;
  const endMs = clock.nowMs() + limitMs;
  const drained = await listener?.drain({ preStopMs, limitMs });
  // What was promised for later is computed for somebody, though nobody waits for it.
  const answers = await interior.answers.whenAllCame(endMs - clock.nowMs());
  if (answers > 0) log.warn('answers_given_up', { answers });
  return drained ?? { forced: 0 };
}
