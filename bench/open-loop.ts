/** An open loop: requests leave when they are due, whether or not earlier ones were answered. */
import { connect, type Socket } from 'node:net';

export interface OpenLoopOptions {
  readonly port: number;
  readonly path: string;
  readonly perSecond: number;
  readonly requests: number;
  readonly connections: number;
}

/** Timers are late by up to this; the rest of the wait is spent looking at the clock. */
const SPIN_MS = 1.3;

class Connection {
  readonly #socket: Socket;
  #pending = '';
  #whenDone: ((isGood: boolean) => void) | undefined;
  busy = false;

  constructor(
    port: number,
    private readonly request: Buffer,
  ) {
    this.#socket = connect(port, '127.0.0.1').setNoDelay(true);
    this.#socket.on('error', () => this.#whenDone?.(false));
    this.#socket.on('data', (chunk: Buffer) => {
      this.#pending += chunk.toString('latin1');
      const end = this.#pending.indexOf('\r\n\r\n');
      const length = /content-length: (\d+)/i.exec(this.#pending.slice(0, Math.max(end, 0)));
      if (length === null || this.#pending.length < end + 4 + Number(length[1])) return;
      const isGood = this.#pending.startsWith('HTTP/1.1 200');
      this.#pending = '';
      this.busy = false;
      this.#whenDone?.(isGood);
    });
  }

  ask(): Promise<boolean> {
    this.busy = true;
    return new Promise((resolve) => {
      this.#whenDone = resolve;
      // A socket that the server has closed says so here, and nowhere else.
      this.#socket.write(this.request, (fault) => {
        if (fault instanceof Error) resolve(false);
      });
    });
  }

  end(): void {
    this.#socket.destroy();
  }
}

async function until(dueMs: number): Promise<void> {
  const leftMs = dueMs - performance.now();
  if (leftMs > SPIN_MS) await new Promise((resolve) => setTimeout(resolve, leftMs - SPIN_MS));
  while (performance.now() < dueMs) await new Promise((resolve) => setImmediate(resolve));
}

/** Latencies in ms from the moment each request was due, sorted. */
export async function openLoop(options: OpenLoopOptions): Promise<number[]> {
  const { port, path, perSecond, requests } = options;
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  const all = Array.from({ length: options.connections }, () => new Connection(port, request));
  const waiting: number[] = [];
  const latencies: number[] = [];
  let failed = 0;
  const send = (connection: Connection, dueMs: number): void => {
    void connection.ask().then((isGood) => {
      latencies.push(performance.now() - dueMs);
      if (!isGood) failed += 1;
      const next = waiting.shift();
      if (next !== undefined) send(connection, next);
    });
  };
  // Warm connections, so that no answer pays for a handshake.
  for (const connection of all) await connection.ask();
  const startMs = performance.now();
  for (let nth = 0; nth < requests; nth += 1) {
    const dueMs = startMs + (nth * 1000) / perSecond;
    await until(dueMs);
    // In turn, so that none rests for so long that the server closes it.
    const turn = nth % all.length;
    const idle = [...all.slice(turn), ...all.slice(0, turn)].find(({ busy }) => !busy);
    if (idle === undefined) waiting.push(dueMs);
    else send(idle, dueMs);
  }
  while (latencies.length < requests) await new Promise((resolve) => setImmediate(resolve));
  for (const connection of all) connection.end();
  if (failed > 0) throw new Error(`${failed} answers were not 200.`);
  return latencies.sort((one, other) => one - other);
}

export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
