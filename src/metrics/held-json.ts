/** What waits, what is held and what was refused, as flat JSON: each number beside its ceiling. */
import type { Reading } from './reading.js';

function add(sums: Record<string, number>, name: string, value: number): void {
  sums[name] = (sums[name] ?? 0) + value;
}

export function heldJson(reading: Pick<Reading, 'levels' | 'events' | 'budgets' | 'listeners'>): {
  readonly held: Readonly<Record<string, number>>;
  readonly doorRefused: Readonly<Record<string, number>>;
} {
  const held: Record<string, number> = {};
  const doorRefused: Record<string, number> = {};
  for (const [name, { now, max }] of Object.entries(reading.levels)) {
    held[name] = now;
    held[`${name}_max`] = max;
  }
  Object.assign(held, reading.events);
  for (const [name, budget] of Object.entries(reading.budgets)) {
    held[`budget_running:${name}`] = budget.running;
    held[`budget_running_max:${name}`] = budget.max;
    held[`budget_waiting:${name}`] = budget.waiting;
    held[`budget_waiting_max:${name}`] = budget.queueMax;
    held[`budget_refused:${name}`] = budget.refused + budget.timedOut;
  }
  for (const [name, listener] of Object.entries(reading.listeners)) {
    held[`connections:${name}`] = listener.open;
    held[`connections_max:${name}`] = listener.openMax;
    held[`requests_in_flight:${name}`] = listener.inFlight;
    held[`connections_dropped:${name}`] = listener.dropped;
    held[`write_timeouts:${name}`] = listener.writeTimeouts;
    // Of both listeners together.
    for (const [code, count] of Object.entries(listener.refused)) {
      add(doorRefused, code, count ?? 0);
    }
  }
  return { held, doorRefused };
}
