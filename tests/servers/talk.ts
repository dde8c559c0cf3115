/** A raw TCP client and an echo server for tests of the fault proxy; waits have deadlines. */
import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

const WAIT_MS_MAX = 10_000;

export interface Talk {
  readonly socket: Socket;
  readonly chunks: readonly Buffer[];
  text(): string;
  say(words: string): void;
  /** Resolves once so many characters have come. */
  hears(length: number): Promise<string>;
  /** How it ended: by the other side's clean end, or by a reset (or refusal). */
  ending(): Promise<string>;
}

/** Connects at once; closes when the other side does. */
export function talkTo(port: number): Talk {
  return talkOver(connect({ port, host: '127.0.0.1', noDelay: true }));
}

function talkOver(socket: Socket): Talk {
  const chunks: Buffer[] = [];
  let outcome = '';
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('end', () => (outcome ||= 'end'));
  socket.on('error', (error: NodeJS.ErrnoException) => (outcome = error.code ?? 'error'));
  const text = (): string => Buffer.concat(chunks).toString('latin1');
  // Not events.once for the end: it throws where a socket reports a reset.
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      resolve();
    });
  });
  return {
    socket,
    chunks,
    text,
    say: (words) => socket.write(words),
    async hears(length) {
      const signal = AbortSignal.timeout(WAIT_MS_MAX);
      while (text().length < length) await once(socket, 'data', { signal });
      return text();
    },
    async ending() {
      await within(closed);
      return outcome;
    },
  };
}

async function within(work: Promise<void>): Promise<void> {
  const deadline = AbortSignal.timeout(WAIT_MS_MAX);
  await Promise.race([
    work,
    new Promise((_, reject) => {
      deadline.addEventListener('abort', () => {
        reject(new Error('The connection did not end in time.'));
      });
    }),
  ]);
}

export interface EchoServer {
  readonly port: number;
  /** The server's side of each connection, in the order in which they came. */
  readonly talks: readonly Talk[];
  /** Resolves once so many connections have come. */
  arrivals(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Says back whatever it hears. */
export async function startEchoServer(): Promise<EchoServer> {
  const talks: Talk[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    talks.push(talkOver(socket));
    socket.on('data', (chunk) => socket.write(chunk));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    talks,
    async arrivals(count) {
      const signal = AbortSignal.timeout(WAIT_MS_MAX);
      while (talks.length < count) await once(server, 'connection', { signal });
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const { socket } of talks) socket.destroy();
      await closed;
    },
  };
}
