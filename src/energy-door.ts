/** The listener of the energy service that runs alone: its door, its health and its numbers. */
import type { Settings } from '../config/settings.js';
import { replyWithError } from '../middleware/error-reply.js';
import { send } from '../middleware/send.js';
import type { Clock } from './clock.js';
import { defaultEnergyOptions } from './energy/options.js';
import type { EnergyService } from './energy/service.js';
import { currentRequest, type Log } from './log.js';
import { energyHttp } from './operations/energy-http.js';
import type { Notices } from './operations/energy-notices.js';
import { openTokenGuard } from './operations/token.js';
import { isLoopback } from './server/host.js';
import { listen, type Listener } from './server/listen.js';
import { expressClasses } from './server/prototypes.js';
import { requestIds } from './server/request-id.js';
import * as slices from './slices.js';
import { contextIn } from './trace-context.js';
import type { Tracing } from './tracing.js';

const BACKLOG = 511;
const TOKEN_FAILURES_PER_MINUTE = 10;
const TOKEN_ADDRESSES_MAX = 1000;

export interface EnergyTools {
  readonly settings: Settings;
  readonly tracing: Tracing | undefined;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface EnergyParts {
  readonly energy: EnergyService;
  readonly notices: Notices;
  readonly isDraining: () => boolean;
}

export function openDoor(tools: EnergyTools, parts: EnergyParts): Promise<Listener> {
  const { settings, version, clock, log, tracing } = tools;
  const trusts = slices.trustOf(settings);
  const { energy, notices, isDraining } = parts;
  const { host, port } = settings.energy;
  const startedMs = clock.nowMs();
  const ids = requestIds();
  let own: Listener | undefined;
  const { app, handler } = energyHttp({
    ...{ service: energy, clock, log, ids, send },
    bodyBytesMax: defaultEnergyOptions.stateBytesMax,
    token: openTokenGuard(
      {
        token: settings.operations.token,
        loopback: isLoopback(host) || host === 'localhost',
        failuresMaxPerMinute: TOKEN_FAILURES_PER_MINUTE,
        addressesMax: TOKEN_ADDRESSES_MAX,
      },
      clock,
    ),
    readiness: () => ({
      ready: !isDraining(),
      reason: isDraining() ? 'draining' : undefined,
      parts: { notices: settings.energy.notify.length > 0 ? 'on' : 'off' },
    }),
    metrics: () => ({
      ...{ service: 'leyden-energy', version },
      uptime_seconds: (clock.nowMs() - startedMs) / 1000,
      state_version: energy.version(),
      pools: { 'energy workers': energy.stats() },
      watchers: energy.watchers(),
      notices: notices.stats(),
      listener: own?.stats(),
    }),
    settled: () => notices.settled(),
    traceOf: (headers) => contextIn(headers)?.traceId,
    tracing: tracing && {
      request(headers, peer, action) {
        tracing.request(headers, trusts(peer), action);
      },
    },
    replyWithError: (res, failure) => {
      replyWithError(res, failure, { id: currentRequest() ?? ids.next() });
    },
  });
  const names = { host: 'ENERGY_HOST', port: 'ENERGY_PORT' };
  const opening = listen(
    {
      bind: { host, port, backlog: BACKLOG, settings: names },
      gate: slices.operationsGate(settings),
      limits: slices.limitsSlice(settings),
    },
    { clock, log, handler, classes: expressClasses(app) },
  );
  return opening.then((listener) => (own = listener));
}
