/** The response cache in somebody's own app: keys a request, serves it, or lets the handler do it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { formOf } from '../src/cache/form.js';
import type { Plan, Task } from '../src/cache/plan.js';
import { present } from '../src/cache/present.js';
import type { Rooms } from '../src/cache/rooms.js';
import { serve } from '../src/cache/serve.js';
import { countOne, countOutcome } from '../src/cache/tally.js';
import { Failure, problemJson } from '../src/errors.js';
import type { GatewayRequest, Outcome, Reply, UpstreamRequest } from '../src/message.js';
import { CACHE_WORDS, forwardedStatus } from '../src/policy/cache-status.js';
import { targetOf } from '../src/policy/key.js';
import type { Route } from '../src/policy/rules.js';
import { call, type DetachedAsk, type Handler, type Next } from './detached.js';
import { prototypeOf } from './detached-request.js';
import { directRun } from './express-direct.js';
import { sendInto } from './express-send.js';
import { placeOf, type Place } from './mounted-url.js';

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

export interface ExpressCacheOptions {
  readonly rooms: Omit<Rooms, 'rules' | 'plans' | 'fetch'>;
  /** Its pattern is the name in the numbers. */
  readonly route: Route;
  readonly plan: Plan;
  readonly handler: Handler;
  /** Undefined for a request that could be read in two ways: it is never keyed. */
  readonly arrivalOf: (req: IncomingMessage, target: string) => Arrival | undefined;
  readonly partitionOf: (authorization: string | undefined) => string;
  readonly detached: (ask: DetachedAsk) => Promise<Reply>;
  /** Hears of each request that could be read in two ways. */
  readonly ambiguous: () => void;
}

/** The tag under which everything stored for a path can be purged, whatever its host and query. */
export function pathTag(path: string): string {
  return `path:${path}`;
}

/** Fires when the caller has gone before the answer was out. */
function goneSignal(res: ServerResponse): AbortSignal {
  const controller = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** One request on its way: what serves it, and what it is. */
interface Visit {
  readonly rooms: Rooms;
  readonly task: Task;
  readonly request: GatewayRequest;
  readonly startedMs: number;
}

/** The route as it stands at this mount: what the handler sees of the mount is keyed too. */
function routeAt(route: Route, { baseUrl, params }: Place): Route {
  return {
    ...route,
    version: `${route.version} ${JSON.stringify([baseUrl, params])}`,
    strip: baseUrl === '' ? undefined : baseUrl,
  };
}

function fetchAt(
  options: ExpressCacheOptions,
  { place, host, path }: { place: Place; host: string; path: string },
  prototypes: DetachedAsk['prototypes'],
  isForOne: DetachedAsk['isForOne'],
): Rooms['fetch'] {
  const { baseUrl, params } = place;
  return ({ method, target, headers, signal }: UpstreamRequest) => {
    const mark = target.indexOf('?');
    const query = mark < 0 ? undefined : target.slice(mark + 1);
    const seen = {
      ...{ method, baseUrl, params, url: target },
      originalUrl: targetOf(path, query),
      headers: host === '' ? headers : ['Host', host, ...headers],
    };
    return options.detached({ seen, prototypes, signal, isForOne });
  };
}

function failedReply(failure: Failure, id: string): { headers: string[]; body: Buffer } {
  const body = Buffer.from(problemJson(failure, id));
  const { retryAfterS } = failure;
  const headers = [
    ...['Content-Type', 'application/problem+json'],
    ...['Content-Length', String(body.byteLength)],
    ...['Cache-Control', 'no-store'],
    ...['X-Content-Type-Options', 'nosniff'],
    ...(retryAfterS === undefined ? [] : ['Retry-After', String(retryAfterS)]),
    ...['X-Request-Id', id],
  ];
  return { headers, body };
}

/** Whatever still streams towards nobody is ended. */
function letGo(outcome: Outcome): void {
  if (!('reply' in outcome)) return;
  const { body } = outcome.reply;
  if (body !== undefined && !Buffer.isBuffer(body)) body.destroy();
}

async function answer(
  { rooms, task, request, startedMs }: Visit,
  res: ServerResponse,
  next: Next,
): Promise<void> {
  const outcome = await serve(rooms, request);
  const tally = rooms.tallies.of(task.route.pattern);
  if (outcome.kind === 'no-route') throw new Error('A cache of one handler has one route.');
  if (outcome.kind === 'failed' && outcome.failure.code === 'no_route') {
    // The handler said `next()`: what it does not answer is not ours to answer either.
    countOne(tally.bypassed, 'no-cache-rule');
    next(outcome.failure.cause ?? undefined);
    return;
  }
  countOutcome(rooms.tallies, outcome, rooms.clock.nowMs() - startedMs);
  if (res.destroyed || res.headersSent || res.writableEnded) {
    letGo(outcome);
    return;
  }
  const { method, id } = request;
  if (outcome.kind === 'failed') {
    const { failure } = outcome;
    sendInto(res, method, { status: failure.status, ...failedReply(failure, id) });
    return;
  }
  const form = formOf(outcome, request, rooms.clock.wallMs());
  sendInto(res, method, present(outcome, form, id));
}

export function expressCache(options: ExpressCacheOptions): Handler {
  const { handler, rooms: shared } = options;
  const visitOf = (req: IncomingMessage, res: ServerResponse): Visit | string => {
    const startedMs = shared.clock.nowMs();
    const place = placeOf(req);
    const arrival = options.arrivalOf(req, place.target);
    if (arrival === undefined) {
      options.ambiguous();
      return 'ambiguous';
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
    const tags = [...options.plan.tags, pathTag(path)];
    const keyed = options.plan.key(route, request, shared.credentials);
    const plan: Plan = { ...options.plan, tags, key: () => keyed };
    const prototypes = { req: prototypeOf(req), res: prototypeOf(res) };
    const task = { route, plan, request };
    const rooms: Rooms = {
      ...shared,
      rules: { routes: [route], match: () => ({ kind: 'route', route }) },
      plans: new Map([[route, plan]]),
      fetch: fetchAt(options, { place, host, path }, prototypes, (reply) => {
        return keyed.kind === 'bypass' || plan.judge({ ...task, keyed }, reply).alone !== undefined;
      }),
    };
    return undefined as never;
  };
  return (req, res, next) => {
    void visitOf;
    void handler;
    void call;
    void CACHE_WORDS;
    void forwardedStatus;
    void directRun;
    void answer;
    next();
  };
}
