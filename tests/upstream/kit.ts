/** What the upstream tests share: a clock turned by hand, options, requests, reading a body. */
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { systemClock, type Clock } from '../../src/clock.js';
import { Failure } from '../../src/errors.js';
import type { Log } from '../../src/log.js';
import type { UpstreamRequest } from '../../src/message.js';
import type { UpstreamOptions } from '../../src/upstream/directory.js';
import { openOrigin, type Origin } from '../../src/upstream/http.js';
import { handClock, type HandClock } from '../fakes/hand-clock.js';
import { keptLog } from '../fakes/kept-log.js';

export type { HandClock } from '../fakes/hand-clock.js';
export { settle, textOf as text, until } from '../fakes/waiting.js';

/** It begins at nought, so that a test can name moments. */
export function openHandClock(): HandClock {
  return handClock(0);
}

export const OPTIONS: UpstreamOptions = {
  url: 'local',
  ca: undefined,
  connections: 8,
  queued: 100,
  queueMs: 10_000,
  connectMs: 5_000,
  headMs: 10_000,
  idleBodyMs: 10_000,
  keepAliveMs: 4_000,
  headBytesMax: 16 * 1024,
  fieldsMax: 200,
  interimMax: 32,
  requestBytesMax: 100_000_000,
  localBodyBytesMax: 1024,
  sickAfter: 3,
  sickShare: 0.5,
  sickCallsMin: 20,
  sickWindowMs: 10_000,
  sickForMs: 5_000,
  retryShare: 0.1,
  ownerEcho: false,
};

export function request(more: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return {
    upstream: 'test',
    id: 'r1',
    method: 'GET',
    target: '/',
    headers: [],
    body: undefined,
    signal: undefined,
    priority: 'foreground',
    ...more,
  };
}

const opened: Origin[] = [];

export function origin(
  url: string,
  more: Partial<UpstreamOptions> = {},
  clock: Clock = systemClock,
): Origin {
  const one = openOrigin(url, { ...OPTIONS, ...more }, clock);
  opened.push(one);
  return one;
}

/** For `afterEach`: no socket outlives its test. */
export async function closeOrigins(): Promise<void> {
  await Promise.all(opened.splice(0).map((one) => one.destroy()));
}

/** The code of the failure that `work` ends in, or `none`. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (thrown) {
    return thrown instanceof Failure ? thrown.code : `not a Failure: ${String(thrown)}`;
  }
}

export async function closed(socket: { readonly closed: boolean } & NodeJS.EventEmitter) {
  if (!socket.closed) await once(socket, 'close');
}

/** A body that a test feeds by hand. */
export function handBody(): Readable {
  return new Readable({ read: () => undefined });
}

export function quietLog(lines: string[] = []): Log {
  return keptLog(lines, 'info').log;
}
