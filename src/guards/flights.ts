/** Flights: one computation per key however many wait; it belongs to nobody's request. */
import type { Clock } from '../clock.js';
import { Failure } from '../errors.js';

/** What a flight knows of those who wait for it. */
export interface Aboard {
  /** Callers who still wait. */
  readonly waiters: () => number;
  /** Fires when nobody waits any more and the flight may be given up. */
  readonly abandoned: AbortSignal;
  /** It was started for no caller. */
  readonly behind: boolean;
  /** Fires when the first caller joins a flight that was started for none. */
  readonly urgent: AbortSignal;
}

export interface FlightsOptions {
  readonly waitersMax: number;
  readonly flightsMax: number;
  /** Sent with the 503 of a caller who found no place. */
  readonly retryAfterS: number;
}

export interface FlightsStats {
  readonly inFlight: number;
  readonly waiting: number;
  readonly refused: number;
}

export interface Joined<T> {
  /** True for whoever found the flight already under way. */
  readonly joined: boolean;
  readonly result: Promise<T>;
  /** He waits no longer, and the flight goes on even if he was the last. */
  readonly leave: () => void;
  readonly startedMs: number;
  /** Callers who wait for the same flight now. */
  readonly waiters: () => number;
}

/** One who waits. */
export interface Caller {
  readonly gone: AbortSignal;
  /** True: the flight may be given up when the last one has left. */
  readonly mayAbandon: boolean;
}

interface Underway<T> {
  readonly startedMs: number;
  waiters: number;
  /** Nobody may give it up: it has landed, or it was started for no caller. */
  kept: boolean;
  readonly controller: AbortController;
  readonly urgent: AbortController;
  readonly result: Promise<T>;
}

export interface Flights<T> {
  /** Waits for the flight of this key, starting it when there is none. */
  join(key: string, start: (aboard: Aboard) => Promise<T>, caller: Caller): Joined<T>;
  /** Starts a flight that nobody waits for, unless one is under way. */
  launch(key: string, start: (aboard: Aboard) => Promise<T>): Promise<T> | undefined;
  stats(): FlightsStats;
}

export function openFlights<T>(options: FlightsOptions, clock: Pick<Clock, 'nowMs'>): Flights<T> {
  const underway = new Map<string, Underway<T>>();
  let waiting = 0;
  let refused = 0;

  const begin = (key: string, behind: boolean, start: (aboard: Aboard) => Promise<T>) => {
    if (underway.size >= options.flightsMax) {
      refused += 1;
      throw new Failure('busy', { retryAfterS: options.retryAfterS });
    }
    const startedMs = clock.nowMs();
    const controller = new AbortController();
    const urgent = new AbortController();
    const aboard: Aboard = {
      waiters: () => flight.waiters,
      abandoned: controller.signal,
      ...{ behind, urgent: urgent.signal },
    };
    const result = start(aboard).finally(() => {
      // What has landed may still be streaming to whoever claimed it.
      flight.kept = true;
      if (underway.get(key) === flight) underway.delete(key);
    });
    // Whoever waits hears of a failure through `result`; with nobody waiting it ends here.
    result.catch(() => undefined);
    const flight: Underway<T> = {
      ...{ waiters: 0, kept: behind, startedMs },
      ...{ controller, urgent, result },
    };
    underway.set(key, flight);
    return flight;
  };

  /**
   * A caller's own view of the result: it ends early when the caller leaves, the flight does not.
   */
  const wait = (key: string, flight: Underway<T>, { gone, mayAbandon }: Caller) => {
    flight.waiters += 1;
    waiting += 1;
    let leave = (): void => undefined;
    const left = new Promise<never>((_, reject) => {
      leave = () => {
        reject(new Failure('abandoned'));
      };
    });
    if (gone.aborted) leave();
    else gone.addEventListener('abort', leave, { once: true });
    const result = Promise.race([flight.result, left]).finally(() => {
      flight.waiters -= 1;
      waiting -= 1;
      gone.removeEventListener('abort', leave);
      if (flight.waiters > 0 || !mayAbandon || flight.kept) return;
      // Whoever comes next must not board a flight that has been given up.
      if (underway.get(key) === flight) underway.delete(key);
      flight.controller.abort();
    });
    return {
      result,
      leave: () => {
        flight.kept = true;
        leave();
      },
    };
  };

  return {
    join(key, start, caller) {
      const found = underway.get(key);
      if (found !== undefined && found.waiters >= options.waitersMax) {
        refused += 1;
        throw new Failure('too_many_waiters', { retryAfterS: options.retryAfterS });
      }
      const flight = found ?? begin(key, false, start);
      const { result, leave } = wait(key, flight, caller);
      // Whoever had begun it for nobody learns that somebody waits for it now.
      if (found !== undefined && !found.urgent.signal.aborted) found.urgent.abort();
      const { startedMs } = flight;
      const joined = found !== undefined;
      return { joined, result, leave, startedMs, waiters: () => flight.waiters };
    },
    launch(key, start) {
      if (underway.has(key)) return undefined;
      return begin(key, true, start).result;
    },
    stats: () => ({ inFlight: underway.size, waiting, refused }),
  };
}
