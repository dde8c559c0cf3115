/** Flights: one computation per key however many wait; it belongs to nobody's request. */
import { Failure } from '../errors.js';

/** What a flight knows of those who wait for it. */
export interface Aboard {
  /** Callers who still wait. */
  readonly waiters: () => number;
  /** Fires when nobody waits any more and the flight may be given up. */
  readonly abandoned: AbortSignal;
  /** It was started for no caller. */
  readonly behind: boolean;
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
}

/** One who waits. */
export interface Caller {
  readonly gone: AbortSignal;
  /** True: the flight may be given up when the last one has left. */
  readonly mayAbandon: boolean;
}

interface Underway<T> {
  waiters: number;
  /** Nobody may give it up: it has landed, or it was started for no caller. */
  kept: boolean;
  readonly controller: AbortController;
  readonly result: Promise<T>;
}

export interface Flights<T> {
  /** Waits for the flight of this key, starting it when there is none. */
  join(key: string, start: (aboard: Aboard) => Promise<T>, caller: Caller): Joined<T>;
  /** Starts a flight that nobody waits for, unless one is under way. */
  launch(key: string, start: (aboard: Aboard) => Promise<T>): Promise<T> | undefined;
  stats(): FlightsStats;
}

export function openFlights<T>(options: FlightsOptions): Flights<T> {
  const underway = new Map<string, Underway<T>>();
  let waiting = 0;
  let refused = 0;

  const begin = (key: string, behind: boolean, start: (aboard: Aboard) => Promise<T>) => {
    if (underway.size >= options.flightsMax) {
      refused += 1;
      throw new Failure('busy', { retryAfterS: options.retryAfterS });
    }
    const controller = new AbortController();
    const { signal: abandoned } = controller;
    const result = start({ waiters: () => flight.waiters, abandoned, behind }).finally(() => {
      // What has landed may still be streaming to whoever claimed it.
      flight.kept = true;
      if (underway.get(key) === flight) underway.delete(key);
    });
    // Whoever waits hears of a failure through `result`; with nobody waiting it ends here.
    result.catch(() => undefined);
    const flight: Underway<T> = { waiters: 0, kept: behind, controller, result };
    underway.set(key, flight);
    return flight;
  };

  /**
   * A caller's own view of the result: it ends early when the caller leaves, the flight does not.
   */
  const wait = async (
    key: string,
    flight: Underway<T>,
    { gone, mayAbandon }: Caller,
  ): Promise<T> => {
    flight.waiters += 1;
    waiting += 1;
    let leave: (() => void) | undefined;
    try {
      const left = new Promise<never>((_, reject) => {
        leave = () => {
          reject(new Failure('abandoned'));
        };
        if (gone.aborted) leave();
        else gone.addEventListener('abort', leave, { once: true });
      });
      return await Promise.race([flight.result, left]);
    } finally {
      flight.waiters -= 1;
      waiting -= 1;
      if (leave !== undefined) gone.removeEventListener('abort', leave);
      if (flight.waiters === 0 && mayAbandon && !flight.kept) {
        // Whoever comes next must not board a flight that has been given up.
        if (underway.get(key) === flight) underway.delete(key);
        flight.controller.abort();
      }
    }
  };

  return {
    join(key, start, caller) {
      const found = underway.get(key);
      if (found !== undefined && found.waiters >= options.waitersMax) {
        refused += 1;
        throw new Failure('too_many_waiters', { retryAfterS: options.retryAfterS });
      }
      const flight = found ?? begin(key, false, start);
      const result = wait(key, flight, caller);
      return { joined: found !== undefined, result };
    },
    launch(key, start) {
      if (underway.has(key)) return undefined;
      return begin(key, true, start).result;
    },
    stats: () => ({ inFlight: underway.size, waiting, refused }),
  };
}
