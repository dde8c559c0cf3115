/** The families of worker processes: how many there are, how they end, and what they share. */
import { NO_LABELS, type Family } from './family.js';
import type { Reading } from './reading.js';

/** What the primary process knows of its workers. */
export interface WorkersReading {
  readonly alive: number;
  readonly wanted: number;
  /** Those that did not answer: of them the numbers are the last that were heard. */
  readonly missing: readonly string[];
  readonly deaths: number;
  readonly restarts: number;
  /** Whether they keep ending soon after their start. */
  readonly looping: boolean;
  readonly leads: {
    readonly held: number;
    readonly waiting: number;
    readonly taken: number;
    readonly waited: number;
    readonly passedOn: number;
  };
  readonly holders: number;
  readonly acts: number;
}

/** Absent while one process does everything. */
function family(
  kind: 'counter' | 'gauge',
  name: string,
  help: string,
  of: (workers: WorkersReading) => number,
): Family {
  return {
    ...{ kind, name, help, labels: [] },
    samples: ({ processes }: Reading) =>
      processes === undefined ? [] : [{ labels: NO_LABELS, value: of(processes) }],
  };
}

export const workersFamilies: readonly Family[] = [
  family('gauge', 'leyden_workers_wanted', 'As many as there should be.', (all) => all.wanted),
  family('gauge', 'leyden_workers_missing', 'Those that did not answer.', (all) => {
    return all.missing.length;
  }),
  family('gauge', 'leyden_workers_looping', '1 while they keep ending.', (all) => {
    return all.looping ? 1 : 0;
  }),
  family('counter', 'leyden_workers_died_total', 'Ends that nobody asked for.', (all) => {
    return all.deaths;
  }),
  family('counter', 'leyden_workers_restarted_total', 'Those started in their place.', (all) => {
    return all.restarts;
  }),
  family('counter', 'leyden_workers_acts_total', 'Purges told to all of them.', (all) => all.acts),
  family('gauge', 'leyden_workers_leads', 'Computations that others may wait for.', (all) => {
    return all.leads.held;
  }),
  family('gauge', 'leyden_workers_leads_waiting', 'Workers that wait for one.', (all) => {
    return all.leads.waiting;
  }),
  family('counter', 'leyden_workers_leads_taken_total', 'Computations for all.', (all) => {
    return all.leads.taken;
  }),
  family('counter', 'leyden_workers_leads_waited_total', 'Waits for another worker.', (all) => {
    return all.leads.waited;
  }),
  family(
    'counter',
    'leyden_workers_leads_passed_on_total',
    'Computations whose worker ended.',
    (all) => {
      return all.leads.passedOn;
    },
  ),
  family('gauge', 'leyden_workers_holders', 'Answers known to lie in a worker.', (all) => {
    return all.holders;
  }),
];

/** The same as flat JSON. */
export function workersJson({ processes }: Pick<Reading, 'processes'>) {
  if (processes === undefined) return undefined;
  const { alive, wanted, missing, deaths, restarts, looping } = processes;
  return { alive, wanted, missing, deaths, restarts, looping };
}
