/** The places of answers that come later: how far they are, where they are, and the answers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answers, Found, Held } from '../src/cache/answers.js';
import { WHOLE } from '../src/cache/form.js';
import { present } from '../src/cache/present.js';
import type { Clock } from '../src/clock.js';
import { Failure } from '../src/errors.js';
import type { BoardedFlight, Later, RawHeaders } from '../src/message.js';
import { failedFields } from '../src/policy/cache-status.js';
import { firstValue, withField, withoutFields } from '../src/policy/headers.js';
import { replyWithError } from './error-reply.js';
import { send } from './send.js';

const PLACES = '/.leyden/answers/';
const ANSWER = '/answer';
const SECOND_MS = 1000;
const RETRY_MAX_S = 60;

export function locationOf(name: string): string {
  return PLACES + name;
}

/** For anonymous callers the name of a place is the key to it, so no log shows it. */
export function loggablePath(path: string): string {
  return path.startsWith(PLACES) ? PLACES : path;
}

interface Asked {
  readonly id: string;
  readonly method: string;
}

type Fields = readonly string[];

function writeJson(
  res: ServerResponse,
  asked: Asked,
  status: number,
  fields: Fields,
  json: object,
) {
  const body = Buffer.from(`${JSON.stringify(json)}\n`);
  res.writeHead(status, [
    ...['Content-Type', 'application/json', 'Content-Length', String(body.byteLength)],
    ...['Cache-Control', 'no-store', 'X-Content-Type-Options', 'nosniff'],
    ...fields,
    ...['X-Request-Id', asked.id],
  ]);
  res.end(asked.method === 'HEAD' ? undefined : body);
}

/** When it is worth while to ask again: when the computation usually has ended. */
function retryAfterS(elapsedMs: number, estimateMs: number | undefined): number {
  const leftS = Math.ceil(((estimateMs ?? 0) - elapsedMs) / SECOND_MS);
  return Math.min(Math.max(leftS, 1), RETRY_MAX_S);
}

interface Progress {
  readonly fields: Fields;
  readonly json: object;
}

function progressOf(flight: BoardedFlight, location: string, nowMs: number): Progress {
  const elapsedMs = Math.max(0, Math.round(nowMs - flight.startedMs));
  const estimateMs = flight.estimateMs === undefined ? undefined : Math.round(flight.estimateMs);
  const waiters = flight.waiters();
  return {
    fields: [
      ...['Retry-After', String(retryAfterS(elapsedMs, estimateMs))],
      ...(estimateMs === undefined ? [] : ['Leyden-Estimate-Ms', String(estimateMs)]),
      ...['Leyden-Waiters', String(waiters)],
    ],
    json: {
      state: 'computing',
      estimate_ms: estimateMs ?? null,
      elapsed_ms: elapsedMs,
      waiters,
      location,
    },
  };
}

/** 202: the promise, and where it will be kept. */
export function replyLater(
  res: ServerResponse,
  asked: Asked,
  { location, flight }: Later,
  { wait, nowMs }: { readonly wait: string | undefined; readonly nowMs: number },
): void {
  const { fields, json } = progressOf(flight, location, nowMs);
  const applied = wait === undefined ? 'respond-async' : `respond-async, ${wait}`;
  const told = ['Location', location, 'Preference-Applied', applied, 'Vary', 'Prefer', ...fields];
  writeJson(res, asked, 202, told, json);
}

export interface AnswersOptions {
  readonly answers: Answers;
  readonly clock: Clock;
  readonly visitOf: (req: IncomingMessage) => Visit;
}

interface Visit {
  readonly id: string;
  readonly host: string;
  readonly path: string;
  readonly partition: string;
}

/** What tells other caches how long they may keep it: this one is for who knows its address. */
const LIFETIMES: ReadonlySet<string> = new Set([
  ...['age', 'cdn-cache-control', 'expires', 'leyden-cache-control', 'surrogate-control'],
]);

function heldFields(headers: RawHeaders, heldMs: number, target: string | undefined): string[] {
  const ageS = Number(firstValue(headers, 'age') ?? 0) + Math.floor(heldMs / SECOND_MS);
  const kept = withField(withoutFields(headers, LIFETIMES), 'Cache-Control', 'no-store');
  return [
    ...kept,
    ...(ageS > 0 ? ['Age', String(ageS)] : []),
    ...(target === undefined ? [] : ['Content-Location', target]),
  ];
}

function sendHeld(
  res: ServerResponse,
  asked: Asked,
  { outcome, sinceMs }: Held,
  { target, nowMs }: { readonly target: string | undefined; readonly nowMs: number },
): void {
  const presented = present(outcome, WHOLE, asked.id);
  const headers = heldFields(presented.headers, nowMs - sinceMs, target);
  send(res, asked.method, { ...presented, headers });
}

const LOST = 'The answer is no longer held here; ask for it again.';
const RETRY_ELSEWHERE_S = 1;

function failureOf(found: Found & { kind: 'unknown' | 'elsewhere' | 'lost' }): Failure {
  switch (found.kind) {
    case 'unknown':
      return new Failure('not_found');
    case 'elsewhere':
      return new Failure('elsewhere', { retryAfterS: RETRY_ELSEWHERE_S });
    case 'lost':
      return new Failure('not_found', { detail: LOST });
  }
}

/** Serves `/.leyden/answers/**`; false for every other path. */
export function answersPages(options: AnswersOptions) {
  const { answers, clock } = options;
  return (req: IncomingMessage, res: ServerResponse, next: () => void): void => {
    const { id, host, path, partition } = options.visitOf(req);
    if (!path.startsWith(PLACES)) {
      next();
      return;
    }
    const { method = 'GET' } = req;
    const asked = { id, method };
    if (method !== 'GET' && method !== 'HEAD') {
      replyWithError(res, new Failure('method_refused'), { id, allow: ['GET', 'HEAD'] });
      return;
    }
    const isForAnswer = path.endsWith(ANSWER);
    const name = path.slice(PLACES.length, isForAnswer ? -ANSWER.length : undefined);
    const found = answers.find(name, { partition, host });
    const nowMs = clock.nowMs();
    const lead = (location: string): void => {
      writeJson(res, asked, 303, ['Location', location], { state: 'done', location });
    };
    switch (found.kind) {
      case 'computing': {
        const { fields, json } = progressOf(found.flight, locationOf(name), nowMs);
        if (isForAnswer) lead(locationOf(name));
        else writeJson(res, asked, 200, fields, json);
        return;
      }
      case 'ask-again':
        lead(found.target);
        return;
      case 'held': {
        const { held, target } = found;
        if (isForAnswer) sendHeld(res, asked, held, { target, nowMs });
        else lead(locationOf(name) + ANSWER);
        return;
      }
      case 'unknown':
      case 'elsewhere':
      case 'lost':
        replyWithError(res, failureOf(found), { id });
        return;
      case 'failed': {
        const { failure } = found;
        replyWithError(res, failure, { id, fields: failedFields(failure.code, undefined) });
      }
    }
  };
}
