/** A real listener for these tests, with a handler that remembers who came through the gate. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { systemClock, type Clock } from '../../src/clock.js';
import type { ConnectionCounters } from '../../src/server/connection.js';
import type { Handler } from '../../src/server/door.js';
import type { Admitted, GateOptions } from '../../src/server/gate.js';
import { usualLimits, type ListenLimits } from '../../src/server/limits.js';
import { listen, type Listener } from '../../src/server/listen.js';
import { keptLog } from '../fakes/kept-log.js';
import { until } from '../fakes/waiting.js';

export const usualGate: GateOptions = {
  hosts: [],
  fieldsMax: 100,
  credentials: ['authorization', 'proxy-authorization', 'x-api-key'],
  endToEnd: [],
  methodsRefused: [],
};

export interface Seen {
  readonly admitted: Admitted;
  readonly rawHeaders: readonly string[];
  body: string;
}

export interface Recorder {
  readonly listener: Listener;
  readonly port: number;
  readonly host: string;
  /** Requests that the handler was given, in order. */
  readonly seen: Seen[];
  readonly logged: string[];
  /** Waits until the handler was given so many. */
  arrived(count: number): Promise<void>;
  /** Waits until the listener's numbers say so. */
  until(enough: (stats: Readonly<ConnectionCounters>) => boolean): Promise<void>;
  close(): Promise<void>;
}

export interface RecorderOptions {
  readonly gate?: Partial<GateOptions>;
  readonly limits?: Partial<ListenLimits>;
  readonly clock?: Clock;
  /** Called in place of the plain `200 ok`. */
  readonly handler?: Handler;
}

/** Reads the body if there is one, then answers with the path that it was asked for. */
function answerWithPath(seen: Seen, request: IncomingMessage, response: ServerResponse): void {
  request.setEncoding('latin1');
  request.on('data', (chunk: string) => {
    seen.body += chunk;
  });
  request.on('end', () => {
    response.end(`ok ${seen.admitted.path}`);
  });
}

export async function openRecorder(options: RecorderOptions = {}): Promise<Recorder> {
  const seen: Seen[] = [];
  const logged: string[] = [];
  const watchers = new Set<() => void>();
  const listener = await listen(
    {
      bind: {
        host: '127.0.0.1',
        port: 0,
        backlog: 511,
        settings: { host: 'server.host (HOST)', port: 'server.port (PORT)' },
      },
      gate: { ...usualGate, ...options.gate },
      limits: { ...usualLimits, ...options.limits },
    },
    {
      clock: options.clock ?? systemClock,
      log: keptLog(logged).log,
      handler: (request, response, admitted) => {
        const visit: Seen = { admitted, rawHeaders: [...request.rawHeaders], body: '' };
        seen.push(visit);
        for (const watcher of watchers) watcher();
        if (options.handler !== undefined) options.handler(request, response, admitted);
        else answerWithPath(visit, request, response);
      },
    },
  );
  return {
    listener,
    port: listener.port,
    host: `127.0.0.1:${listener.port}`,
    seen,
    logged,
    arrived: (count) =>
      new Promise((resolve) => {
        const watcher = (): void => {
          if (seen.length < count) return;
          watchers.delete(watcher);
          // One turn later, so that the handler has run for the last of them.
          setImmediate(resolve);
        };
        watchers.add(watcher);
        watcher();
      }),
    until: (enough) => until(() => enough(listener.stats())),
    close: () => listener.stop(),
  };
}
