/** A computation keeps the id of the request that began it, also when that has been answered. */
import type { Flights } from './guards/flights.js';
import { whileWorking } from './log.js';

export function keepingIds<T>(flights: Flights<T>): Flights<T> {
  return {
    join: (key, start, caller) =>
      flights.join(key, (aboard) => whileWorking(() => start(aboard)), caller),
    launch: (key, start) => flights.launch(key, (aboard) => whileWorking(() => start(aboard))),
    stats: () => flights.stats(),
  };
}
