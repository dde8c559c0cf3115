/** The energy service over HTTP, alone on its listener: its endpoints, its health, its numbers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Express, RequestHandler } from 'express';
import type { Clock } from '../clock.js';
import { Failure } from '../errors.js';
import { inRequest, type Log } from '../log.js';
import type { RawHeaders, Reply as Answer } from '../message.js';
import { firstValue } from '../policy/headers.js';
import { isSafeMethod } from '../policy/tags.js';
import type { Handler } from '../server/door.js';
import type { RequestIds } from '../server/request-id.js';
import { collect, type LocalService } from '../upstream/local.js';
import { accessLog, ownPage, type Answered, type Fate } from './access-log.js';
import { failures, type Reply } from './failures.js';
import { live, ready, type Readiness } from './health.js';
import { plainExpress, securityFields } from './pages.js';
import type { TokenGuard } from './token.js';

export interface EnergyHttpOptions {
  readonly service: LocalService;
  /** The longest body that is read; what a single endpoint takes may be less. */
  readonly bodyBytesMax: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly ids: RequestIds;
  /** For /metrics: off loopback its numbers need the token. */
  readonly token: TokenGuard;
  readonly readiness: () => Readiness;
  readonly metrics: () => object;
  /** Resolves when nobody else can still give out what an act has made old. */
  readonly settled: () => Promise<void>;
  readonly replyWithError: Reply;
  readonly send: (res: ServerResponse, method: string, answer: SentAnswer) => void;
  /** The id of the trace that a caller stands in. */
  readonly traceOf: (headers: RawHeaders) => string | undefined;
  /** Undefined: nothing is traced. */
  readonly tracing: EnergyTracing | undefined;
}

type End = (answered: Answered, fate: Fate) => void;

/** A span for each request, in the trace of the gateway that asks. */
export interface EnergyTracing {
  request(headers: RawHeaders, peer: string, action: (end: End) => void): void;
}

interface SentAnswer {
  readonly status: number;
  readonly headers: string[];
  readonly body: Answer['body'];
}

interface Visit {
  readonly id: string;
  readonly path: string;
  readonly query: string | undefined;
  readonly hasBody: boolean;
  readonly startedMs: number;
  readonly trace: string | undefined;
  /** Ends its span, where there is one. */
  readonly end: End | undefined;
}

const NOT_FOUND = 404;

/** Its paths are its patterns: none has a part that changes. */
function fateOf(path: string, { status }: Answered): Fate {
  return { ...ownPage(), route: status === NOT_FOUND ? undefined : path };
}

/** Fires when the caller has gone before the answer was out. */
function goneSignal(res: ServerResponse): AbortSignal {
  const controller = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) controller.abort();
  });
  return controller.signal;
}

async function bodyOf(req: IncomingMessage, bytesMax: number): Promise<Buffer> {
  // Said before it is sent: nothing of it has to be read to refuse it.
  const declared = Number(firstValue(req.rawHeaders, 'content-length') ?? 0);
  if (declared > bytesMax) throw new Failure('body_too_large');
  return await collect(req, bytesMax);
}

export function energyHttp(options: EnergyHttpOptions): { app: Express; handler: Handler } {
  const { clock, ids, log, service } = options;
  const visits = new WeakMap<IncomingMessage, Visit>();
  const visitOf = (req: IncomingMessage): Visit => {
    const visit = visits.get(req);
    if (visit === undefined) throw new Error('A request reached Express past the gate.');
    return visit;
  };

  const energy: RequestHandler = async (req, res) => {
    const { id, path, query, hasBody } = visitOf(req);
    const { method } = req;
    const signal = goneSignal(res);
    const body = hasBody ? await bodyOf(req, options.bodyBytesMax) : undefined;
    const reply = await service.answer({
      ...{ method, path, query, body, signal },
      headers: req.rawHeaders,
    });
    if (!isSafeMethod(method)) await options.settled();
    if (res.destroyed) {
      if (!Buffer.isBuffer(reply.body)) reply.body.destroy();
      return;
    }
    const headers = [...reply.headers, 'X-Request-Id', id];
    options.send(res, method, { status: reply.status, headers, body: reply.body });
  };

  const app = plainExpress();
  app.use(
    accessLog({
      ...{ clock, log, visitOf, fateOf: ownPage },
      marksOf: ({ trace }: Visit) => ({ trace }),
      tell: ({ end, path }, answered) => end?.(answered, fateOf(path, answered)),
    }),
  );
  app.get('/health', securityFields(), live);
  app.get('/health/ready', securityFields(), ready(options.readiness));
  app.get('/metrics', securityFields(), options.token.check, (_req, res) => {
    res.set('Cache-Control', 'no-store').json(options.metrics());
  });
  app.use(energy);
  app.use(
    failures(log, (res, failure, req) => {
      // The rest of a body that is too long is not worth reading to keep its connection.
      if (failure.code === 'body_too_large') res.shouldKeepAlive = false;
      options.replyWithError(res, failure, req);
    }),
  );

  const handler: Handler = (req, res, { path, query, hasBody }) => {
    const id = ids.of(req.rawHeaders);
    const trace = options.traceOf(req.rawHeaders);
    const visit = { id, path, query, hasBody, startedMs: clock.nowMs(), trace };
    const run = (end?: End): void => {
      visits.set(req, { ...visit, end });
      app(req, res);
    };
    inRequest(id, res, () => {
      const { tracing } = options;
      if (tracing === undefined) run();
      else tracing.request(req.rawHeaders, req.socket.remoteAddress ?? '', run);
    });
  };
  return { app, handler };
}
