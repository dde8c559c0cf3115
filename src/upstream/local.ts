/** The built-in service as an upstream: same requests, limits and failures, but no socket. */
import type { Readable } from 'node:stream';
import type { Clock } from '../clock.js';
import { Failure, type FailureCode } from '../errors.js';
import { openBudget } from '../guards/budget.js';
import { withDeadline } from '../guards/deadline.js';
import type { RawHeaders, UpstreamRequest } from '../message.js';
import type { Origin } from './http.js';

export interface LocalAsk {
  readonly method: string;
  readonly path: string;
  readonly query: string | undefined;
  readonly headers: RawHeaders;
  readonly body: Buffer | undefined;
  /** Fires when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

export interface LocalReply {
  readonly status: number;
  readonly headers: RawHeaders;
  /** A Readable is destroyed when its caller leaves or breaks off. */
  readonly body: Buffer | Readable;
}

/** What the roof hands in: something that answers in this very process. */
export interface LocalService {
  answer(ask: LocalAsk): Promise<LocalReply>;
}

export interface LocalOptions {
  readonly connections: number;
  readonly queued: number;
  readonly queueMs: number;
  readonly headMs: number;
  readonly localBodyBytesMax: number;
}

export async function collect(source: Readable, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    // The caller's stream stays whole: its socket still has to carry the answer.
    for await (const chunk of source.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(chunk)) throw new Failure('bad_request');
      bytes += chunk.length;
      if (bytes > bytesMax) throw new Failure('body_too_large');
      chunks.push(chunk);
    }
  } catch (thrown) {
    throw thrown instanceof Failure ? thrown : new Failure('abandoned', { cause: thrown });
  }
  return Buffer.concat(chunks, bytes);
}

/** Tells when nothing more comes of a body, and breaks it off when its caller leaves. */
function follow(body: Readable, leave: AbortSignal, over: () => void): void {
  // Whoever reads it hears of an error too; here it must only not end the process.
  body.on('error', () => undefined);
  const breakOff = (): void => {
    body.destroy(new Failure('abandoned'));
  };
  leave.addEventListener('abort', breakOff, { once: true });
  body.once('close', () => {
    leave.removeEventListener('abort', breakOff);
    over();
  });
  if (leave.aborted) breakOff();
}

async function ask(
  service: LocalService,
  request: UpstreamRequest,
  bytesMax: number,
  signal: AbortSignal,
): Promise<LocalReply> {
  const { method, target, headers, body: sent } = request;
  const body = sent === undefined || Buffer.isBuffer(sent) ? sent : await collect(sent, bytesMax);
  if (body !== undefined && body.length > bytesMax) throw new Failure('body_too_large');
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? undefined : target.slice(mark + 1);
  const reply = await service.answer({ method, path, query, headers, body, signal });
  // It came too late for anybody to read it.
  if (signal.aborted && !Buffer.isBuffer(reply.body)) reply.body.destroy();
  return reply;
}

export function openLocal(service: LocalService, options: LocalOptions, clock: Clock): Origin {
  const { connections: concurrent, queued, queueMs: waitMs, headMs: limitMs } = options;
  const budget = openBudget({ concurrent, queued, waitMs }, clock);
  const live = new Set<AbortController>();
  const errors: Partial<Record<FailureCode, number>> = {};
  let abandoned = 0;

  const count = (thrown: unknown): void => {
    const code = thrown instanceof Failure ? thrown.code : 'internal';
    if (code === 'abandoned') abandoned += 1;
    else errors[code] = (errors[code] ?? 0) + 1;
  };
  const late = (): Failure => new Failure('head_timeout');

  return {
    url: 'local',
    async fetch(request) {
      const leave = new AbortController();
      const forward = (): void => {
        leave.abort();
      };
      try {
        const release = await budget.enter(request.signal, request);
        live.add(leave);
        if (request.signal?.aborted === true) forward();
        request.signal?.addEventListener('abort', forward, { once: true });
        const over = (): void => {
          request.signal?.removeEventListener('abort', forward);
          live.delete(leave);
          release();
        };
        let flows = false;
        try {
          const { status, headers, body } = await withDeadline(
            { clock, limitMs, signal: leave.signal, late },
            (signal) => ask(service, request, options.localBodyBytesMax, signal),
          );
          const bodiless = request.method === 'HEAD' || status === 204 || status === 304;
          if (!Buffer.isBuffer(body)) {
            flows = true;
            follow(body, leave.signal, over);
            if (bodiless) body.destroy();
          }
          return { status, headers, body: bodiless ? undefined : body, framed: true };
        } finally {
          if (!flows) over();
        }
      } catch (thrown) {
        count(thrown);
        throw thrown;
      }
    },
    load() {
      const { running, waiting } = budget.stats();
      return running + waiting;
    },
    stats() {
      const { running: inUse, max, waiting, waited, waitedMs } = budget.stats();
      const sockets = { open: 0, opened: 0, retries: 0, retriesRefused: 0 };
      const waits = { waiting, waited, waitedMs };
      return { url: 'local', inUse, max, ...waits, ...sockets, abandoned, errors: { ...errors } };
    },
    retire: () => budget.whenIdle(),
    destroy() {
      for (const leave of live) leave.abort();
      return Promise.resolve();
    },
  };
}
