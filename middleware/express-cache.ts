/** The response cache in somebody's own app: keys a request and serves it, or steps aside. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { formOf } from '../src/cache/form.js';
import { present, type Presented } from '../src/cache/present.js';
import type { Rooms } from '../src/cache/rooms.js';
import { serve } from '../src/cache/serve.js';
import { countOne, countOutcome } from '../src/cache/tally.js';
import { problemJson } from '../src/errors.js';
import type { GatewayRequest, Outcome } from '../src/message.js';
import { failedFields } from '../src/policy/cache-status.js';
import { call, type Handler, type Next } from './detached.js';
import { prototypeOf } from './detached-request.js';
import { runDirectly } from './express-direct.js';
import { roomsFor, routeAt, type Mount } from './express-rooms.js';
import { sendInto } from './express-send.js';
import { placeOf } from './mounted-url.js';

/** What a judge of raw bytes found in a request that has one reading only. */
export interface Arrival {
  readonly id: string;
  /** '' where the host is not keyed. */
  readonly host: string;
  readonly path: string;
  readonly query: string | undefined;
  readonly authorization: string | undefined;
  readonly hasBody: boolean;
}

export interface ExpressCacheOptions extends Mount {
  readonly handler: Handler;
  /** Undefined for a request that could be read in two ways: it is never keyed. */
  readonly arrivalOf: (req: IncomingMessage, target: string) => Arrival | undefined;
  readonly partitionOf: (authorization: string | undefined) => string;
  /** Hears of each request that could be read in two ways. */
  readonly ambiguous: () => void;
}

type Failed = Outcome & { readonly kind: 'failed' };

/** Fires when the caller has gone before the answer was out. */
function goneSignal(res: ServerResponse): AbortSignal {
  const controller = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) controller.abort();
  });
  return controller.signal;
}

function presentFailure({ failure, bypass }: Failed, id: string): Presented {
  const { status, retryAfterS } = failure;
  const body = Buffer.from(problemJson(failure, id));
  const headers = [
    ...['Content-Type', 'application/problem+json'],
    ...['Content-Length', String(body.byteLength)],
    ...['Cache-Control', 'no-store'],
    ...['X-Content-Type-Options', 'nosniff'],
    ...(retryAfterS === undefined ? [] : ['Retry-After', String(retryAfterS)]),
    ...failedFields(failure.code, bypass),
    ...['X-Request-Id', id],
  ];
  return { status, headers, body };
}

/** Whatever still streams towards nobody is ended. */
function letGo(outcome: Outcome): void {
  if (!('reply' in outcome)) return;
  const { body } = outcome.reply;
  if (body !== undefined && !Buffer.isBuffer(body)) body.destroy();
}

interface Visit {
  readonly rooms: Rooms;
  readonly request: GatewayRequest;
  readonly name: string;
  readonly startedMs: number;
}

async function answer(visit: Visit, res: ServerResponse, next: Next): Promise<void> {
  const { rooms, request, name, startedMs } = visit;
  const outcome = await serve(rooms, request);
  if (outcome.kind === 'no-route') throw new Error('One handler is one route, and always matches.');
  if (outcome.kind === 'failed' && outcome.failure.code === 'no_route') {
    // The handler said `next()`: what it does not answer is not ours to answer either.
    countOne(rooms.tallies.of(name).bypassed, 'no-cache-rule');
    next(outcome.failure.cause ?? undefined);
    return;
  }
  countOutcome(rooms.tallies, outcome, rooms.clock.nowMs() - startedMs);
  // The app may have given up waiting, and answered by itself.
  if (res.destroyed || res.headersSent || res.writableEnded) {
    letGo(outcome);
    return;
  }
  const { method, id } = request;
  if (outcome.kind === 'failed') sendInto(res, method, presentFailure(outcome, id));
  else {
    const form = formOf(outcome, request, rooms.clock.wallMs());
    sendInto(res, method, present(outcome, form, id));
  }
}

export function expressCache(
  options: ExpressCacheOptions,
): (req: IncomingMessage, res: ServerResponse, next: Next) => void {
  const { handler, plan } = options;
  const { clock, credentials } = options.rooms;
  return (req, res, next) => {
    const startedMs = clock.nowMs();
    const place = placeOf(req);
    const arrival = options.arrivalOf(req, place.target);
    if (arrival === undefined) {
      options.ambiguous();
      call(handler, req, res, next);
      return;
    }
    const { id, host, path, query, authorization, hasBody } = arrival;
    const request: GatewayRequest = {
      ...{ id, host, path, query },
      method: req.method ?? 'GET',
      headers: req.rawHeaders,
      body: hasBody ? req : undefined,
      peer: req.socket.remoteAddress ?? '',
      partition: options.partitionOf(authorization),
      gone: goneSignal(res),
    };
    const route = routeAt(options.route, place);
    const keying = plan.key(route, request, credentials);
    const keyed = keying.kind === 'keyed' ? keying : undefined;
    const prototypes = { req: prototypeOf(req), res: prototypeOf(res) };
    const rooms = roomsFor(options, { place, route, request, keyed, prototypes });
    const name = route.pattern;
    if (keying.kind === 'bypass') {
      runDirectly(handler, { rooms, request, route: name, reason: keying.reason }, req, res, next);
      return;
    }
    answer({ rooms, request, name, startedMs }, res, next).catch(next);
  };
}
