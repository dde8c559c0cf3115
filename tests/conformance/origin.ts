/** The suite's origin on loopback alone; its own server would listen on every interface. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { loadPart } from './suite.js';

type Handler = (
  segments: readonly string[],
  incoming: IncomingMessage,
  answer: ServerResponse,
) => void;

export interface SuiteOrigin {
  readonly url: string;
  close(): Promise<void>;
}

export async function openSuiteOrigin(folder: string): Promise<SuiteOrigin> {
  const handlers = new Map<string, Handler>();
  for (const name of ['config', 'test', 'state']) {
    const part = await loadPart<{ default: Handler }>(folder, `server/handle-${name}.mjs`);
    handlers.set(name, part.default);
  }
  const sockets = new Set<Socket>();
  const server = createServer((incoming, answer) => {
    const path = (incoming.url ?? '/').split('?', 1)[0] ?? '/';
    const [, first = '', ...rest] = path.split('/');
    const handle = handlers.get(first);
    if (handle === undefined) answer.writeHead(404).end();
    else handle(rest, incoming, answer);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
}
