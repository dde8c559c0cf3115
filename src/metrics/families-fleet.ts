/** The families of the fleet: who there is, who computes, and how purges reach all of them. */
import { labeller, NO_LABELS, type Family, type Sample } from './family.js';
import type { Times } from './histogram.js';

type Counts = Readonly<Record<string, number>>;

/** What this node knows of the others. */
export interface FleetReading {
  /** What the others call this node. */
  readonly node: string;
  readonly attached: boolean;
  readonly inStep: boolean;
  readonly gaps: Counts;
  readonly records: number;
  readonly recordsRefused: Readonly<Partial<Counts>>;
  readonly outbox: {
    readonly waiting: number;
    readonly waitingMax: number;
    readonly merged: number;
    readonly unsent: number;
  };
  readonly reach: {
    readonly nodes: number;
    readonly nodesMax: number;
    readonly watched: number;
    readonly watchedMax: number;
    readonly spread: number;
    readonly unwatched: number;
  };
  readonly leases: {
    readonly held: number;
    readonly waiting: number;
    readonly waitingMax: number;
    readonly taken: number;
    readonly waited: number;
    readonly renewals: number;
    readonly lost: number;
    readonly overtaken: number;
    readonly alone: number;
  };
  readonly bus: {
    readonly listening: boolean;
    readonly sent: Counts;
    readonly heard: Counts;
    readonly unsent: number;
    readonly refused: Counts;
    readonly silences: number;
  };
  readonly spreadMs: Times;
}

const byReason = labeller('reason');
const byKind = labeller('kind');
const byEvent = labeller('event');

/** Absent while there is no fleet. */
function family(
  kind: 'counter' | 'gauge',
  name: string,
  help: string,
  of: (fleet: FleetReading) => number | readonly Sample[],
  labels: readonly string[] = [],
): Family {
  return {
    ...{ kind, name: `leyden_${name}`, help, labels },
    samples({ fleet }) {
      if (fleet === undefined) return [];
      const value = of(fleet);
      return typeof value === 'number' ? [{ labels: NO_LABELS, value }] : value;
    },
  };
}

function samplesOf({ of }: ReturnType<typeof labeller>, counts: Partial<Counts>): Sample[] {
  return Object.entries(counts).map(([label, value = 0]) => ({ labels: of(label), value }));
}

const gauge = (name: string, help: string, of: (fleet: FleetReading) => number): Family =>
  family('gauge', name, help, of);
const counter = (name: string, help: string, of: (fleet: FleetReading) => number): Family =>
  family('counter', `${name}_total`, help, of);
const counters = (
  name: string,
  help: string,
  labels: ReturnType<typeof labeller>,
  of: (fleet: FleetReading) => Partial<Counts>,
): Family =>
  family('counter', `${name}_total`, help, (one) => samplesOf(labels, of(one)), labels.names);

const purges: readonly Family[] = [
  gauge('fleet_nodes', 'Nodes that live, this one among them.', (r) => r.reach.nodes),
  gauge('fleet_nodes_max', 'Most that are known.', (r) => r.reach.nodesMax),
  gauge('fleet_in_step', '1 while every purge of the fleet is known here, and ours there.', (r) =>
    r.inStep ? 1 : 0,
  ),
  counters('fleet_gaps', 'Times that purges may have been missed.', byReason, (r) => r.gaps),
  counter('fleet_records', 'Purges that were read from the journal.', (r) => r.records),
  counters(
    'fleet_records_refused',
    'Records of the journal that could not be read, by the reason.',
    byReason,
    (r) => r.recordsRefused,
  ),
  gauge('purges_unsent', 'Purges that the journal does not hold yet.', (r) => r.outbox.waiting),
  gauge('purges_unsent_max', 'Most; one more makes them one.', (r) => r.outbox.waitingMax),
  counter('purges_merged', 'Times that too many waited.', (r) => r.outbox.merged),
  counter('purges_send_failures', 'Attempts that failed.', (r) => r.outbox.unsent),
  gauge('purges_pending', 'Purges from here that not all nodes have.', (r) => r.reach.watched),
  gauge('purges_pending_max', 'Most that are watched.', (r) => r.reach.watchedMax),
  counter('purges_spread', 'Purges from here that all nodes have.', (r) => r.reach.spread),
  counter('purges_unwatched', 'Purges no longer watched.', (r) => r.reach.unwatched),
  {
    kind: 'histogram',
    name: 'leyden_purge_spread_seconds',
    help: 'From a purge here until all nodes had it.',
    labels: [],
    buckets: { from: 8, to: 26 },
    times: ({ fleet }) => (fleet === undefined ? [] : [{ labels: NO_LABELS, of: fleet.spreadMs }]),
  },
];

const leases: readonly Family[] = [
  gauge('leases_held', 'Computations that the fleet waits for.', (r) => r.leases.held),
  gauge('lease_waiters', 'Computations that wait for another node.', (r) => r.leases.waiting),
  gauge('lease_waiters_max', 'Most that may wait.', (r) => r.leases.waitingMax),
  counters('leases', 'Leases, by what became of them.', byEvent, ({ leases: all }) => {
    const { taken, waited, renewals, lost, overtaken, alone } = all;
    return { taken, waited, renewed: renewals, lost, overtaken, alone };
  }),
];

const bus: readonly Family[] = [
  gauge('bus_listening', '1 while messages are heard.', (r) => (r.bus.listening ? 1 : 0)),
  counters('bus_sent', 'Messages to the other nodes.', byKind, (r) => r.bus.sent),
  counters('bus_heard', 'Messages of nodes, our own among them.', byKind, (r) => r.bus.heard),
  counter('bus_unsent', 'Messages that Redis did not take.', (r) => r.bus.unsent),
  counters('bus_refused', 'Messages not heard, by the reason.', byReason, (r) => r.bus.refused),
  counter('bus_gap', 'Times that messages may have been missed.', (r) => r.bus.silences),
];

export const fleetFamilies: readonly Family[] = [...purges, ...leases, ...bus];
