/** One HTTP origin: a pool of connections, what is sent over them, and what is counted. */
import type { Socket } from 'node:net';
import { Pool } from 'undici';
import type { Clock } from '../clock.js';
import { Failure, OperatorError, type FailureCode } from '../errors.js';
import { openBudget, type Release } from '../guards/budget.js';
import { openRetryBudget } from '../guards/retry-budget.js';
import type { UpstreamRequest } from '../message.js';
import { openLine, type Line } from './connect.js';
import { exchange, type Ask, type ExchangeOutcome, type UpstreamReply } from './exchange.js';
import { areSendable, declaredLength, isTarget, isToken, requestFields } from './hop.js';

export interface OriginOptions {
  /** PEM text of the certificates that an `https://` origin is checked against. */
  readonly ca: string | undefined;
  /** Sockets, and so exchanges, at the same time. */
  readonly connections: number;
  /** Callers that may wait for a socket, and for how long. */
  readonly queued: number;
  readonly queueMs: number;
  readonly connectMs: number;
  readonly headMs: number;
  readonly idleBodyMs: number;
  /** How long an unused socket is kept. */
  readonly keepAliveMs: number;
  readonly headBytesMax: number;
  readonly fieldsMax: number;
  /** Interim answers (102, 103) before the real one. */
  readonly interimMax: number;
  /** The largest request body; what declares more is refused before anything is sent. */
  readonly requestBytesMax: number;
  /** The part of all questions that may be asked again. */
  readonly retryShare: number;
}

export type FailureCounts = Readonly<Partial<Record<FailureCode, number>>>;

export interface OriginStats {
  readonly url: string;
  readonly inUse: number;
  readonly max: number;
  readonly waiting: number;
  /** Exchanges that had to wait for a socket, and all their waits. */
  readonly waited: number;
  readonly waitedMs: number;
  /** Sockets open now, and opened since the start. */
  readonly open: number;
  readonly opened: number;
  readonly retries: number;
  /** Questions that were not asked again because too many were already. */
  readonly retriesRefused: number;
  readonly abandoned: number;
  readonly errors: FailureCounts;
}

export interface Origin {
  readonly url: string;
  fetch(request: UpstreamRequest): Promise<UpstreamReply>;
  /** Callers served or waiting now. */
  load(): number;
  stats(): OriginStats;
  /** Takes no new socket use after the last caller, then closes. */
  retire(): Promise<void>;
  /** Ends every exchange at once. */
  destroy(): Promise<void>;
}

/** The origin: scheme and authority only, so that a target can only be appended. */
export function parseOrigin(text: string): URL {
  const wrong = new OperatorError(
    'An upstream url must be http:// or https:// with a host and an optional port, nothing else.',
  );
  if (!URL.canParse(text)) throw wrong;
  const url = new URL(text);
  const plain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  const known = url.protocol === 'http:' || url.protocol === 'https:';
  if (!known || !plain || url.pathname !== '/' || url.hostname === '') throw wrong;
  return url;
}

/** Retries that nobody's traffic has to pay for: those who come rarely need one now and then. */
const RETRIES_SAVED = 10;
const RETRIES_PER_SECOND = 1;

function askOf(request: UpstreamRequest, bytesMax: number): Ask {
  if (!isTarget(request.target)) throw new Failure('bad_target');
  const headers = requestFields(request.headers);
  // The pool loses a connection for good when the library refuses to write a request.
  if (!isToken(request.method) || request.method === 'CONNECT' || !areSendable(headers)) {
    throw new Failure('bad_request');
  }
  const { body } = request;
  const length = declaredLength(request.headers);
  const bytes = Buffer.isBuffer(body) ? body.byteLength : Number(length ?? 0);
  if (bytes > bytesMax) throw new Failure('body_too_large');
  if (body !== undefined && !Buffer.isBuffer(body) && length !== undefined) {
    headers.push('content-length', length);
  }
  return {
    method: request.method,
    target: request.target,
    headers,
    body,
    signal: request.signal,
    repeatable: body === undefined && (request.method === 'GET' || request.method === 'HEAD'),
    onInterim: request.onInterim,
    last: false,
  };
}

export function openOrigin(text: string, options: OriginOptions, clock: Clock): Origin {
  const url = parseOrigin(text);
  const { connections: concurrent, queued, queueMs: waitMs } = options;
  const budget = openBudget({ concurrent, queued, waitMs }, clock);
  const sockets = new Set<Socket>();
  const extras = new Set<Line>();
  const errors: Partial<Record<FailureCode, number>> = {};
  let opened = 0;
  const retryBudget = openRetryBudget(
    { share: options.retryShare, reserve: RETRIES_SAVED, perSecond: RETRIES_PER_SECOND },
    clock,
  );
  let retries = 0;
  let abandoned = 0;

  const whenOpen = (socket: Socket): void => {
    opened += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  const line = (): Line => openLine(url, options, clock, whenOpen);
  const pool = new Pool(url, { connections: concurrent, pipelining: 1, factory: line });

  const count = (failure: Failure | undefined): void => {
    if (failure === undefined) return;
    if (failure.code === 'abandoned') abandoned += 1;
    else errors[failure.code] = (errors[failure.code] ?? 0) + 1;
  };

  const send = (ask: Ask, release: Release): Promise<ExchangeOutcome> =>
    exchange(pool, ask, {
      clock,
      limits: options,
      over(failure) {
        count(failure);
        release();
      },
    });

  /** Once more, on a socket that nobody has used; the place in the budget is kept meanwhile. */
  const sendAgain = (ask: Ask, release: Release): Promise<ExchangeOutcome> => {
    retries += 1;
    const extra = line();
    extras.add(extra);
    return exchange(
      extra,
      { ...ask, repeatable: false, last: true },
      {
        clock,
        limits: options,
        over(failure) {
          count(failure);
          release();
          extras.delete(extra);
          extra.destroy().catch(() => undefined);
        },
      },
    );
  };

  const enter = async (request: UpstreamRequest): Promise<Release> => {
    try {
      return await budget.enter(request.signal, request);
    } catch (thrown) {
      if (thrown instanceof Failure) count(thrown);
      throw thrown;
    }
  };

  return {
    url: url.origin,
    async fetch(request) {
      const ask = askOf(request, options.requestBytesMax);
      const release = await enter(request);
      retryBudget.earn();
      let outcome = await send(ask, release);
      if (outcome.kind === 'unheard') {
        if (retryBudget.spend()) {
          outcome = await sendAgain(ask, release);
        } else {
          count(outcome.failure);
          release();
        }
      }
      if (outcome.kind === 'answered') return outcome.reply;
      throw outcome.failure;
    },
    load() {
      const { running, waiting } = budget.stats();
      return running + waiting;
    },
    stats() {
      const { running: inUse, max, waiting, waited, waitedMs } = budget.stats();
      const open = sockets.size;
      return {
        url: url.origin,
        inUse,
        max,
        waiting,
        waited,
        waitedMs,
        open,
        opened,
        retries,
        retriesRefused: retryBudget.refused(),
        abandoned,
        errors: { ...errors },
      };
    },
    async retire() {
      await budget.whenIdle();
      await pool.close();
    },
    async destroy() {
      const reason = new Failure('draining');
      await Promise.all([pool.destroy(reason), ...[...extras].map((one) => one.destroy(reason))]);
      for (const socket of sockets) socket.destroy();
    },
  };
}
