/** The two listeners: the public one with its pipeline, the operator's with its pages. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { maskSettings, packageRoot, type Settings } from '../config/settings.js';
import { replyWithError } from '../middleware/error-reply.js';
import { createApp } from './app.js';
import { explain, explainRefusal } from './cache/explain.js';
import type { Admit } from './cache/warm-run.js';
import type { Clock } from './clock.js';
import { Failure } from './errors.js';
import type { Interior } from './interior.js';
import { currentRequest, inRequest, type Log } from './log.js';
import type { CacheAdminOptions } from './operations/cache-admin.js';
import { openDashboard, type Dashboard } from './operations/dashboard.js';
import { rulesOf } from './operations/evidence.js';
import type { PartWord, Readiness } from './operations/health.js';
import { metricsPages } from './operations/metrics.js';
import { operationsPages } from './operations/pages.js';
import { openTokenGuard } from './operations/token.js';
import { hasField } from './policy/headers.js';
import type { Readings } from './readings.js';
import type { Handler } from './server/door.js';
import type { Drained } from './server/drain.js';
import { hostJudge, isLoopback, type OwnAddress } from './server/host.js';
import { isRedisWanted } from './redis-slice.js';
import { listen, type Listener } from './server/listen.js';
import { expressClasses } from './server/prototypes.js';
import { requestIds } from './server/request-id.js';
import * as slices from './slices.js';
import { gateFor, whatIf } from './what-if.js';

export interface ListenersOptions {
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
}

export interface Listeners {
  /** Those that are open by now, by name. */
  readonly open: Readonly<Record<string, Listener>>;
  /** The gate of the public listener, for addresses that an operator names. */
  admit(): Admit;
  changeGates(): void;
  drain(): Promise<Drained>;
  stop(): Promise<void>;
}

const BACKLOG = 511;
const TOKEN_BYTES = 32;
const TOKEN_FAILURES_PER_MINUTE = 10;
const TOKEN_ADDRESSES_MAX = 1000;

export function makeToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

export function urlOf({ address, port }: Listener): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

const THROUGH_A_PROXY = ['forwarded', 'x-forwarded-for', 'via'];

/** A gateway without its second tier still answers, so none of these words makes it unready. */
function redisWord({ interior, settings }: ListenersOptions): PartWord {
  if (interior.redis !== undefined) return interior.redis.stats().status;
  return isRedisWanted(settings()) ? 'disabled' : 'off';
}

function readiness(options: ListenersOptions): Readiness {
  const { settings, isDraining } = options;
  const lasting = settings().secret.length > 0;
  return {
    ready: !isDraining(),
    reason: isDraining() ? 'draining' : undefined,
    parts: { memory: 'on', redis: redisWord(options), lasting_secret: lasting ? 'on' : 'off' },
  };
}

function openPublic(options: ListenersOptions, address: () => string): Promise<Listener> {
  const { interior, readings, clock, log } = options;
  const { rooms, aliases, answers, identity, tracing } = interior;
  const settings = options.settings();
  const { app, handler } = createApp({
    ...{ rooms, aliases, answers, log, tracing },
    ids: requestIds(),
    admit: ({ authorization }) => identity.partitionOf(authorization),
    readiness: () => readiness(options),
    metrics: metricsPages(() => readings.read()),
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
    { clock, log, handler, classes: expressClasses(app) },
  );
}

function dashboardOf(options: ListenersOptions): Dashboard {
  const { interior, readings, log, isDraining } = options;
  const { rooms, invalidations } = interior;
  return openDashboard({
    ...{ log, rooms, invalidations, draining: isDraining },
    ...{ read: () => readings.read(), windows: readings.windows },
    rules: () => rulesOf(rooms.rules),
    folder: join(packageRoot(), 'src', 'operations', 'dashboard', 'page'),
  });
}

/** What an operator may see of the cache and do to it. */
function cacheAdminOptions(
  options: ListenersOptions,
  { invalidations }: Dashboard,
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
    explain(what) {
      const gate = slices.publicGate(options.settings());
      const asked = whatIf(what, { gate, own: publicListener(), partitionOf });
      const named = `${what.method} ${what.url}`;
      return asked instanceof Failure ? explainRefusal(named, asked) : explain(rooms, asked);
    },
  };
}

const NOWHERE: OwnAddress = { address: '127.0.0.1', port: 0 };

/** Addresses in nobody's name: what is asked for them carries no field of any caller. */
function admitAddresses(settings: Settings, own: OwnAddress): Admit {
  const gate = gateFor({ gate: slices.publicGate(settings), own, partitionOf: () => 'anon' });
  return (url) => gate({ method: 'GET', url, headers: [] });
}

function openOperations(
  options: ListenersOptions,
  dashboard: Dashboard,
  publicListener: () => OwnAddress,
): Promise<Listener> {
  const { readings, clock, log } = options;
  const settings = options.settings();
  const { host, port } = settings.operations;
  const ids = requestIds();
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
    readiness: () => readiness(options),
    admin: {
      log,
      settings: () => maskSettings(options.settings()),
      drain: options.askToStop,
      cache: cacheAdminOptions(options, dashboard, publicListener),
    },
    replyWithError: (res, failure) => {
      replyWithError(res, failure, { id: currentRequest() ?? ids.next() });
    },
  });
  const handler: Handler = (req, res) => {
    inRequest(ids.of(req.rawHeaders), res, () => {
      pages(req, res);
    });
  };
  const names = { host: 'OPERATIONS_HOST', port: 'OPERATIONS_PORT' };
  return listen(
    {
      bind: { host, port, backlog: BACKLOG, settings: names },
      gate: slices.operationsGate(settings),
      limits: slices.limitsSlice(settings),
    },
    { clock, log, handler, classes: expressClasses(pages) },
  );
}

export async function openListeners(
  options: ListenersOptions,
  open: Record<string, Listener>,
): Promise<Listeners> {
  const stop = async (): Promise<void> => {
    await Promise.all(Object.values(open).map((listener) => listener.stop()));
  };
  const dashboard = dashboardOf(options);
  try {
    const opened = await openPublic(options, () => open['public']?.address ?? '');
    open['public'] = opened;
    open['operations'] = await openOperations(options, dashboard, () => opened);
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return {
    open,
    admit: () => admitAddresses(options.settings(), open['public'] ?? NOWHERE),
    changeGates() {
      open['public']?.changeGate(slices.publicGate(options.settings()));
      open['operations']?.changeGate(slices.operationsGate(options.settings()));
    },
    async drain() {
      const { preStop: preStopMs, drain: limitMs } = options.settings().server;
      // The operator's listener stays until the last answer is out: it tells how far the drain is.
      const endMs = options.clock.nowMs() + limitMs;
      const drained = await open['public']?.drain({ preStopMs, limitMs });
      // What was promised for later is computed for somebody, though nobody waits for it.
      const answers = await options.interior.answers.whenAllCame(endMs - options.clock.nowMs());
      if (answers > 0) options.log.warn('answers_given_up', { answers });
      dashboard.end();
      await open['operations']?.drain({ preStopMs: 0, limitMs: OPERATIONS_DRAIN_MS });
      return drained ?? { forced: 0 };
    },
    stop,
  };
}

const OPERATIONS_DRAIN_MS = 1000;
