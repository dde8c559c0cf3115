/** Counts: collects what every room keeps in plain counters, without judging any of it. */
import type { Budgeted } from './budgeted.js';
import type { Aliases } from './cache/aliases.js';
import type { Answers } from './cache/answers.js';
import type { Rooms } from './cache/rooms.js';
import type { RouteTally } from './cache/tally.js';
import type { Warming } from './cache/warm.js';
import type { Clock } from './clock.js';
import type { EnergyService } from './energy/service.js';
import type { Log } from './log.js';
import type { JoinedFleet } from './fleet-slice.js';
import type { Histogram, Times } from './metrics/histogram.js';
import type { Counted, Level, ListenerReading } from './metrics/reading.js';
import type { StreamStats } from './operations/dashboard/stream.js';
import type { Webhook } from './operations/webhook.js';
import { poolsOf } from './pool-readings.js';
import type { RedisPool } from './redis/pool.js';
import type { Registry } from './resources/registry.js';
import type { Listener } from './server/listen.js';
import type { Tracing } from './tracing.js';
import type { Directory } from './upstream/directory.js';

export interface CountSources {
  readonly version: string;
  readonly runtimeEndOfLife: boolean;
  readonly clock: Clock;
  readonly startedMs: number;
  readonly rooms: Rooms;
  readonly tallies: () => readonly RouteTally<Histogram>[];
  readonly evictedAge: Times;
  readonly snapshot: () => Counted['snapshot'];
  readonly aliases: Aliases;
  readonly answers: Pick<Answers, 'stats'>;
  readonly warming: Pick<Warming, 'stats'>;
  readonly identities: () => { readonly entries: number; readonly entriesMax: number };
  readonly directory: Directory;
  readonly budgets: Budgeted;
  readonly energy: EnergyService | undefined;
  readonly redis: Pick<RedisPool, 'stats'> | undefined;
  readonly fleet: Partial<Pick<JoinedFleet, 'stats' | 'spreadMs'>> | undefined;
  readonly registry: Registry;
  readonly webhook: Pick<Webhook, 'stats'>;
  /** Those of the dashboard; undefined before there is one. */
  readonly watchers: () => StreamStats | undefined;
  readonly cacheErrors: () => number;
  readonly log: Pick<Log, 'dropped'>;
  readonly tracing: Pick<Tracing, 'stats'> | undefined;
  /** Those that are open by now. */
  readonly listeners: () => Readonly<Record<string, Listener>>;
  readonly reloads: () => { readonly reloads: number; readonly refused: number };
  readonly windows: () => {
    readonly series: number;
    readonly seriesMax: number;
    readonly dropped: number;
  };
  readonly limits: {
    readonly connectionsMax: number;
    readonly waitersMax: number;
    readonly flightsMax: number;
    readonly concurrentMax: number;
    /** Held for longer than this is a leak. */
    readonly leakAfterMs: number;
  };
}

function listenersOf({ listeners, limits }: CountSources): Record<string, ListenerReading> {
  const entries = Object.entries(listeners()).map(([name, listener]) => {
    const { open, inFlight, accepted, dropped, writeTimeouts, refused } = listener.stats();
    const openMax = limits.connectionsMax;
    return [name, { open, openMax, inFlight, accepted, dropped, writeTimeouts, refused }] as const;
  });
  return Object.fromEntries(entries);
}

const level = (now: number, max: number): Level => ({ now, max });

/** What waits, what is held, and beside each the ceiling that it cannot pass. */
function levelsOf(sources: CountSources): Counted['levels'] {
  const { rooms, limits } = sources;
  const flights = rooms.flights.stats();
  const ahead = rooms.ahead?.stats();
  const warm = sources.warming.stats();
  const marks = rooms.marks.stats();
  const aliases = sources.aliases.stats();
  const answers = sources.answers.stats();
  const coder = rooms.coder?.stats();
  const second = rooms.second?.stats();
  const looks = rooms.laneLooks?.();
  const identities = sources.identities();
  const purges = rooms.purges.stats();
  const watchers = sources.energy?.watchers();
  const pages = sources.watchers();
  const resources = sources.registry.stats();
  const windows = sources.windows();
  const notices = sources.webhook.stats();
  const traces = sources.tracing?.stats();
  return {
    flights: level(flights.inFlight, limits.flightsMax),
    waiters: level(flights.waiting, limits.waitersMax),
    ahead: level(ahead?.watched ?? 0, ahead?.watchedMax ?? 0),
    warm_waiting: level(warm.waiting, warm.waitingMax),
    answers: level(answers.open, answers.max),
    answer_bytes: level(answers.bytes, answers.bytesMax),
    coding_waiting: level(coder?.waiting ?? 0, coder?.waitingMax ?? 0),
    opening_waiting: level(coder?.opening ?? 0, coder?.openingMax ?? 0),
    plain_bytes: level(coder?.plainBytes ?? 0, coder?.plainBytesMax ?? 0),
    marks: level(marks.marks, marks.marksMax),
    second_tier_looks: level(looks?.underway ?? 0, looks?.underwayMax ?? 0),
    second_tier_writes: level(second?.waiting ?? 0, second?.waitingMax ?? 0),
    second_tier_write_bytes: level(second?.bytes ?? 0, second?.bytesMax ?? 0),
    second_tier_unlanded: level(second?.unlanded?.keys ?? 0, second?.unlanded?.keysMax ?? 0),
    aliases: level(aliases.entries, aliases.entriesMax),
    identities: level(identities.entries, identities.entriesMax),
    purge_fences: level(purges.fences, purges.fencesMax),
    purge_bans: level(purges.bans, purges.bansMax),
    energy_watchers: level(watchers?.open ?? 0, watchers?.max ?? 0),
    dashboard_watchers: level(pages?.open ?? 0, pages?.max ?? 0),
    resources: level(resources.active, resources.max),
    window_series: level(windows.series, windows.seriesMax),
    alert_notices: level(notices.waiting, notices.queueMax),
    trace_spans: level(traces?.waiting ?? 0, traces?.queueMax ?? 0),
  };
}

function eventsOf(sources: CountSources): Counted['events'] {
  const { rooms } = sources;
  const notices = sources.webhook.stats();
  const traces = sources.tracing?.stats();
  const pages = sources.watchers();
  const reloads = sources.reloads();
  const answers = sources.answers.stats();
  const warm = sources.warming.stats();
  return {
    ahead_refused: rooms.ahead?.stats().refused ?? 0,
    warm_computed: warm.computed,
    warm_fresh: warm.fresh,
    warm_failed: warm.failed,
    warm_refused: warm.refused,
    waiters_refused: rooms.flights.stats().refused,
    answers_refused: answers.refused,
    answers_not_held: answers.notHeld,
    purges: rooms.purges.stats().purges,
    energy_watchers_refused: sources.energy?.watchers().refused ?? 0,
    dashboard_refused: pages?.refused ?? 0,
    dashboard_skipped: pages?.skipped ?? 0,
    log_lines_dropped: sources.log.dropped(),
    settings_reloads: reloads.reloads,
    settings_refused: reloads.refused,
    window_series_dropped: sources.windows().dropped,
    alert_notices_sent: notices.sent,
    alert_notices_retried: notices.retried,
    alert_notices_failed: notices.failed,
    alert_notices_dropped: notices.dropped,
    trace_spans_exported: traces?.exported ?? 0,
    trace_spans_dropped: traces?.dropped ?? 0,
    trace_spans_lost: traces?.failed ?? 0,
  };
}

function codingOf({ store, coder }: Pick<Rooms, 'store' | 'coder'>): Counted['coding'] {
  const { codedEntries: entries, codedSavedBytes: savedBytes } = store.stats();
  const stats = coder?.stats();
  return {
    ...{ entries, savedBytes },
    coded: stats?.coded ?? 0,
    refused: stats?.refused ?? new Map(),
    opened: stats?.opened ?? 0,
    openingRefused: stats?.openingRefused ?? 0,
    damaged: stats?.damaged ?? 0,
  };
}

function fleetOf({ fleet }: CountSources): Counted['fleet'] {
  if (fleet?.stats === undefined || fleet.spreadMs === undefined) return undefined;
  return { ...fleet.stats(), spreadMs: fleet.spreadMs };
}

export function count(sources: CountSources): Counted {
  const { clock, limits, rooms, budgets } = sources;
  return {
    version: sources.version,
    wallMs: clock.wallMs(),
    clockMs: clock.nowMs(),
    uptimeMs: clock.nowMs() - sources.startedMs,
    workers: 1,
    runtimeEndOfLife: sources.runtimeEndOfLife,
    routes: sources.tallies(),
    cacheErrors: sources.cacheErrors(),
    memory: rooms.store.stats(),
    evictedAge: sources.evictedAge,
    snapshot: sources.snapshot(),
    coding: codingOf(rooms),
    redis: sources.redis?.stats(),
    second: rooms.second?.stats(),
    fleet: fleetOf(sources),
    pools: poolsOf({ ...sources, concurrentMax: limits.concurrentMax }),
    budgets: budgets.stats(),
    upstreams: sources.directory.stats(),
    listeners: listenersOf(sources),
    levels: levelsOf(sources),
    events: eventsOf(sources),
    leaks: sources.registry.heldLongerThan(limits.leakAfterMs).length,
  };
}
