/** A listener: node:http with every limit set, and the gate before whoever handles requests. */
import { createServer, type Server } from 'node:http';
import { describeThrown } from '../errors.js';
import { bind, type BindOptions } from './bind.js';
import type { ConnectionCounters } from './connection.js';
import { Door, type DoorTools } from './door.js';
import { drainServer, type Drained, type DrainOptions } from './drain.js';
import type { GateOptions } from './gate.js';
import type { ListenLimits } from './limits.js';
import type { HttpClasses } from './prototypes.js';

export interface ListenOptions {
  readonly bind: BindOptions;
  readonly gate: GateOptions;
  readonly limits: ListenLimits;
}

export interface ListenTools extends DoorTools {
  /** Express's own (see prototypes.ts); Node's when left out. */
  readonly classes?: HttpClasses;
}

export interface Listener {
  readonly address: string;
  readonly port: number;
  stats(): Readonly<ConnectionCounters>;
  /** Other names from now on, after a change of the settings. */
  changeGate(options: GateOptions): void;
  drain(options: DrainOptions): Promise<Drained>;
  /** Ends everything now. */
  stop(): Promise<void>;
}

function serverWith(limits: ListenLimits, classes: HttpClasses | undefined): Server {
  const server = createServer({
    ...classes,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: limits.checkIntervalMs,
    maxHeaderSize: limits.headBytesMax,
    // The gate answers for a missing Host, with the same document as for every other fault.
    requireHostHeader: false,
    insecureHTTPParser: false,
    noDelay: true,
  });
  server.maxConnections = limits.connectionsMax;
  // Node would drop the fields above its limit without a word, Authorization among them.
  server.maxHeadersCount = 0;
  server.timeout = limits.writeTimeoutMs;
  return server;
}

export async function listen(options: ListenOptions, tools: ListenTools): Promise<Listener> {
  const { limits } = options;
  const server = serverWith(limits, tools.classes);
  const door = new Door(server, limits, tools);
  const own = await bind(server, options.bind);
  server.on('error', (thrown) => {
    // A connection that could not be accepted; without this listener it would end the process.
    door.counters.acceptFaults += 1;
    tools.log.error('listener.fault', describeThrown(thrown));
  });
  door.changeGate(options.gate, own);
  let drained: Promise<Drained> | undefined;
  return {
    address: own.address,
    port: own.port,
    stats: () => ({ ...door.counters, refused: { ...door.counters.refused } }),
    changeGate(gateOptions) {
      door.changeGate(gateOptions, own);
    },
    drain(drainOptions) {
      door.draining = true;
      const { counters, connections } = door;
      drained ??= drainServer(
        { server, clock: tools.clock, connections, counters, lingerMs: limits.lingerMs },
        drainOptions,
      );
      return drained;
    },
    stop() {
      return new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const connection of door.connections) connection.socket.destroy();
      });
    },
  };
}
