/** The pipeline: gate, lane, then Express from top to bottom; here alone stands the order. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ErrorRequestHandler, Express, RequestHandler } from 'express';
import { answersPages, loggablePath } from '../middleware/answers.js';
import { replyWithError } from '../middleware/error-reply.js';
import { responseCache } from '../middleware/response-cache.js';
import type { Aliases } from './cache/aliases.js';
import type { Answers } from './cache/answers.js';
import type { Rooms } from './cache/rooms.js';
import { asFailure, describeThrown } from './errors.js';
import { inRequest, type Log } from './log.js';
import type { Later, Looked, Outcome } from './message.js';
import { accessFields, accessLog, ownPage, type Fate } from './operations/access-log.js';
import { live, ready, type Readiness } from './operations/health.js';
import type { MetricsPages } from './operations/metrics.js';
import { plainExpress, securityFields } from './operations/pages.js';
import { openLane, type Admit } from './server/lane.js';
import type { Handler } from './server/door.js';
import type { Admitted } from './server/gate.js';
import type { RequestIds } from './server/request-id.js';
import type { EndRequest, Tracing } from './tracing.js';

export interface AppOptions {
  readonly rooms: Rooms;
  readonly aliases: Aliases;
  readonly answers: Answers;
  readonly admit: Admit;
  readonly ids: RequestIds;
  readonly log: Log;
  /** Undefined: nothing is traced. */
  readonly tracing?: Tracing | undefined;
  readonly readiness: () => Readiness;
  readonly metrics: MetricsPages;
  /** Whether this request may read /metrics on the public listener. */
  readonly mayReadMetrics: (req: IncomingMessage) => boolean;
}

/** What is known of a request from its admission to its access line. */
interface Visit {
  readonly id: string;
  readonly host: string;
  readonly path: string;
  readonly query: string | undefined;
  readonly partition: string;
  readonly startedMs: number;
  readonly looked: Looked | undefined;
  outcome: Outcome | Later | undefined;
  /** Ends its span, where there is one. */
  readonly end: EndRequest | undefined;
}

/** Under a detail the log and the metrics use the same closed words as Cache-Status. */
function detailOf(outcome: Outcome | Later): string | undefined {
  switch (outcome.kind) {
    case 'hit':
      return outcome.negative ? 'negative' : outcome.tier;
    case 'stale':
    case 'bypass':
      return outcome.reason;
    case 'miss':
      return outcome.refused ?? (outcome.joined ? 'collapsed' : 'stored');
    case 'failed':
      return outcome.failure.code;
    case 'later':
    case 'no-route':
      return undefined;
  }
}

function fateOf(outcome: Outcome | Later | undefined): Fate {
  if (outcome === undefined) return ownPage();
  const route = 'route' in outcome ? outcome.route : undefined;
  return { outcome: outcome.kind, detail: detailOf(outcome), route };
}

export function createApp(options: AppOptions): { app: Express; handler: Handler } {
  const { rooms, aliases, answers, log, ids, tracing } = options;
  const visits = new WeakMap<IncomingMessage, Visit>();
  const visitOf = (req: IncomingMessage): Visit => {
    const visit = visits.get(req);
    if (visit === undefined) throw new Error('A request reached Express past the gate.');
    return visit;
  };

  const security = securityFields();
  const metricsPage: RequestHandler = (req, res, next) => {
    // To a stranger it does not exist.
    if (!options.mayReadMetrics(req)) {
      next();
      return;
    }
    security(req, res, () => {
      void options.metrics.negotiated(req, res, next);
    });
  };
  const errorReply: ErrorRequestHandler = (thrown: unknown, req, res, next) => {
    const failure = asFailure(thrown);
    if (failure.code === 'internal') log.error('request_failed', describeThrown(thrown));
    if (res.headersSent) next(thrown);
    else replyWithError(res, failure, { id: visitOf(req).id });
  };

  const app = plainExpress();
  app.use(
    accessLog({
      ...{ clock: rooms.clock, log, visitOf, shownPath: loggablePath },
      fateOf: (visit: Visit) => fateOf(visit.outcome),
      tell: ({ end }, answered, fate) => end?.(answered, fate),
    }),
  );
  app.get('/health', securityFields(), live);
  app.get('/health/ready', securityFields(), ready(options.readiness));
  app.get('/metrics', metricsPage);
  app.use(answersPages({ answers, clock: rooms.clock, visitOf }));
  app.use(
    responseCache({
      rooms,
      aliases,
      answers,
      admissionOf: visitOf,
      tell: (req, outcome) => {
        visitOf(req).outcome = outcome;
      },
    }),
  );
  app.use(errorReply);

  const lane = openLane({
    rooms,
    aliases,
    admit: options.admit,
    idOf: (rawHeaders) => ids.of(rawHeaders),
    leave: ({ req, res, admitted, startedMs }, id, looked) => {
      slow(req, res, admitted, { startedMs, id, looked });
    },
    tell(answered, outcome) {
      const fate = fateOf(outcome);
      log.access(accessFields(answered, fate));
      if (tracing === undefined) return;
      tracing.hit(answered.rawHeaders, () => rooms.trusts(answered.peer), answered, fate);
    },
  });

  const slow = (
    req: IncomingMessage,
    res: ServerResponse,
    admitted: Admitted,
    before: Pick<Visit, 'startedMs' | 'id' | 'looked'>,
  ): void => {
    const partition = options.admit(admitted);
    const { host, path, query } = admitted;
    const { startedMs, id, looked } = before;
    const run = (end?: EndRequest): void => {
      const outcome = undefined;
      visits.set(req, { id, host, path, query, partition, startedMs, looked, outcome, end });
      app(req, res);
    };
    // The lane is never slowed by it: most hits write one line, and that one names its id.
    inRequest(id, res, () => {
      if (tracing === undefined) run();
      else tracing.request(req.rawHeaders, rooms.trusts(req.socket.remoteAddress ?? ''), run);
    });
  };

  const handler: Handler = (req, res, admitted) => {
    if (lane(req, res, admitted)) return;
    const id = ids.of(req.rawHeaders);
    slow(req, res, admitted, { startedMs: rooms.clock.nowMs(), id, looked: undefined });
  };
  return { app, handler };
}
