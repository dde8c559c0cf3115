/** How the energy service answers: complete bodies, honest statuses, fields a cache can use. */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { problemJson, type Failure } from '../errors.js';
import type { RawHeaders } from '../message.js';

export interface EnergyReply {
  readonly status: number;
  readonly headers: RawHeaders;
  /** A Readable is an answer that goes on; whoever takes it destroys it when nobody reads it. */
  readonly body: Buffer | Readable;
}

/** Every change of the state is followed by the deletion of what carries this tag. */
const ENERGY_TAG = 'energy';

/** An answer about the state: a cache may keep it until the state moves on. */
export function stateReply(body: Buffer, version: number): EnergyReply {
  const digest = createHash('sha256').update(body).digest('base64url').slice(0, 22);
  return {
    status: 200,
    headers: [
      ...['Content-Type', 'application/json'],
      ...['Content-Length', String(body.length)],
      ...['ETag', `"v${version}-${digest}"`],
      ...['Cache-Tag', ENERGY_TAG],
    ],
    body,
  };
}

/** An answer that is true only now: acts, logs, health. */
export function momentReply(answer: object, status = 200): EnergyReply {
  const body = Buffer.isBuffer(answer) ? answer : Buffer.from(JSON.stringify(answer));
  return {
    status,
    headers: [
      ...['Content-Type', 'application/json'],
      ...['Content-Length', String(body.length)],
      ...['Cache-Control', 'no-store'],
    ],
    body,
  };
}

/** The answer to an act that changed the state: by the tag a cache in front knows what is old. */
export function changeReply(answer: object): EnergyReply {
  const reply = momentReply(answer);
  return { ...reply, headers: [...reply.headers, 'Cache-Tag', ENERGY_TAG] };
}

/** An answer that goes on for as long as somebody reads it. */
export function eventsReply(body: Buffer | Readable): EnergyReply {
  return {
    status: 200,
    headers: [
      ...['Content-Type', 'text/event-stream'],
      ...['Cache-Control', 'no-store'],
      // A proxy that gathers answers before it passes them on would hold the news back.
      ...['X-Accel-Buffering', 'no'],
    ],
    body,
  };
}

/** Without Cache-Control: how long an error is kept is for the rule of the route to say. */
export function failureReply(failure: Failure, allow?: readonly string[]): EnergyReply {
  const body = Buffer.from(problemJson(failure));
  return {
    status: failure.status,
    headers: [
      ...['Content-Type', 'application/problem+json'],
      ...['Content-Length', String(body.length)],
      ...(failure.retryAfterS === undefined ? [] : ['Retry-After', String(failure.retryAfterS)]),
      ...(allow === undefined ? [] : ['Allow', allow.join(', ')]),
    ],
    body,
  };
}

/** A job is known again by its bytes, without keeping them. */
export function keyOfBody(kind: string, body: Uint8Array): string {
  return `${kind} ${createHash('sha256').update(body).digest('base64url')}`;
}
