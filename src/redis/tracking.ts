/** Tracking: each server says at once which of our keys somebody has changed. */
import type { Clock, Timer } from '../clock.js';
import type { Log } from '../log.js';
import type { Connection, RedisReply } from './connection.js';
import type { Dedicated } from './dedicated.js';
import { kindOf, PoolExhaustedError, type FailureKind } from './failure.js';
import type { RedisPool } from './pool.js';
import { openEvictions, readEvictions, type Evictions } from './tracking-evictions.js';

/** `lost`: not heard now, and tried again; `refused`: the server will not, and is asked seldom. */
export const trackingStates = ['off', 'lost', 'on', 'refused'] as const;
export type TrackingState = (typeof trackingStates)[number];

/** One server that holds keys; in a Cluster each master is one. */
export type TrackedServer = Pick<RedisPool, 'call' | 'dedicated'>;

export interface TrackingListener {
  /** It was written or taken away, came to its end, or made room: which, the message hides. */
  changed(key: string, evictions: Evictions): void;
  /** A database of a server was emptied, ours or another. */
  flushed(): void;
  /**
   * Changes are heard from now on; those before it were missed. `isSure`: meanwhile the server ran
   * on and evicted nothing.
   */
  resumed(isSure: boolean): void;
}

export interface TrackingOptions {
  /** Changes of keys that begin otherwise are not announced. */
  readonly prefix: string;
  readonly waitMs: number;
  /** A server that refuses is asked again after so long: its rights may have changed. */
  readonly refusedMs: number;
}

export interface TrackingStats {
  readonly state: TrackingState;
  /** Keys that were announced, whatever they are. */
  readonly announced: number;
  readonly flushes: number;
  /** How often listening began, on any server. */
  readonly armed: number;
  /** How often it ended, so that changes may have been missed. */
  readonly gaps: number;
}

export interface Tracking {
  /** From now on this server is listened to; `close` when it has no keys of ours any more. */
  watch(server: TrackedServer): { close(): void };
  stats(): TrackingStats;
  close(): void;
}

export interface TrackingTools {
  readonly clock: Clock;
  readonly log: Log;
  readonly listener: TrackingListener;
}

const CHANNEL = '__redis__:invalidate';
const READING = ['server', 'stats'];
/** It lacks a right, or is something that does not know the command. */
const REFUSALS: ReadonlySet<FailureKind> = new Set(['auth', 'rejected']);

interface Counts {
  announced: number;
  flushes: number;
  armed: number;
  gaps: number;
}

/** Undefined where the user may not ask: then no absence is ever certain. */
async function readingOn(connection: Connection, waitMs: number) {
  try {
    return readEvictions(await connection.call('info', READING, { waitMs }));
  } catch (thrown) {
    if (REFUSALS.has(kindOf(thrown))) return undefined;
    throw thrown;
  }
}

/**
 * The subscriber tracks for itself and redirects to itself: then nothing has to be set up on the
 * connections that read and write, nothing is lost when those are renewed, and each change is told
 * once, not once for each of them. `NOLOOP` would only spare what this connection writes: nothing.
 * The order is that of RESP2, in which a subscribed connection may say little else.
 */
async function arm(connection: Connection, { prefix, waitMs }: TrackingOptions): Promise<void> {
  const id = await connection.call('client', ['id'], { waitMs });
  const words = ['tracking', 'on', 'redirect', String(id), 'bcast', 'prefix', prefix];
  await connection.call('client', words, { waitMs });
  await connection.call('subscribe', [CHANNEL], { waitMs });
}

class Ear {
  private ear: Dedicated | undefined;
  private retry: Timer | undefined;
  private closed = false;
  private readonly evictions: Evictions;
  state: TrackingState = 'lost';

  constructor(
    server: TrackedServer,
    private readonly options: TrackingOptions,
    private readonly tools: TrackingTools,
    private readonly counts: Counts,
  ) {
    const { waitMs } = options;
    const ask = async () => readEvictions(await server.call('bus', 'info', READING, { waitMs }));
    this.evictions = openEvictions(ask, tools.clock);
    this.open(server);
  }

  close(): void {
    this.closed = true;
    this.retry?.cancel();
    this.ear?.close();
  }

  private open(server: TrackedServer): void {
    const { listener } = this.tools;
    try {
      this.ear = server.dedicated({
        name: 'tracking',
        onOpen: async (connection) => {
          const reading = await readingOn(connection, this.options.waitMs);
          try {
            await arm(connection, this.options);
          } catch (thrown) {
            const kind = kindOf(thrown);
            if (REFUSALS.has(kind)) this.refused(server, kind);
            throw thrown;
          }
          if (this.closed) return;
          this.heard();
          listener.resumed(this.evictions.begin(reading));
        },
        onMessage: (_channel, message) => {
          this.hear(message);
        },
        onLost: () => {
          this.state = 'lost';
          this.counts.gaps += 1;
        },
      });
    } catch (thrown) {
      this.refused(server, thrown instanceof PoolExhaustedError ? 'full' : kindOf(thrown));
    }
  }

  private heard(): void {
    if (this.retry !== undefined) this.tools.log.info('redis_tracking_allowed');
    this.retry = undefined;
    this.state = 'on';
    this.counts.armed += 1;
  }

  /** Everything else goes on; it is said once, and tried again now and then. */
  private refused(server: TrackedServer, kind: FailureKind): void {
    this.ear?.close();
    this.ear = undefined;
    if (this.closed) return;
    if (this.state !== 'refused') this.tools.log.warn('redis_tracking_refused', { kind });
    this.state = 'refused';
    this.retry = this.tools.clock.after(this.options.refusedMs, () => {
      this.open(server);
    });
  }

  /** Whatever else is published there by somebody is no list of keys. */
  private hear(message: RedisReply): void {
    const { listener } = this.tools;
    if (message === null) {
      this.counts.flushes += 1;
      listener.flushed();
      return;
    }
    if (!Array.isArray(message)) return;
    for (const key of message as readonly RedisReply[]) {
      if (!Buffer.isBuffer(key)) continue;
      this.counts.announced += 1;
      listener.changed(key.toString('latin1'), this.evictions);
    }
  }
}

/** The least that any server says: one that is not listened to is a gap for all. */
function worstOf(ears: ReadonlySet<Ear>): TrackingState {
  const states = new Set([...ears].map(({ state }) => state));
  for (const state of ['refused', 'lost', 'on'] as const) if (states.has(state)) return state;
  return 'lost';
}

export function openTracking(options: TrackingOptions, tools: TrackingTools): Tracking {
  const ears = new Set<Ear>();
  const counts: Counts = { announced: 0, flushes: 0, armed: 0, gaps: 0 };
  return {
    watch(server) {
      const ear = new Ear(server, options, tools, counts);
      ears.add(ear);
      return {
        close() {
          ears.delete(ear);
          ear.close();
        },
      };
    },
    stats: () => ({ state: worstOf(ears), ...counts }),
    close() {
      for (const ear of ears) ear.close();
      ears.clear();
    },
  };
}
