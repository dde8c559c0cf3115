/** A real origin over real sockets that signs in each answer whose it is and what was asked. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { until } from './waiting.js';

export type Answerer = (req: IncomingMessage, res: ServerResponse) => void;

export interface OriginCall {
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  /** True once whoever asked has closed the connection before the answer was out. */
  cut: boolean;
  body: string;
}

export interface Owned {
  readonly owner: string;
  readonly target: string;
  readonly serial: number;
}

export interface Origin {
  readonly url: string;
  readonly port: number;
  readonly calls: OriginCall[];
  /** How often each target was asked for. */
  countOf(target: string): number;
  /** Answers otherwise from now on; undefined goes back to signing. */
  answer(answerer: Answerer | undefined): void;
  /** Waits until so many questions have come. */
  asked(count: number): Promise<void>;
  close(): Promise<void>;
}

/** What the origin puts into an answer for this credential, and the client compares with. */
export function ownerOf(authorization: string | undefined): string {
  if (authorization === undefined) return 'anon';
  return createHmac('sha256', 'origin').update(authorization).digest('base64url');
}

export async function openOrigin(): Promise<Origin> {
  const calls: OriginCall[] = [];
  const counts = new Map<string, number>();
  const sockets = new Set<Socket>();
  let answerer: Answerer | undefined;
  const sign: Answerer = (req, res) => {
    const owner = ownerOf(req.headers.authorization);
    const owned: Owned = { owner, target: req.url ?? '', serial: calls.length };
    res.setHeader('X-Owner', owner);
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify(owned));
  };
  const server = createServer((req, res) => {
    const { method = '', url: target = '', rawHeaders } = req;
    const call: OriginCall = { method, target, rawHeaders, cut: false, body: '' };
    calls.push(call);
    counts.set(target, (counts.get(target) ?? 0) + 1);
    res.once('close', () => {
      call.cut = !res.writableFinished;
    });
    req.setEncoding('latin1').on('data', (chunk: string) => {
      call.body += chunk;
    });
    (answerer ?? sign)(req, res);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...{ port, calls, url: `http://127.0.0.1:${port}` },
    countOf: (target) => counts.get(target) ?? 0,
    answer(next) {
      answerer = next;
    },
    asked: (count) => until(() => calls.length >= count),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
}
