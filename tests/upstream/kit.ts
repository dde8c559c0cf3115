/** What the upstream tests share: a clock turned by hand, options, requests, reading a body. */
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { systemClock, type Clock, type Timer } from '../../src/clock.js';
import { Failure } from '../../src/errors.js';
import type { Log } from '../../src/log.js';
import type { UpstreamRequest } from '../../src/message.js';
import type { UpstreamOptions } from '../../src/upstream/directory.js';
import { openOrigin, type Origin } from '../../src/upstream/http.js';

export interface HandClock extends Clock {
  /** Moves the time on and runs what is due, in order. */
  turn(byMs: number): void;
  /** Timers that are set now. */
  pending(): number;
}

export function openHandClock(): HandClock {
  let nowMs = 0;
  const waiting = new Set<{ dueMs: number; action: () => void }>();
  const after = (delayMs: number, action: () => void): Timer => {
    const entry = { dueMs: nowMs + delayMs, action };
    waiting.add(entry);
    return { cancel: () => waiting.delete(entry) };
  };
  return {
    nowMs: () => nowMs,
    wallMs: () => nowMs,
    after,
    every: () => ({ cancel: () => undefined }),
    pending: () => waiting.size,
    turn(byMs) {
      const endMs = nowMs + byMs;
      for (;;) {
        const due = [...waiting].filter((entry) => entry.dueMs <= endMs);
        due.sort((one, other) => one.dueMs - other.dueMs);
        const [first] = due;
        if (first === undefined) break;
        waiting.delete(first);
        nowMs = Math.max(nowMs, first.dueMs);
        first.action();
      }
      nowMs = endMs;
    },
  };
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

export async function text(body: Buffer | Readable | undefined): Promise<string> {
  if (body === undefined) return '';
  if (Buffer.isBuffer(body)) return body.toString('latin1');
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
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

/** Lets everything that is ready in this process run, the network included. */
export async function settle(rounds = 5): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Waits until `ready` holds; jest's own limit ends a wait that never does. */
export async function until(ready: () => boolean): Promise<void> {
  while (!ready()) await settle(1);
}

export async function closed(socket: { readonly closed: boolean } & NodeJS.EventEmitter) {
  if (!socket.closed) await once(socket, 'close');
}

/** A body that a test feeds by hand. */
export function handBody(): Readable {
  return new Readable({ read: () => undefined });
}

export function quietLog(lines: string[] = []): Log {
  const say = (event: string): void => {
    lines.push(event);
  };
  return {
    error: say,
    warn: say,
    info: say,
    debug: say,
    access: () => undefined,
    level: () => 'info',
    setLevel: () => undefined,
    dropped: () => 0,
    close: () => Promise.resolve(),
  };
}
