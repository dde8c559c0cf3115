/** The numbers as Prometheus text; every label comes from a closed set, never from a request. */
import { Counter, Gauge, Registry } from 'prom-client';
import type { Reading, RouteReading } from './reading.js';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

interface Family {
  readonly kind: 'counter' | 'gauge';
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly samples: (reading: Reading) => readonly Sample[];
}

/** A counter per route. */
function perRoute(name: string, help: string, part: (route: RouteReading) => number): Family {
  const samples = (reading: Reading): readonly Sample[] =>
    reading.routes.map((route) => [{ route: route.route }, part(route)]);
  return { kind: 'counter', name, help, labels: ['route'], samples };
}

/** A counter per route and reason. */
function perReason(
  name: string,
  help: string,
  part: (route: RouteReading) => ReadonlyMap<string, number>,
): Family {
  const samples = (reading: Reading): readonly Sample[] =>
    reading.routes.flatMap((route) =>
      [...part(route)].map(([reason, count]): Sample => [{ route: route.route, reason }, count]),
    );
  return { kind: 'counter', name, help, labels: ['route', 'reason'], samples };
}

function single(
  kind: Family['kind'],
  name: string,
  help: string,
  value: (reading: Reading) => number,
): Family {
  return { kind, name, help, labels: [], samples: (reading) => [[{}, value(reading)]] };
}

function named(
  kind: Family['kind'],
  name: string,
  help: string,
  label: string,
  part: (reading: Reading) => Readonly<Record<string, number>>,
): Family {
  const samples = (reading: Reading): readonly Sample[] =>
    Object.entries(part(reading)).map(([key, value]) => [{ [label]: key }, value]);
  return { kind, name, help, labels: [label], samples };
}

function poolPart(part: 'max' | 'inUse' | 'waiting'): (reading: Reading) => Record<string, number> {
  return ({ pools }) =>
    Object.fromEntries(Object.entries(pools).map(([name, pool]) => [name, pool[part]]));
}

const families: readonly Family[] = [
  perRoute('leyden_hits_total', 'Answers from the cache.', (route) => route.hits),
  perRoute('leyden_stale_served_total', 'Hits that were past their lifetime.', (r) => r.stale),
  perRoute('leyden_negative_hits_total', 'Hits on a stored error.', (route) => route.negative),
  perRoute('leyden_misses_total', 'Requests that found nothing stored.', (route) => route.misses),
  perRoute('leyden_coalesced_total', 'Misses that joined a computation.', (r) => r.coalesced),
  perRoute('leyden_errors_total', '5xx answers that callers saw.', (route) => route.errors),
  perRoute('leyden_stored_total', 'Answers that were stored.', (route) => route.stored),
  perReason('leyden_refused_total', 'Answers that were not stored.', (route) => route.refused),
  perReason('leyden_bypassed_total', 'Requests past the cache.', (route) => route.bypassed),
  perRoute(
    'leyden_compute_seconds_saved_total',
    'Computing time that was not spent again.',
    (r) => r.computeSavedMs / 1000,
  ),
  perRoute(
    'leyden_compute_seconds_spent_total',
    'Computing time spent.',
    (r) => r.computeSpentMs / 1000,
  ),
  perRoute(
    'leyden_latency_seconds_saved_total',
    'Waiting that callers were spared.',
    (r) => r.latencySavedMs / 1000,
  ),
  single('counter', 'leyden_cache_errors_total', 'Failures of a store.', (r) => r.cacheErrors),
  single('gauge', 'leyden_memory_entries', 'Answers in memory.', (r) => r.memory.entries),
  single('gauge', 'leyden_memory_bytes', 'Bytes charged for them.', (r) => r.memory.bytes),
  single(
    'gauge',
    'leyden_memory_entries_max',
    'Most answers in memory.',
    (r) => r.memory.entriesMax,
  ),
  single('gauge', 'leyden_memory_bytes_max', 'Most bytes in memory.', (r) => r.memory.bytesMax),
  single('counter', 'leyden_memory_evictions_total', 'Answers evicted.', (r) => r.memory.evictions),
  single('gauge', 'leyden_uptime_seconds', 'Since the start.', (r) => r.uptimeMs / 1000),
  single('gauge', 'leyden_runtime_eol', '1 when this Node gets no more security fixes.', (r) =>
    r.runtimeEndOfLife ? 1 : 0,
  ),
  named('gauge', 'leyden_pool_max', 'Most connections or workers.', 'pool', poolPart('max')),
  named('gauge', 'leyden_pool_in_use', 'Those that work now.', 'pool', poolPart('inUse')),
  named('gauge', 'leyden_pool_waiting', 'Callers who wait for one.', 'pool', poolPart('waiting')),
  named(
    'gauge',
    'leyden_held',
    'What waits or is held now, and its ceiling.',
    'what',
    (r) => r.held,
  ),
  named(
    'counter',
    'leyden_door_refused_total',
    'Refused at the gate.',
    'code',
    (r) => r.doorRefused,
  ),
];

/** Reads the rooms only when somebody scrapes. */
export function openPrometheus(read: () => Reading): {
  text(): Promise<string>;
  readonly contentType: string;
} {
  const registry = new Registry();
  let reading: Reading | undefined;
  for (const family of families) {
    const { name, help, samples } = family;
    const labelNames = [...family.labels];
    const registers = [registry];
    if (family.kind === 'gauge') {
      const collect = function (this: Gauge): void {
        this.reset();
        for (const [labels, value] of reading === undefined ? [] : samples(reading))
          this.set(labels, value);
      };
      new Gauge({ name, help, labelNames, registers, collect });
    } else {
      const collect = function (this: Counter): void {
        this.reset();
        for (const [labels, value] of reading === undefined ? [] : samples(reading))
          this.inc(labels, value);
      };
      new Counter({ name, help, labelNames, registers, collect });
    }
  }
  return {
    contentType: registry.contentType,
    async text() {
      reading = read();
      return await registry.metrics();
    },
  };
}
