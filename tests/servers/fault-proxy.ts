/** A TCP proxy on loopback that breaks on command: put it between the gateway and a real server. */
import { once, setMaxListeners } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { type RelayContext, relay } from './fault-relay.js';
import { type Fault, seededRandom } from './faults.js';

export interface FaultProxyOptions {
  /** Where the real server listens, on 127.0.0.1. */
  readonly serverPort: number;
  /** Also taken from LEYDEN_TEST_SEED; printed once a fault has thrown the dice. */
  readonly seed?: number;
  readonly connectionsMax?: number;
  /** Per connection and direction. */
  readonly waitingBytesMax?: number;
}

export interface FaultProxyStats {
  readonly connections: number;
  readonly openConnections: number;
  readonly refusedConnections: number;
  readonly faults: number;
  readonly upBytes: number;
  readonly downBytes: number;
}

export interface FaultProxy {
  /** The same for the proxy's whole life. */
  readonly port: number;
  readonly seed: number;
  /** From now on, for open connections too. */
  set(fault: Fault): void;
  stats(): FaultProxyStats;
  /** Resets every open connection, on both sides. */
  kill(): void;
  /** Closes every connection and stops listening: who connects is refused. */
  down(): Promise<void>;
  /** Listens again. */
  up(): Promise<void>;
  close(): Promise<void>;
}

const CONNECTIONS_MAX = 4_096;
const WAITING_BYTES_MAX = 2 ** 20;

export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const seed = options.seed ?? Number(process.env['LEYDEN_TEST_SEED'] ?? '1');
  const stats = { connections: 0, refusedConnections: 0, faults: 0, upBytes: 0, downBytes: 0 };
  const clients = new Set<Socket>();
  const servers = new Set<Socket>();
  const closing = new AbortController();
  // Each chunk that waits listens for it, and there may be very many of those.
  setMaxListeners(0, closing.signal);
  let fault: Fault = { kind: 'pass' };
  const context: RelayContext = {
    fault: () => fault,
    random: announced(seed),
    countFault: () => {
      stats.faults++;
    },
    countUp: (bytes) => {
      stats.upBytes += bytes;
    },
    countDown: (bytes) => {
      stats.downBytes += bytes;
    },
    waitingBytesMax: options.waitingBytesMax ?? WAITING_BYTES_MAX,
    signal: closing.signal,
  };

  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    if (clients.size >= (options.connectionsMax ?? CONNECTIONS_MAX)) {
      stats.refusedConnections++;
      client.resetAndDestroy();
      return;
    }
    stats.connections++;
    remember(client, clients);
    if (greetsBadly(client, fault)) {
      stats.faults++;
      return;
    }
    const server = connect({
      port: options.serverPort,
      host: '127.0.0.1',
      allowHalfOpen: true,
      noDelay: true,
    });
    remember(server, servers);
    relay(client, server, context);
  });
  const { port } = await listen(listener, 0);
  const everyone = (): readonly Socket[] => [...clients, ...servers];

  async function down(): Promise<void> {
    if (!listener.listening) return;
    const closed = once(listener, 'close');
    listener.close();
    for (const socket of everyone()) socket.destroy();
    await closed;
  }

  return {
    port,
    seed,
    set(next) {
      fault = next;
    },
    stats: () => ({ ...stats, openConnections: clients.size }),
    kill() {
      for (const socket of everyone()) socket.resetAndDestroy();
    },
    down,
    async up() {
      await listen(listener, port);
    },
    async close() {
      closing.abort();
      await down();
    },
  };
}

async function listen(listener: Server, port: number): Promise<AddressInfo> {
  if (!listener.listening) {
    listener.listen(port, '127.0.0.1');
    await once(listener, 'listening');
  }
  return listener.address() as AddressInfo;
}

function remember(socket: Socket, sockets: Set<Socket>): void {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  // What an error means for the other side is told by "close", which follows it.
  socket.on('error', () => undefined);
}

/** The faults that a connection meets before it has reached the server. */
function greetsBadly(client: Socket, fault: Fault): boolean {
  switch (fault.kind) {
    case 'rst-on-accept':
      client.resetAndDestroy();
      return true;
    case 'close-on-accept':
    case 'banner':
      // What the client says is read, for unread bytes would turn the end into a reset.
      client.resume();
      client.end(fault.kind === 'banner' ? fault.data : '');
      return true;
    case 'pass':
    case 'latency':
    case 'slice':
    case 'limit-rst':
    case 'limit-fin':
    case 'blackhole':
    case 'blackhole-up':
    case 'blackhole-down':
    case 'corrupt':
    case 'rewrite':
    case 'dup':
      return false;
  }
}

/** A run whose dice mattered can be had again: the first throw prints the seed. */
function announced(seed: number): () => number {
  const random = seededRandom(seed);
  let isPrinted = false;
  return () => {
    if (!isPrinted) process.stderr.write(`fault proxy: LEYDEN_TEST_SEED=${seed}\n`);
    isPrinted = true;
    return random();
  };
}
