/** The front of the primary: the operator's listener, its numbers, and the door for its workers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { count, type CountSources } from './counts.js';
import { NOTHING_RESTORED } from './kept.js';
import type { Counted } from './metrics/reading.js';
import { dashboardOf, openOperations, type OperationsOptions } from './operations-listener.js';
import type { Dashboard } from './operations/dashboard.js';
import type { Readiness } from './operations/health.js';
import { metricsPages } from './operations/metrics.js';
import { plainExpress } from './operations/pages.js';
import { openWebhook } from './operations/webhook.js';
import { readiness } from './readiness.js';
import { openReadings, type Readings } from './readings.js';
import { openRegistry } from './resources/registry.js';
import { isEndOfLife } from './runtime.js';
import { hostJudge, type OwnAddress } from './server/host.js';
import type { Listener } from './server/listen.js';
import type { Reach } from './server/workers/words.js';
import { openCaller, openInside, type InsideDoor } from './server/workers/inside.js';
import * as slices from './slices.js';
import { countLimits, RESOURCES_MAX } from './starting.js';
import { forwardPages } from './worker-forward.js';
import { frameFor, openMachineOrders } from './worker-operations.js';
import type { Primary } from './worker-primary.js';
import { shownOf } from './worker-shown.js';

export interface Front {
  /** Where workers ask for the numbers of all. */
  readonly door: InsideDoor;
  readonly dashboard: Pick<Dashboard, 'stats'>;
  operations(): OwnAddress;
  /** The operator's listener, once there is something to tell. */
  listen(): Promise<void>;
  changeGates(): void;
  close(limitMs: number): Promise<void>;
}

const INSIDE_CONNECTIONS_MAX = 256;
const SOCKETS_MAX = 256;
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
/** Beyond the longest wait that an operator can ask a worker for. */
const FORWARD_MS = 25_000;
const BEYOND_MS = 60_000;

/** Where the workers listen: the same for all of them. */
export function publicPlace({ board, settings, port }: Primary): OwnAddress {
  const [first] = board.crew.ready();
  return first?.place ?? { address: settings().server.host, port };
}

const NOTHING = { now: 0, max: 0 };

/** Of this process there is little to count: no answers go through it. */
function ownCounts(counted: Counted, workers: Counted['processes']): Counted {
  const { levels, pools } = counted;
  const { energy_watchers, dashboard_watchers, window_series, alert_notices, resources } = levels;
  const none = Object.fromEntries(Object.keys(levels).map((name) => [name, NOTHING]));
  const kept = { energy_watchers, dashboard_watchers, window_series, alert_notices, resources };
  const crew = pools['energy workers'];
  return {
    ...counted,
    ...{ workers: 0, processes: workers, budgets: {}, upstreams: {} },
    memory: { ...counted.memory, entriesMax: 0, bytesMax: 0 },
    pools: crew === undefined ? {} : { 'energy workers': crew },
    levels: { ...none, ...kept } as Counted['levels'],
  };
}

function workersReading({ board, totals }: Primary): Counted['processes'] {
  const { alive, wanted, deaths, restarts, looping } = board.crew.stats();
  const { held, waiting, taken, waited, passedOn, holders } = board.leads.stats();
  return {
    ...{ alive, wanted, deaths, restarts, looping, holders },
    missing: totals.missing().map(({ worker }) => `worker ${worker}`),
    leads: { held, waiting, taken, waited, passedOn },
    acts: board.acts.stats().acts,
  };
}

function readingsOf(primary: Primary, front: Opened): Readings {
  const { options, clock, log, interior, settings, totals } = primary;
  const { version, nodeVersion, reloads } = options;
  const registry = openRegistry(RESOURCES_MAX, clock);
  const webhook = openWebhook(slices.webhookSlice(settings()), clock, log);
  const sources: Omit<CountSources, 'windows'> = {
    ...interior,
    ...{ version, clock, log, reloads, registry, webhook, startedMs: clock.nowMs() },
    runtimeEndOfLife: isEndOfLife(nodeVersion, clock.wallMs()),
    tallies: () => interior.tallies.all(),
    snapshot: () => NOTHING_RESTORED,
    identities: () => interior.identity.stats(),
    listeners: () => front.open,
    watchers: () => front.dashboard?.stats(),
    limits: countLimits(settings()),
  };
  return openReadings({
    ...{ clock, log, registry, webhook },
    count(windows) {
      const workers = workersReading(primary);
      const own = ownCounts(count({ ...sources, windows }), workers);
      const { wallMs, clockMs, uptimeMs } = own;
      return { ...totals.merged(own), wallMs, clockMs, uptimeMs, processes: workers };
    },
  });
}

interface Opened {
  open: Record<string, Listener>;
  dashboard?: Dashboard;
}

/** Ready as long as anybody answers; with fewer than there should be it says so. */
function readinessOf(primary: Primary): Readiness {
  const { crew } = primary.board;
  const { alive, wanted } = crew.stats();
  const { ready, reason, parts } = readiness(primary);
  const most = alive < wanted || primary.totals.missing().length > 0 ? 'degraded' : 'healthy';
  const workers = alive === 0 ? 'down' : most;
  return { ready: ready && alive > 0, reason, parts: { ...parts, workers } };
}

/** Only the numbers: workers hand them on to whoever may read them. */
function metricsDoor(primary: Primary, readings: Readings): Promise<InsideDoor> {
  const { totals, log, insideToken: token } = primary;
  const app = plainExpress();
  const pages = metricsPages(() => readings.read());
  app.get('/metrics', async (req, res, next) => {
    await totals.gather();
    await pages.negotiated(req, res, next);
  });
  const handle = (req: IncomingMessage, res: ServerResponse): void => {
    app(req, res);
  };
  return openInside({ token, connectionsMax: INSIDE_CONNECTIONS_MAX }, handle, log);
}

export async function openFront(primary: Primary, token: string | undefined): Promise<Front> {
  const { options, clock, log, interior, settings, totals, board, isDraining } = primary;
  const opened: Opened = { open: {} };
  const readings = readingsOf(primary, opened);
  const caller = openCaller(
    { token: primary.insideToken, bytesMax: ANSWER_BYTES_MAX, socketsMax: SOCKETS_MAX },
    clock,
  );
  const machine = openMachineOrders({
    invalidations: interior.invalidations,
    async beyond({ worker, id }, wait) {
      const line = board.crew.find(worker)?.line;
      return (await line?.ask({ kind: 'reach', id, wait }, BEYOND_MS)) as Reach | undefined;
    },
  });
  const place = (): OwnAddress => publicPlace(primary);
  const shown = shownOf(totals, interior.rooms, clock);
  const base: OperationsOptions = {
    ...{ settings, interior, readings, clock, log, token, isDraining, shown },
    askToStop: options.askToStop,
    readiness: () => readinessOf(primary),
  };
  const dashboard = dashboardOf({ ...base, invalidations: machine.local });
  const local = dashboard.invalidations;
  opened.dashboard = dashboard;
  const frame = frameFor({
    log,
    orders: { local, cluster: machine.everywhere(local) },
    publicHost(field) {
      const verdict = hostJudge(settings().server.hosts, place())(field);
      return verdict.kind === 'ours' ? verdict.host : undefined;
    },
    gather: () => totals.gather(),
    forward: forwardPages({ caller, ready: () => board.crew.ready(), log, waitMs: FORWARD_MS }),
  });
  const door = await metricsDoor(primary, readings);
  return {
    ...{ door, dashboard },
    operations: () => opened.open['operations'] ?? place(),
    async listen() {
      opened.open['operations'] = await openOperations({ ...base, frame }, dashboard, place);
    },
    changeGates() {
      opened.open['operations']?.changeGate(slices.operationsGate(settings()));
    },
    async close(limitMs) {
      dashboard.end();
      await opened.open['operations']?.drain({ preStopMs: 0, limitMs });
      readings.close();
      caller.close();
      await door.close();
    },
  };
}
