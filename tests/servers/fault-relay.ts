/** One connection through the fault proxy: what arrives on either side and what becomes of it. */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, flipOneBit, isHoleDown, isHoleUp } from './faults.js';
import { type Job, oneWay } from './one-way.js';

export interface RelayContext {
  readonly fault: () => Fault;
  readonly random: () => number;
  readonly countFault: () => void;
  readonly countUp: (bytes: number) => void;
  readonly countDown: (bytes: number) => void;
  readonly waitingBytesMax: number;
  /** Ends all waiting when the proxy closes. */
  readonly signal: AbortSignal;
}

/** The peer gets this long to read what came before a reset, which may throw it away. */
const BEFORE_RESET_MS = 5;

/** Joins the client's socket and the server's; both must allow half-open connections. */
export function relay(client: Socket, server: Socket, context: RelayContext): void {
  const { waitingBytesMax } = context;
  const up = oneWay(client, server, { waitingBytesMax, count: context.countUp });
  const down = oneWay(server, client, { waitingBytesMax, count: context.countDown });
  const jobFor = downwards(client, context);
  const swallows = (isHole: (fault: Fault) => boolean): boolean => {
    const isSwallowed = isHole(context.fault());
    if (isSwallowed) context.countFault();
    return isSwallowed;
  };

  client.on('data', (chunk) => {
    if (!swallows(isHoleUp)) up.queue(chunk.length, (send) => send(chunk));
  });
  server.on('data', (chunk) => {
    if (!swallows(isHoleDown)) down.queue(chunk.length, jobFor(chunk));
  });
  client.on('end', () => {
    if (!swallows(isHoleUp)) up.queue(0, () => void server.end());
  });
  server.on('end', () => {
    if (!swallows(isHoleDown)) down.queue(0, () => void client.end());
  });
  // A reset overtakes what waits, for it makes it worthless; a clean close comes after it.
  client.on('close', (hadError) => {
    if (isHoleUp(context.fault())) return;
    if (hadError) server.resetAndDestroy();
    else
      up.queue(0, () => {
        server.destroySoon();
      });
  });
  server.on('close', (hadError) => {
    if (isHoleDown(context.fault())) return;
    if (hadError) client.resetAndDestroy();
    else down.queue(0, () => void client.end());
  });
}

/** Turns what the server sent into the job that passes it on, with the fault of that moment. */
function downwards(client: Socket, context: RelayContext): (chunk: Buffer) => Job {
  const { random, countFault, signal } = context;
  const limit = limiter(client, context);
  return (chunk) => {
    const fault = context.fault();
    switch (fault.kind) {
      case 'latency': {
        countFault();
        // It runs from now on, so that ten chunks at once are late by one delay, not by ten.
        const jitterMs = fault.jitterMs === undefined ? 0 : fault.jitterMs * random();
        const due = sleep(fault.delayMs + jitterMs, undefined, { signal }).catch(() => undefined);
        return async (send) => {
          await due;
          await send(chunk);
        };
      }
      case 'slice':
        countFault();
        return async (send) => {
          for (let at = 0; at < chunk.length; at += fault.sizeBytes) {
            await send(chunk.subarray(at, at + fault.sizeBytes));
            await sleep(fault.pauseMs, undefined, { signal });
          }
        };
      case 'limit-rst':
      case 'limit-fin':
        return limit(fault, chunk);
      case 'corrupt': {
        if (random() >= fault.probability) return (send) => send(chunk);
        countFault();
        const corrupted = flipOneBit(chunk, random);
        return (send) => send(corrupted);
      }
      case 'rewrite':
        return async (send) => {
          const rewritten = [fault.rewrite(chunk)].flat();
          if (!Buffer.concat(rewritten).equals(chunk)) countFault();
          for (const piece of rewritten) await send(piece);
        };
      case 'dup':
        countFault();
        return async (send) => {
          await send(chunk);
          await send(chunk);
        };
      case 'pass':
      case 'rst-on-accept':
      case 'close-on-accept':
      case 'banner':
      case 'blackhole':
      case 'blackhole-up':
      case 'blackhole-down':
        return (send) => send(chunk);
    }
  };
}

type Limit = Extract<Fault, { kind: 'limit-rst' | 'limit-fin' }>;

/** Counts per connection, and anew for each fault that is set. */
function limiter(client: Socket, { countFault, signal }: RelayContext) {
  let current: Limit | undefined;
  let leftBytes = 0;
  let isCut = false;
  return (fault: Limit, chunk: Buffer): Job => {
    if (current !== fault) {
      current = fault;
      leftBytes = fault.bytes;
    }
    const passed = chunk.subarray(0, leftBytes);
    leftBytes -= passed.length;
    const cuts = leftBytes === 0 && !isCut;
    isCut ||= cuts;
    return async (send) => {
      await send(passed);
      if (!cuts) return;
      countFault();
      await sleep(BEFORE_RESET_MS, undefined, { signal });
      if (fault.kind === 'limit-rst') client.resetAndDestroy();
      else client.end();
    };
  };
}
