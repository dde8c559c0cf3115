/** The lending desk: generic-pool keeps the connections, lends each once and takes it back once. */
import { createPool, type Pool } from 'generic-pool';
import type { Clock } from '../clock.js';
import type { Connection } from './connection.js';
import { kindOf, PoolConnectionError, PoolExhaustedError, RedisFailure } from './failure.js';
import type { FailureKind } from './failure.js';

export interface LendingOptions {
  readonly max: number;
  /** Idle connections that are not closed for being idle. */
  readonly idleMin: number;
  /** Longest wait of a caller; then `PoolExhaustedError`. */
  readonly waitMs: number;
  readonly waitersMax: number;
  readonly idleMs: number;
  readonly lifetimeMs: number;
  /** One that answered within this time is lent without being asked again. */
  readonly freshMs: number;
  readonly pingMs: number;
  /** The longest that opening a connection may take. */
  readonly openMs: number;
  /** Why none can be opened at this moment; undefined when one may be tried. */
  readonly hopeless: () => FailureKind | undefined;
}

export interface LendingStats {
  readonly open: number;
  readonly lent: number;
  readonly waiting: number;
  readonly served: number;
  readonly waited: number;
  readonly waitedMs: number;
  readonly exhaustions: number;
}

export interface Lending {
  /** For a lane: comes before all other callers, and learns at once when none can be opened. */
  lane(): Promise<Connection>;
  lend(): Promise<Connection>;
  /** Takes it back; what is broken, too old or not as it was lent is destroyed instead. */
  giveBack(connection: Connection, isSound: boolean): void;
  destroy(connection: Connection): void;
  /** Asks every idle connection, closes what does not answer, and opens up to `min`. */
  care(min: number): Promise<void>;
  stats(): LendingStats;
  close(): Promise<void>;
}

/**
 * The library asks again at once when `create` fails; without a pause that loop never lets a timer
 * fire, and the process hangs.
 */
const AFTER_FAILURE_MS = 50;
const CLOSE_MS = 1000;
/** What the library gets to hand out once the pool is closed, so that its line empties. */
class Nothing {
  readonly isOpen = false;
}

/** Lanes first. */
const LANE = 0;
const CALLER = 1;

/** The library rejects what is not lent; our books keep that from happening. */
function quietly(done: Promise<void>): void {
  done.catch(() => undefined);
}

/** `open` may refuse by itself, without trying, when it is not yet time to try again. */
export function openLending(
  options: LendingOptions,
  open: () => Promise<Connection>,
  clock: Clock,
): Lending {
  const { max, waitMs, waitersMax, lifetimeMs, freshMs, pingMs } = options;
  const counts = { lent: 0, waiting: 0, served: 0, waited: 0, waitedMs: 0, exhaustions: 0 };
  let closed = false;
  const isClosed = (): boolean => closed;
  const alive = new Set<Connection>();
  /** Those who want to know when a connection could not be opened. */
  const hopeful = new Set<(kind: FailureKind) => void>();

  const create = async (): Promise<Connection | Nothing> => {
    // Requests that were given up stand in the library's line still, with their timers.
    if (isClosed()) return new Nothing();
    try {
      const connection = await open();
      alive.add(connection);
      connection.onEnd(() => alive.delete(connection));
      // Opened while the pool closed: nobody will ask for it.
      if (isClosed()) connection.end('closed');
      return connection;
    } catch (thrown) {
      // What was not even tried tells nothing new.
      const isNews = !(thrown instanceof RedisFailure && thrown.collateral);
      if (isNews) for (const tell of [...hopeful]) tell(kindOf(thrown));
      await new Promise<void>((resolve) => clock.after(AFTER_FAILURE_MS, resolve));
      throw thrown;
    }
  };
  const isOld = ({ openedMs }: Connection): boolean => clock.nowMs() - openedMs > lifetimeMs;
  const validate = async (connection: Connection | Nothing): Promise<boolean> => {
    if (connection instanceof Nothing) return true;
    if (!connection.isOpen || isOld(connection)) return false;
    if (clock.nowMs() - connection.heardMs < freshMs) return true;
    // The library does not survive a rejection here.
    return connection.ping(pingMs).then(
      () => true,
      () => false,
    );
  };
  const pool: Pool<Connection | Nothing> = createPool(
    {
      create,
      validate,
      destroy: (connection) => {
        if (!(connection instanceof Nothing)) connection.end('closed');
        return Promise.resolve();
      },
    },
    {
      ...{ max, min: options.idleMin, fifo: false, testOnBorrow: true, priorityRange: 2 },
      autostart: false,
      // The waits of callers are ended here, below; this one ends what nobody waits for any more.
      acquireTimeoutMillis: Math.max(waitMs, options.openMs) + 2 * AFTER_FAILURE_MS,
      maxWaitingClients: 2 * waitersMax + max,
      evictionRunIntervalMillis: Math.max(1, Math.floor(options.idleMs / 4)),
      numTestsPerEvictionRun: max,
      softIdleTimeoutMillis: options.idleMs,
      idleTimeoutMillis: Number.MAX_SAFE_INTEGER,
    },
  );
  pool.on('factoryCreateError', () => undefined);
  pool.on('factoryDestroyError', () => undefined);

  /** Ends with a connection, or with what `giveUp` was told first; a late one goes back. */
  const acquire = (
    priority: number,
    begin: (giveUp: (why: Error) => void) => () => void,
  ): Promise<Connection> =>
    new Promise((resolve, reject) => {
      let isOver = false;
      const over = (): boolean => {
        if (isOver) return false;
        isOver = true;
        finish();
        return true;
      };
      const giveUp = (why: Error): void => {
        if (over()) reject(why);
      };
      const finish = begin(giveUp);
      pool.acquire(priority).then(
        (connection) => {
          if (connection instanceof Nothing) giveUp(new PoolConnectionError('closed'));
          else if (over()) {
            resolve(connection);
            return;
          }
          quietly(pool.release(connection));
        },
        () => {
          giveUp(new PoolExhaustedError());
        },
      );
    });

  const lane = (): Promise<Connection> =>
    acquire(LANE, (giveUp) => {
      const tell = (kind: FailureKind): void => {
        giveUp(new PoolConnectionError(kind));
      };
      hopeful.add(tell);
      return () => hopeful.delete(tell);
    });

  const wait = (): Promise<Connection> =>
    acquire(CALLER, (giveUp) => {
      const sinceMs = clock.nowMs();
      const isWaiting = pool.available === 0;
      if (isWaiting) counts.waiting += 1;
      const timer = clock.after(waitMs, () => {
        counts.exhaustions += 1;
        giveUp(new PoolExhaustedError());
      });
      const tell = (kind: FailureKind): void => {
        // As long as others hold one, it may come back in time.
        if (counts.lent === 0) giveUp(new PoolConnectionError(kind));
      };
      hopeful.add(tell);
      return () => {
        hopeful.delete(tell);
        timer.cancel();
        if (!isWaiting) return;
        counts.waiting -= 1;
        counts.waited += 1;
        counts.waitedMs += clock.nowMs() - sinceMs;
      };
    });

  return {
    lane,
    async lend() {
      if (closed) throw new PoolConnectionError('closed');
      const why = options.hopeless();
      if (why !== undefined && pool.available === 0 && counts.lent === 0) {
        throw new PoolConnectionError(why);
      }
      if (counts.waiting >= waitersMax && pool.available === 0) {
        counts.exhaustions += 1;
        throw new PoolExhaustedError();
      }
      const connection = await wait();
      counts.served += 1;
      counts.lent += 1;
      return connection;
    },
    giveBack(connection, isSound) {
      counts.lent -= 1;
      const keep = isSound && connection.isOpen && !isOld(connection) && !closed;
      quietly(keep ? pool.release(connection) : pool.destroy(connection));
    },
    destroy(connection) {
      quietly(pool.destroy(connection));
    },
    async care(min) {
      // Borrowing is what makes the library ask; the newest come first, so all are held at once.
      const idle = pool.available + Math.max(0, Math.min(min, max) - pool.size);
      const held = await Promise.allSettled(Array.from({ length: idle }, lane));
      for (const one of held) {
        if (one.status === 'fulfilled') quietly(pool.release(one.value));
      }
    },
    stats() {
      return { open: alive.size, ...counts };
    },
    async close() {
      closed = true;
      const drained = pool.drain();
      for (const connection of [...alive]) connection.end('closed');
      const emptied = drained.then(() => pool.clear()).catch(() => undefined);
      // Whoever holds one has been told so; who does not let go is not waited for.
      if (counts.lent === 0) return;
      await Promise.race([emptied, new Promise<void>((resolve) => clock.after(CLOSE_MS, resolve))]);
    },
  };
}
