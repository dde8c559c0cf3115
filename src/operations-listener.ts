/** The operations listener: what an operator may see of the gateway and do to it, on its port. */
import { join } from 'node:path';
import type { Express } from 'express';
import { maskSettings, packageRoot, type Settings } from '../config/settings.js';
import { loggablePath } from '../middleware/answers.js';
import { replyWithError } from '../middleware/error-reply.js';
import { explainRefusal } from './cache/explain.js';
import { explainWithSecond } from './cache/explain-second.js';
import type { Invalidations } from './cache/invalidate.js';
import type { Clock } from './clock.js';
import { Failure } from './errors.js';
import type { Interior } from './interior.js';
import { currentRequest, inRequest, type Log } from './log.js';
import type { CacheAdminOptions } from './operations/cache-admin.js';
import { openDashboard, type Dashboard, type DashboardOptions } from './operations/dashboard.js';
import { rulesOf } from './operations/evidence.js';
import type { Reply } from './operations/failures.js';
import type { Readiness } from './operations/health.js';
import { pagesAccess } from './operations/pages-access.js';
import { operationsPages } from './operations/pages.js';
import { openTokenGuard, type TokenGuard } from './operations/token.js';
import { admitAddresses, BACKLOG } from './public-listener.js';
import { readiness } from './readiness.js';
import type { Readings } from './readings.js';
import type { Handler } from './server/door.js';
import { hostJudge, isLoopback, type OwnAddress } from './server/host.js';
import { listen, type Listener } from './server/listen.js';
import { expressClasses } from './server/prototypes.js';
import { requestIds } from './server/request-id.js';
import * as slices from './slices.js';
import { whatIf } from './what-if.js';

export interface OperationsOptions {
  /** Those that hold now; a reload replaces them. */
  readonly settings: () => Settings;
  readonly interior: Interior;
  readonly readings: Readings;
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined: acts are disabled. */
  readonly token: string | undefined;
  readonly isDraining: () => boolean;
  readonly askToStop: () => void;
  /** What the dashboard looks at, where that is not this process's own. */
  readonly shown?: DashboardOptions['rooms'];
  readonly invalidations?: Invalidations;
  readonly readiness?: () => Readiness;
  /** Stands around the pages, where something does. */
  readonly frame?: (pages: Express, tools: FrameTools) => Express;
}

export interface FrameTools {
  readonly token: TokenGuard;
  readonly reply: Reply;
}

const TOKEN_FAILURES_PER_MINUTE = 10;
const TOKEN_ADDRESSES_MAX = 1000;

export function dashboardOf(options: OperationsOptions): Dashboard {
  const { interior, readings, log, isDraining } = options;
  const { rooms } = interior;
  const { shown = rooms, invalidations = interior.invalidations } = options;
  return openDashboard({
    ...{ log, rooms: shown, invalidations, draining: isDraining },
    ...{ read: () => readings.read(), windows: readings.windows },
    rules: () => rulesOf(rooms.rules),
    folder: join(packageRoot(), 'src', 'operations', 'dashboard', 'page'),
  });
}

/** What an operator may see of the cache and do to it. */
export function cacheAdminOptions(
  options: Pick<OperationsOptions, 'interior' | 'log' | 'settings'>,
  { invalidations }: Pick<Dashboard, 'invalidations'>,
  publicListener: () => OwnAddress,
): CacheAdminOptions {
  const { interior, log } = options;
  const { rooms, identity, warming } = interior;
  const partitionOf = (authorization: string | undefined) => identity.partitionOf(authorization);
  return {
    ...{ rooms, invalidations, log, warming },
    admit: () => admitAddresses(options.settings(), publicListener()),
    publicHost(field) {
      const verdict = hostJudge(options.settings().server.hosts, publicListener())(field);
      return verdict.kind === 'ours' ? verdict.host : undefined;
    },
    async explain(what) {
      const gate = slices.publicGate(options.settings());
      const asked = whatIf(what, { gate, own: publicListener(), partitionOf });
      const named = `${what.method} ${what.url}`;
      return asked instanceof Failure
        ? explainRefusal(named, asked)
        : await explainWithSecond(rooms, asked);
    },
  };
}

export function openOperations(
  options: OperationsOptions,
  dashboard: Dashboard,
  publicListener: () => OwnAddress,
): Promise<Listener> {
  const { readings, clock, log } = options;
  const settings = options.settings();
  const { host, port } = settings.operations;
  const ids = requestIds();
  const reply: Reply = (res, failure) => {
    replyWithError(res, failure, { id: currentRequest() ?? ids.next() });
  };
  const token = openTokenGuard(
    {
      token: options.token,
      loopback: isLoopback(host) || host === 'localhost',
      failuresMaxPerMinute: TOKEN_FAILURES_PER_MINUTE,
      addressesMax: TOKEN_ADDRESSES_MAX,
    },
    clock,
  );
  const pages = operationsPages({
    ...{ log, token, dashboard },
    read: () => readings.read(),
    performance: {
      windows: readings.windows,
      registry: readings.registry,
      rules: () => rulesOf(options.interior.rooms.rules),
    },
    readiness: options.readiness ?? (() => readiness(options)),
    admin: {
      log,
      settings: () => maskSettings(options.settings()),
      drain: options.askToStop,
      cache: cacheAdminOptions(options, dashboard, publicListener),
    },
    replyWithError: reply,
  });
  const app = options.frame?.(pages, { token, reply }) ?? pages;
  const note = pagesAccess({ clock, log, shownPath: loggablePath });
  const handler: Handler = (req, res, { path }) => {
    const id = ids.of(req.rawHeaders);
    if (settings.log.operations) note(req, res, id, path);
    inRequest(id, res, () => {
      app(req, res);
    });
  };
  const names = { host: 'OPERATIONS_HOST', port: 'OPERATIONS_PORT' };
  return listen(
    {
      bind: { host, port, backlog: BACKLOG, settings: names },
      gate: slices.operationsGate(settings),
      limits: slices.limitsSlice(settings),
    },
    { clock, log, handler, classes: expressClasses(app) },
  );
}
