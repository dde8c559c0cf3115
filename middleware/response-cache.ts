/** Turns an Express request into ours, asks the cache path, and writes what became of it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answers } from '../src/cache/answers.js';
import type { Alias, Aliases } from '../src/cache/aliases.js';
import { formOf } from '../src/cache/form.js';
import { LOOK_PAUSE_MS } from '../src/cache/looks.js';
import { present } from '../src/cache/present.js';
import type { Rooms } from '../src/cache/rooms.js';
import { serve } from '../src/cache/serve.js';
import { countOutcome } from '../src/cache/tally.js';
import { Failure } from '../src/errors.js';
import type { GatewayRequest, Later, Looked, OnInterim, Outcome } from '../src/message.js';
import { failedFields } from '../src/policy/cache-status.js';
import { allValues, combinedValue, hasField } from '../src/policy/headers.js';
import { replyLater } from './answers.js';
import { replyWithError } from './error-reply.js';
import { orLater, preferring, withPreference, type Patience } from './respond-async.js';
import { send } from './send.js';

/** What the gate and `admit` found out about a request before any middleware ran. */
export interface Admission {
  readonly id: string;
  readonly host: string;
  readonly path: string;
  readonly query: string | undefined;
  readonly partition: string;
  readonly startedMs: number;
  /** What the lane found before it left the request to us. */
  readonly looked?: Looked | undefined;
}

export interface ResponseCacheOptions {
  readonly rooms: Rooms;
  readonly aliases: Aliases;
  readonly answers: Answers;
  readonly admissionOf: (req: IncomingMessage) => Admission;
  /** Told once what became of the request, before the answer is written. */
  readonly tell: (req: IncomingMessage, outcome: Outcome | Later) => void;
}

/** RFC 8288, as far as Node lets it through. */
const EARLY_LINK = /^<[^>\r\n]*>(?:\s*;\s*[^;="\s]+(?:=(?:"[^"\r\n]*"|[^;"\s]*))?)*$/;

interface Caller {
  /** Fires when the caller has gone before the answer was out. */
  readonly gone: AbortSignal;
  /** He may leave: what he asked for is still wanted. */
  readonly letLeave: () => void;
}

function callerOf(res: ServerResponse): Caller {
  const controller = new AbortController();
  const leave = (): void => {
    if (!res.writableFinished) controller.abort();
  };
  res.once('close', leave);
  return { gone: controller.signal, letLeave: () => void res.off('close', leave) };
}

function hasBody(req: IncomingMessage): boolean {
  const length = combinedValue(req.rawHeaders, 'content-length');
  if (length !== undefined) return Number(length) > 0;
  return hasField(req.rawHeaders, 'transfer-encoding');
}

/** 102 and 103 as they come; after the answer has begun they are too late. */
function interimTo(res: ServerResponse): OnInterim {
  return (status, headers) => {
    if (res.headersSent || res.destroyed) return;
    if (status === 102) res.writeProcessing();
    if (status !== 103) return;
    const links = allValues(headers, 'link');
    // Node checks the links; one that it does not take is a hint the less, and no failure.
    if (links.every((link) => EARLY_LINK.test(link)) && links.length > 0) {
      res.writeEarlyHints({ link: links });
    }
  };
}

function requestOf(
  req: IncomingMessage,
  res: ServerResponse,
  at: Admission,
  gone: AbortSignal,
): GatewayRequest {
  return {
    id: at.id,
    method: req.method ?? 'GET',
    host: at.host,
    path: at.path,
    query: at.query,
    headers: req.rawHeaders,
    body: hasBody(req) ? req : undefined,
    peer: req.socket.remoteAddress ?? '',
    partition: at.partition,
    gone,
    looked: at.looked,
    // HTTP/1.0 knows no interim answers (RFC 9110 section 15.2).
    ...(req.httpVersionMinor >= 1 ? { interim: interimTo(res) } : {}),
  };
}

function failureOf(outcome: Outcome): Failure | undefined {
  if (outcome.kind === 'failed') return outcome.failure;
  if (outcome.kind !== 'no-route') return undefined;
  return new Failure(outcome.allow.length > 0 ? 'method_refused' : 'no_route');
}

export function responseCache(options: ResponseCacheOptions) {
  const { rooms, aliases, answers } = options;
  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const admission = options.admissionOf(req);
    const { startedMs } = admission;
    const { gone, letLeave } = callerOf(res);
    const given = requestOf(req, res, admission, gone);
    const { request, patience } = preferring(rooms, given, answers.waitMaxMs);
    const run = async (asked: GatewayRequest): Promise<Outcome> => {
      const outcome = await serve(rooms, asked, (route, keyed) => {
        // Only what the lane can decide by host, target and credential gets a short cut.
        if (!keyed.plain) return;
        const { key, partition } = keyed;
        const url = req.url ?? '';
        const known = aliases.get(request.partition, request.host, url);
        if (known?.key === key && known.partition === partition && known.sought) return;
        const alias: Alias = {
          ...{ key, partition, tally: rooms.tallies.of(route.pattern) },
          sought: rooms.second === undefined ? undefined : { route, keyed },
          lookFromMs: rooms.clock.nowMs() + LOOK_PAUSE_MS,
        };
        aliases.set(request.partition, request.host, url, alias);
      });
      if (outcome.kind !== 'no-route') {
        countOutcome(rooms.tallies, outcome, rooms.clock.nowMs() - startedMs);
      }
      return outcome;
    };
    if (patience === undefined) {
      const outcome = await run(request);
      options.tell(req, outcome);
      answer(rooms, res, request, outcome);
      return;
    }
    const asked = { request, patience, startedMs, handOff: letLeave, serve: run };
    const raced = await orLater(rooms, answers, asked);
    if (raced.kind === 'now') {
      options.tell(req, raced.outcome);
      answer(rooms, res, request, raced.outcome, { patience, isInTime: raced.isInTime });
      return;
    }
    options.tell(req, raced.later);
    const { wait } = patience;
    if (!res.destroyed) replyLater(res, request, raced.later, { wait, nowMs: rooms.clock.nowMs() });
  };
}

interface Heeded {
  readonly patience: Patience;
  readonly isInTime: boolean;
}

function answer(
  rooms: Rooms,
  res: ServerResponse,
  request: GatewayRequest,
  outcome: Outcome,
  heeded?: Heeded,
): void {
  if (res.destroyed) {
    letGo(outcome);
    return;
  }
  if (outcome.kind === 'no-route' || outcome.kind === 'failed') {
    const { id } = request;
    const failure = failureOf(outcome) ?? new Failure('internal');
    // Without a route the cache had no part in it.
    if (outcome.kind === 'no-route') replyWithError(res, failure, { id, allow: outcome.allow });
    else replyWithError(res, failure, { id, fields: failedFields(failure.code, outcome.bypass) });
    return;
  }
  const form = formOf(outcome, request, rooms.clock.wallMs());
  const presented = present(outcome, form, request.id);
  if (heeded === undefined || outcome.kind === 'bypass') {
    send(res, request.method, presented);
    return;
  }
  const headers = withPreference(presented.headers, heeded.patience, heeded.isInTime);
  send(res, request.method, { ...presented, headers });
}

/** The caller has gone: whatever still streams towards nobody is ended. */
function letGo(outcome: Outcome): void {
  if (!('reply' in outcome)) return;
  const { body } = outcome.reply;
  if (body !== undefined && !Buffer.isBuffer(body)) body.destroy();
}
