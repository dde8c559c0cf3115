/** An origin made of bytes: a TCP server that writes exactly what a test tells it to. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface RawOrigin {
  readonly url: string;
  readonly port: number;
  /** Every connection so far, in order, the dead ones too. */
  readonly sockets: readonly Socket[];
  /** Every request head that arrived, on whatever connection. */
  readonly heads: readonly string[];
  /** Resolves when as many heads have arrived. */
  heardHeads(count: number): Promise<void>;
  close(): Promise<void>;
}

export type Script = (socket: Socket, head: string, nth: number) => void;

/** Calls `script` once for each request head; what follows the head is left to the script. */
export async function openRawOrigin(script: Script): Promise<RawOrigin> {
  const sockets: Socket[] = [];
  const heads: string[] = [];
  const server: Server = createServer({ allowHalfOpen: false }, (socket) => {
    sockets.push(socket);
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        // What stands before a request line is the rest of an earlier body.
        const head = /[A-Z]+ \S+ HTTP\/1\.1\r\n[^]*$/.exec(text.slice(0, end + 4))?.[0];
        text = text.slice(end + 4);
        if (head === undefined) continue;
        heads.push(head);
        script(socket, head, heads.length);
        server.emit('head');
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    sockets,
    heads,
    async heardHeads(count) {
      while (heads.length < count) await once(server, 'head');
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const raws: RawOrigin[] = [];

/** One that `closeRawOrigins` closes. */
export async function raw(script: Script): Promise<RawOrigin> {
  const one = await openRawOrigin(script);
  raws.push(one);
  return one;
}

/** For `afterEach`. */
export async function closeRawOrigins(): Promise<void> {
  await Promise.all(raws.splice(0).map((one) => one.close()));
}

/** A complete answer with a length. */
export function answer(body: string, fields = '', status = '200 OK'): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`;
}
