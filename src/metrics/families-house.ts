/** The families of the house: pools, upstreams, listeners, what waits, alerts, and the process. */
import { each, labeller, single, type Family } from './family.js';
import { fleetFamilies } from './families-fleet.js';
import { redisFamilies } from './families-redis.js';
import { secondFamilies } from './families-second.js';
import { trackingFamilies } from './families-tracking.js';
import { upstreamFamilies } from './families-upstream.js';
import { workersFamilies } from './families-workers.js';
import type { EventName, LevelName, ListenerReading } from './reading.js';
import type { PoolReading, Reading } from './reading.js';

const SECOND_MS = 1000;
const byCode = labeller('listener', 'code');
const byAlert = labeller('alert', 'severity');

const pool = (
  kind: 'counter' | 'gauge',
  name: string,
  help: string,
  part: (one: PoolReading) => number,
): Family => each(kind, `leyden_pool_${name}`, help, 'pool', (r) => r.pools, part);

const listener = (
  kind: 'counter' | 'gauge',
  name: string,
  help: string,
  part: (one: ListenerReading) => number,
): Family => each(kind, `leyden_${name}`, help, 'listener', (r) => r.listeners, part);

/** A gauge and its ceiling. */
function level(name: LevelName, help: string, ceiling: string): readonly Family[] {
  // How many may wait is a limit of each answer, not of all together.
  const max = name === 'waiters' ? 'leyden_waiters_per_answer_max' : `leyden_${name}_max`;
  return [
    single('gauge', `leyden_${name}`, help, (reading) => reading.levels[name].now),
    single('gauge', max, ceiling, (reading) => reading.levels[name].max),
  ];
}

const event = (name: EventName, help: string): Family =>
  single('counter', `leyden_${name}_total`, help, (reading) => reading.events[name]);

const pools: readonly Family[] = [
  pool('gauge', 'max', 'Most connections or workers.', (one) => one.max),
  pool('gauge', 'in_use', 'Those that work now.', (one) => one.inUse),
  pool('gauge', 'open', 'Those that exist now, in use or idle.', (one) => one.open),
  pool('gauge', 'dedicated', 'Those that are never lent.', (one) => one.dedicated),
  pool('gauge', 'waiting', 'Callers who wait for one.', (one) => one.waiting),
  pool('gauge', 'peak', 'Most that worked at the same time since the start.', (one) => one.peak),
  pool('counter', 'served_total', 'Callers who got one.', (one) => one.served),
  pool('counter', 'waited_total', 'Those of them who had to wait.', (one) => one.waited),
  pool('counter', 'wait_seconds_total', 'All their waits.', ({ waitedMs }) => waitedMs / SECOND_MS),
  pool('counter', 'errors_total', 'What went wrong with one that was got.', (one) => one.errors),
  pool('counter', 'exhausted_total', 'Callers who got none.', (one) => one.exhaustions),
  each(
    'gauge',
    'leyden_pool_efficiency_score',
    'From 0 to 100, over five minutes; absent below twenty uses.',
    'pool',
    (r) => r.poolScores,
    (score) => score,
  ),
];

const listeners: readonly Family[] = [
  listener('gauge', 'connections', 'Client connections open now.', (one) => one.open),
  listener('gauge', 'connections_max', 'Most at once.', (one) => one.openMax),
  listener('counter', 'connections_accepted_total', 'Connections accepted.', (o) => o.accepted),
  listener('counter', 'connections_dropped_total', 'Connections too many.', (one) => one.dropped),
  listener('counter', 'write_timeouts_total', 'Clients that stopped reading.', (one) => {
    return one.writeTimeouts;
  }),
  listener('gauge', 'requests_in_flight', 'Requests that are being answered.', (o) => o.inFlight),
  {
    kind: 'counter',
    name: 'leyden_door_refused_total',
    help: 'Refused at the gate.',
    labels: byCode.names,
    samples: (reading: Reading) =>
      Object.entries(reading.listeners).flatMap(([name, { refused }]) =>
        Object.entries(refused).map(([code, count]) => ({
          labels: byCode.of(name, code),
          value: count ?? 0,
        })),
      ),
  },
];

const waiting: readonly Family[] = [
  ...level('flights', 'Answers that are being computed.', 'Most at once.'),
  ...level('waiters', 'Callers who wait for one of them.', 'Most that may wait for one answer.'),
  ...level(
    'marks',
    'Keys that are asked side by side, or whose failure is remembered.',
    'Most of them.',
  ),
  ...level('ahead', 'Answers whose end is watched.', 'Most of them.'),
  event('ahead_refused', 'Answers whose end nobody watches, for too many are watched.'),
  ...level('warm_waiting', 'Addresses that wait to be warmed.', 'Most of them.'),
  event('warm_computed', 'Answers that were computed before anybody asked.'),
  event('warm_fresh', 'Addresses whose answer was there already.'),
  event('warm_failed', 'Addresses that were given up.'),
  event('warm_refused', 'Addresses that nothing would be kept of.'),
  event('waiters_refused', 'Callers refused because too many waited or too much was computed.'),
  ...level('answers', 'Answers that were promised for later.', 'Most of them.'),
  ...level('answer_bytes', 'Bytes held for them.', 'Most bytes held for them.'),
  ...level('coding_waiting', 'Answers that wait to be coded.', 'Most that may wait.'),
  ...level('opening_waiting', 'Coded answers that wait to be opened.', 'Most that may wait.'),
  ...level('plain_bytes', 'Bytes of plain forms beside coded ones.', 'Most of them.'),
  ...level('second_tier_looks', 'Looks of the fast lane into Redis under way.', 'Most at once.'),
  ...level('second_tier_writes', 'Answers on their way to Redis.', 'Most that may wait.'),
  ...level('second_tier_write_bytes', 'Bytes on their way to Redis.', 'Most that may wait.'),
  ...level('second_tier_unlanded', 'Keys whose answers no node waits for.', 'Most of them.'),
  event('answers_refused', 'Callers who had to wait, for too many answers were promised.'),
  event('answers_not_held', 'Promised answers that were too large to be held.'),
  ...level('aliases', 'Raw requests whose key is remembered.', 'Most of them.'),
  ...level('identities', 'Credentials whose HMAC is remembered.', 'Most of them.'),
  event('purges', 'Purges since the start.'),
  ...level('purge_fences', 'Tags whose purge is remembered.', 'Most of them.'),
  ...level('purge_bans', 'Purges by pattern that are remembered.', 'Most of them.'),
  ...level('energy_watchers', 'Callers who watch the energy service.', 'Most of them.'),
  event('energy_watchers_refused', 'Callers who found no place to watch.'),
  ...level('dashboard_watchers', 'Open pages of the dashboard.', 'Most of them.'),
  event('dashboard_refused', 'Pages that found no place to watch.'),
  event('dashboard_skipped', 'Lines left out, for their reader had not taken the one before.'),
  ...level('resources', 'Resources that are held now.', 'Most of them.'),
  single('gauge', 'leyden_resource_leaks', 'Resources held for too long.', (r) => r.leaks),
  ...level('window_series', 'Series whose history is kept.', 'Most of them.'),
  event('window_series_dropped', 'Series without a history, for there are too many.'),
];

const alerts: readonly Family[] = [
  {
    kind: 'gauge',
    name: 'leyden_alert_firing',
    help: '1 while the gateway itself finds that the alert fires.',
    labels: byAlert.names,
    samples: (reading: Reading) =>
      reading.alerts.map(({ name, severity, state }) => ({
        labels: byAlert.of(name, severity),
        value: state === 'firing' ? 1 : 0,
      })),
  },
  ...level('alert_notices', 'Notices that wait for the webhook.', 'Most that may wait.'),
  event('alert_notices_sent', 'Notices that the webhook took.'),
  event('alert_notices_retried', 'Attempts that failed and are followed by another.'),
  event('alert_notices_failed', 'Notices that it never took.'),
  event('alert_notices_dropped', 'Notices that gave way to newer ones.'),
];

export const houseFamilies: readonly Family[] = [
  ...pools,
  ...upstreamFamilies,
  ...redisFamilies,
  ...secondFamilies,
  ...trackingFamilies,
  ...fleetFamilies,
  ...listeners,
  ...waiting,
  ...alerts,
  single('gauge', 'leyden_uptime_seconds', 'Since the start.', (r) => r.uptimeMs / SECOND_MS),
  single('gauge', 'leyden_workers', 'Worker processes.', (reading) => reading.workers),
  ...workersFamilies,
  single('gauge', 'leyden_runtime_eol', '1 when this Node gets no more security fixes.', (r) =>
    r.runtimeEndOfLife ? 1 : 0,
  ),
  event('log_lines_dropped', 'Log lines that were dropped, for too many waited.'),
  ...level('trace_spans', 'Ended spans that wait for the collector.', 'Most that may wait.'),
  event('trace_spans_exported', 'Spans that the collector took.'),
  event('trace_spans_dropped', 'Spans for which there was no room.'),
  event('trace_spans_lost', 'Spans that were sent and did not arrive.'),
  event('settings_reloads', 'Settings files that were put to work.'),
  event('settings_refused', 'Settings files that were refused.'),
];
