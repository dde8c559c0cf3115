/** Runs a handler of somebody's app once, away from its callers, and answers like an upstream. */
import type { AsyncResource } from 'node:async_hooks';
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../src/clock.js';
import { Failure } from '../src/errors.js';
import type { Budget, Terms } from '../src/guards/budget.js';
import { SilenceLimit } from '../src/guards/deadline.js';
import type { Reply } from '../src/message.js';
import { detachedRequest, type Seen } from './detached-request.js';
import { detachedResponse } from './detached-response.js';
import { Sink } from './detached-sink.js';

export type Next = (thrown?: unknown) => void;
export type Handler = (req: IncomingMessage, res: ServerResponse, next: Next) => unknown;

/** The prototypes that an app gives its messages: with them they are its own kind. */
export interface Prototypes {
  readonly req: object;
  readonly res: object;
}

export interface DetachedOptions {
  readonly handler: Handler;
  readonly clock: Clock;
  readonly budget: Budget;
  /** Until then the answer is complete, or nothing more of it is kept. */
  readonly deadlineMs: number;
  readonly bodyBytesMax: () => number;
  /** Of the start: what a caller's own context holds must not reach an answer for many. */
  readonly scope: AsyncResource;
  /** Hears of what the handler threw. */
  readonly failed: (thrown: unknown) => void;
}

export interface DetachedAsk {
  readonly seen: Seen;
  readonly prototypes: Prototypes;
  readonly signal: AbortSignal | undefined;
  /** How it waits for its turn. */
  readonly terms: Terms;
  /** Whether the answer streams to one caller, who may take his time. */
  readonly isForOne: (reply: Reply) => boolean;
}

/** An expected error says its own status, as errors of Express and its libraries do. */
function statusOfThrown(thrown: unknown): number {
  if (typeof thrown !== 'object' || thrown === null) return 500;
  const { status, statusCode } = thrown as { status?: unknown; statusCode?: unknown };
  const said = typeof status === 'number' ? status : statusCode;
  return typeof said === 'number' && said >= 400 && said <= 599 ? Math.floor(said) : 500;
}

function problemReply(status: number): Reply {
  const title = STATUS_CODES[status] ?? 'Error';
  const body = Buffer.from(JSON.stringify({ type: 'about:blank', title, status }));
  const length = String(body.byteLength);
  const headers = ['Content-Type', 'application/problem+json', 'Content-Length', length];
  return { status, headers, body };
}

const isBodiless = (method: string, status: number): boolean =>
  method === 'HEAD' || status === 204 || status === 304;

/** Express writes `'route'` and `'router'` where others write nothing: on to what comes next. */
const isFallThrough = (thrown: unknown): boolean =>
  thrown === undefined || thrown === null || thrown === 'route' || thrown === 'router';

/** One run: whatever happens first to it decides, and what happens later is dropped. */
function run(options: DetachedOptions, { seen, prototypes, signal, isForOne }: DetachedAsk) {
  const { clock, deadlineMs } = options;
  return new Promise<Reply>((resolve, reject) => {
    const limit = new SilenceLimit(clock);
    let isAnswered = false;
    let isOver = false;
    let mayLinger = false;
    const stop = (): void => {
      isOver = true;
      limit.stop();
      signal?.removeEventListener('abort', leave);
    };
    const fail = (failure: Failure): void => {
      if (isOver) return;
      stop();
      reject(failure);
      if (isAnswered) sink.body.destroy(failure);
      sink.destroy();
    };
    const leave = (): void => {
      fail(new Failure('abandoned'));
    };
    const late = (): void => {
      // A reader who is slow is not the handler's fault; his own connection has limits.
      if (mayLinger && sink.body.readableLength > 0) limit.start(deadlineMs, late);
      else fail(new Failure(isAnswered ? 'body_timeout' : 'head_timeout'));
    };
    const sink: Sink = new Sink({
      head({ status, headers }) {
        if (status > 599) {
          fail(new Failure('status'));
          return;
        }
        isAnswered = true;
        sink.isBodiless = isBodiless(seen.method, status);
        const reply = { status, headers, body: sink.isBodiless ? undefined : sink.body };
        mayLinger = isForOne(reply);
        resolve(reply);
      },
      moved(contentBytes) {
        mayLinger ||= contentBytes > options.bodyBytesMax();
        if (mayLinger) limit.touch();
      },
      broken: fail,
    });
    // The parts of a socket that messages use are there; the type asks for all of them.
    const socket = sink as unknown as Socket;
    const req = detachedRequest(seen, socket, prototypes.req);
    const res = detachedResponse(req, sink, prototypes.res);
    const next: Next = (thrown) => {
      if (isOver) return;
      if (isFallThrough(thrown)) {
        fail(new Failure('no_route', { cause: thrown }));
        return;
      }
      const status = statusOfThrown(thrown);
      if (status >= 500) options.failed(thrown);
      if (!isAnswered && status !== 500) resolve(problemReply(status));
      fail(new Failure('internal', { cause: thrown }));
    };
    Object.assign(req, { res, next });
    // Writing behind the end is a mistake that would end the process if nobody listened.
    res.on('error', options.failed);
    res.once('finish', () => {
      sink.finish();
      if (isOver) return;
      stop();
      // Whoever waits for the end of the response hears of it, as on a real connection.
      if (sink.isBodiless) sink.destroy();
      else sink.body.once('end', () => sink.destroy());
    });
    sink.once('close', () => {
      fail(new Failure(isAnswered ? 'truncated' : 'reset'));
    });
    if (signal?.aborted === true) {
      leave();
      return;
    }
    signal?.addEventListener('abort', leave, { once: true });
    limit.start(deadlineMs, late);
    options.scope.runInAsyncScope(() => {
      call(options.handler, req, res, next);
    });
  });
}

/** Calls a handler; what it throws or rejects with goes to `next`, in every version of Express. */
export function call(
  handler: Handler,
  req: IncomingMessage,
  res: ServerResponse,
  next: Next,
): void {
  const refuse = (thrown: unknown): void => {
    next(thrown ?? new Error('The handler was rejected without a reason.'));
  };
  try {
    Promise.resolve(handler(req, res, next)).catch(refuse);
  } catch (thrown) {
    refuse(thrown);
  }
}

export function openDetached(options: DetachedOptions): (ask: DetachedAsk) => Promise<Reply> {
  return async (ask) => {
    const release = await options.budget.enter(ask.signal, ask.terms);
    try {
      const reply = await run(options, ask);
      if (reply.body === undefined || Buffer.isBuffer(reply.body)) release();
      // The work is not done before its last byte is out, or its reader has gone.
      else reply.body.once('close', release);
      return reply;
    } catch (thrown) {
      release();
      throw thrown;
    }
  };
}
