/** A closed loop of raw connections: each asks again as soon as its answer is whole. */
import { connect, type Socket } from 'node:net';

export interface LoadOptions {
  readonly port: number;
  readonly request: string;
  readonly connections: number;
  readonly requests: number;
}

/** Resolves when so many answers have come; rejects when one is not a 200. */
export async function load(options: LoadOptions): Promise<void> {
  let left = options.requests;
  const request = Buffer.from(options.request, 'latin1');
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket: Socket = connect(options.port, '127.0.0.1');
      let pending = '';
      const ask = (): void => {
        if (left <= 0) {
          socket.end();
          resolve();
          return;
        }
        left -= 1;
        socket.write(request);
      };
      socket.setNoDelay(true);
      socket.on('connect', ask);
      socket.on('error', reject);
      socket.on('data', (chunk: Buffer) => {
        pending += chunk.toString('latin1');
        const headEnd = pending.indexOf('\r\n\r\n');
        if (headEnd < 0) return;
        const length = /content-length: (\d+)/i.exec(pending.slice(0, headEnd));
        if (length === null || !pending.startsWith('HTTP/1.1 200')) {
          reject(new Error(`The answer is not a 200 with a length: ${pending.slice(0, 60)}`));
          return;
        }
        if (pending.length < headEnd + 4 + Number(length[1])) return;
        pending = '';
        ask();
      });
    });
  await Promise.all(Array.from({ length: options.connections }, one));
}
