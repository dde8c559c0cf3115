/** Draining: the last answers go out with `Connection: close`, then the connections end. */
import type { Server } from 'node:http';
import type { Clock, Timer } from '../clock.js';
import type { Connection, ConnectionCounters } from './connection.js';

export interface DrainOptions {
  /** How long new connections are still taken, so that load balancers can look away first. */
  readonly preStopMs: number;
  /** From the call on; what is still in flight then is cut off. */
  readonly limitMs: number;
}

export interface Drained {
  /** Requests that were cut off at the limit. */
  readonly forced: number;
}

export interface DrainTools {
  readonly server: Server;
  readonly clock: Clock;
  readonly connections: ReadonlySet<Connection>;
  readonly counters: ConnectionCounters;
  /** How long connections without a request may stay once nothing is in flight. */
  readonly lingerMs: number;
}

const SWEEP_MS = 50;

function closeIdle({ server, connections }: DrainTools): void {
  server.closeIdleConnections();
  // Node does not count a connection as idle before its first byte.
  for (const connection of connections) {
    if (connection.socket.bytesRead === 0) connection.socket.destroy();
  }
}

export function drainServer(tools: DrainTools, options: DrainOptions): Promise<Drained> {
  const { server, clock, connections, counters } = tools;
  for (const connection of connections) connection.announceEnd();
  return new Promise((resolve) => {
    const timers: Timer[] = [];
    let quietSinceMs: number | undefined;
    const endAll = (): void => {
      for (const connection of connections) connection.socket.destroy();
    };
    const sweep = (): void => {
      closeIdle(tools);
      if (counters.inFlight > 0) quietSinceMs = undefined;
      else quietSinceMs ??= clock.nowMs();
      // What is left now never became a request, or has its answer and does not hang up.
      if (quietSinceMs !== undefined && clock.nowMs() - quietSinceMs >= tools.lingerMs) endAll();
    };
    let forced = 0;
    const stop = (): void => {
      server.close(() => {
        for (const timer of timers) timer.cancel();
        // Node says closed a moment before the last sockets have said so themselves.
        const ends = [...connections].map(
          ({ socket }) => new Promise((ended) => socket.once('close', ended)),
        );
        void Promise.all(ends).then(() => {
          resolve({ forced });
        });
      });
      timers.push(clock.every(SWEEP_MS, sweep));
      sweep();
    };
    let stopped = false;
    const stopOnce = (): void => {
      if (!stopped) stop();
      stopped = true;
    };
    timers.push(
      clock.after(options.limitMs, () => {
        forced = counters.inFlight;
        counters.forced += forced;
        stopOnce();
        endAll();
      }),
    );
    if (options.preStopMs > 0) timers.push(clock.after(options.preStopMs, stopOnce));
    else stopOnce();
  });
}
