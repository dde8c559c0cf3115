/** Takes one reading of every number in the house, when somebody asks for it. */
import type { Aliases } from './cache/aliases.js';
import type { Rooms } from './cache/rooms.js';
import type { RouteTally } from './cache/tally.js';
import type { Budgeted } from './budgeted.js';
import type { Clock } from './clock.js';
import type { EnergyService } from './energy/service.js';
import type { Log } from './log.js';
import type { Histogram } from './metrics/histogram.js';
import type { LastMinute, PoolReading, Reading } from './metrics/reading.js';
import { sumsOf } from './metrics/reading.js';
import { openWindow, type Window } from './metrics/windows.js';
import type { Listener } from './server/listen.js';
import type { Directory } from './upstream/directory.js';

export interface ReadingsOptions {
  readonly version: string;
  readonly runtimeEndOfLife: boolean;
  readonly clock: Clock;
  readonly rooms: Rooms;
  readonly tallies: () => readonly RouteTally<Histogram>[];
  readonly aliases: Aliases;
  readonly identities: () => { readonly entries: number; readonly entriesMax: number };
  readonly directory: Directory;
  readonly budgets: Budgeted;
  readonly energy: EnergyService | undefined;
  readonly cacheErrors: () => number;
  readonly log: Log;
  /** Those that are open by now. */
  readonly listeners: () => Readonly<Record<string, Listener>>;
  readonly reloads: () => { readonly reloads: number; readonly refused: number };
  readonly limits: Readonly<Record<string, number>>;
}

export interface Readings {
  read(): Reading;
  close(): void;
}

const MINUTE_MS = 60_000;

function poolsOf(options: ReadingsOptions): Record<string, PoolReading> {
  const pools: Record<string, PoolReading> = {};
  for (const [name, stats] of Object.entries(options.directory.stats())) {
    const errors = Object.values(stats.errors).reduce((sum, count) => sum + count, 0);
    const served = options.budgets.stats()[name]?.entered ?? 0;
    const { max, inUse, waiting } = stats;
    pools[name] = { max, inUse, waiting, errors, served };
  }
  const crew = options.energy?.stats();
  if (crew !== undefined) {
    const { max, in_use: inUse, waiting, failed: errors, completed: served } = crew;
    pools['energy workers'] = { max, inUse, waiting, errors, served };
  }
  return pools;
}

/** What waits, what is held, and beside each the ceiling that it cannot pass. */
function heldOf(options: ReadingsOptions): Record<string, number> {
  const { rooms, limits } = options;
  const flights = rooms.flights.stats();
  const aliases = options.aliases.stats();
  const identities = options.identities();
  const purges = rooms.purges.stats();
  const held: Record<string, number> = {
    ...limits,
    flights: flights.inFlight,
    waiters: flights.waiting,
    waiters_refused: flights.refused,
    aliases: aliases.entries,
    aliases_max: aliases.entriesMax,
    identities: identities.entries,
    identities_max: identities.entriesMax,
    purge_fences: purges.fences,
    purges: purges.purges,
    log_lines_dropped: options.log.dropped(),
    settings_reloads: options.reloads().reloads,
    settings_refused: options.reloads().refused,
  };
  const watchers = options.energy?.watchers();
  if (watchers !== undefined) {
    held['energy_watchers'] = watchers.open;
    held['energy_watchers_max'] = watchers.max;
    held['energy_watchers_refused'] = watchers.refused;
  }
  for (const [name, budget] of Object.entries(options.budgets.stats())) {
    held[`budget_running:${name}`] = budget.running;
    held[`budget_running_max:${name}`] = budget.max;
    held[`budget_waiting:${name}`] = budget.waiting;
    held[`budget_waiting_max:${name}`] = budget.queueMax;
    held[`budget_refused:${name}`] = budget.refused + budget.timedOut;
  }
  for (const [name, listener] of Object.entries(options.listeners())) {
    const stats = listener.stats();
    held[`connections:${name}`] = stats.open;
    held[`requests_in_flight:${name}`] = stats.inFlight;
    held[`connections_dropped:${name}`] = stats.dropped;
    held[`write_timeouts:${name}`] = stats.writeTimeouts;
  }
  return held;
}

/** Refusals of both listeners together, by code. */
function doorRefusedOf(options: ReadingsOptions): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const listener of Object.values(options.listeners())) {
    for (const [code, count] of Object.entries(listener.stats().refused)) {
      sums[code] = (sums[code] ?? 0) + count;
    }
  }
  return sums;
}

export function openReadings(options: ReadingsOptions): Readings {
  const { clock, rooms } = options;
  const startedMs = clock.nowMs();
  const totals = (): LastMinute & Record<string, number> => {
    const { hits, misses, errors } = sumsOf(options.tallies());
    return { hits, misses, errors };
  };
  const minute: Window<LastMinute & Record<string, number>> = openWindow(clock, MINUTE_MS, totals);
  return {
    read: () => ({
      version: options.version,
      status: 'healthy',
      wallMs: clock.wallMs(),
      uptimeMs: clock.nowMs() - startedMs,
      workers: 1,
      runtimeEndOfLife: options.runtimeEndOfLife,
      routes: options.tallies(),
      cacheErrors: options.cacheErrors(),
      memory: rooms.store.stats(),
      lastMinute: minute.gained(),
      pools: poolsOf(options),
      held: heldOf(options),
      doorRefused: doorRefusedOf(options),
    }),
    close() {
      minute.close();
    },
  };
}
