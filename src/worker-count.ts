/** What one worker process counts, and what it shows of itself, on their way to the primary. */
import type { Settings } from '../config/settings.js';
import type { Entry } from './cache/entry.js';
import type { Rooms } from './cache/rooms.js';
import { topSaved } from './cache/top.js';
import type { Snapshot } from './cache/snapshot.js';
import type { Clock } from './clock.js';
import { count, type CountSources } from './counts.js';
import type { Interior } from './interior.js';
import { NOTHING_RESTORED } from './kept.js';
import type { Log } from './log.js';
import { sendable } from './metrics/wire.js';
import { openRegistry } from './resources/registry.js';
import type { Listener } from './server/listen.js';
import { countLimits } from './starting.js';

/** One computation, as another process can show it. */
export interface SightOfFlight {
  readonly route: string;
  readonly address: string;
  readonly query: string | undefined;
  readonly partition: string;
  readonly runningMs: number;
  readonly usualMs: number | undefined;
  readonly waiters: number;
}

/** One stored answer that has saved much, without its body. */
export interface SightOfAnswer extends Pick<
  Entry,
  'key' | 'route' | 'address' | 'query' | 'partition' | 'hits' | 'costMs' | 'madeOld'
> {
  readonly freshForMs: number;
  readonly usableForMs: number;
  readonly bodyBytes: number;
}

export interface Sights {
  readonly flights: readonly SightOfFlight[];
  readonly answers: readonly SightOfAnswer[];
}

/** What a worker answers when it is counted. */
export interface CountedThere {
  readonly counted: unknown;
  readonly sights: Sights | undefined;
}

const FLIGHTS_MAX = 100;
const ANSWERS_MAX = 10;
const LOOK_MS = 5_000;

function flightsIn({ purges, clock }: Rooms): readonly SightOfFlight[] {
  const nowMs = clock.nowMs();
  const flights = [...purges.underway.all()].filter(({ kind }) => kind === 'flight');
  flights.sort((one, other) => one.startedMs - other.startedMs);
  return flights.slice(0, FLIGHTS_MAX).map((one) => ({
    ...{ route: one.route, address: one.address, query: one.query, partition: one.partition },
    ...{ usualMs: one.usualMs, runningMs: nowMs - one.startedMs, waiters: one.waiters() },
  }));
}

function sightOf(entry: Entry, nowMs: number): SightOfAnswer {
  const { key, route, address, query, partition, hits, costMs, madeOld } = entry;
  const endMs = Math.max(entry.freshUntilMs, entry.staleUntilMs, entry.errorUntilMs);
  return {
    ...{ key, route, address, query, partition, hits, costMs, madeOld },
    ...{ freshForMs: entry.freshUntilMs - nowMs, usableForMs: endMs - nowMs },
    bodyBytes: entry.body.byteLength,
  };
}

export interface WorkerCounts {
  count(sights: boolean): CountedThere;
}

export interface WorkerCountsOptions {
  readonly version: string;
  readonly settings: Settings;
  readonly interior: Interior;
  readonly kept: Snapshot | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly listener: () => Listener | undefined;
}

/** Alerts, windows and notices are the primary's business. */
const NO_NOTICES = { waiting: 0, queueMax: 0, sent: 0, retried: 0, failed: 0, dropped: 0 };

export function openWorkerCounts(options: WorkerCountsOptions): WorkerCounts {
  const { interior, kept, clock, log, version } = options;
  const { rooms } = interior;
  const sources: CountSources = {
    ...interior,
    ...{ version, clock, log, startedMs: clock.nowMs(), runtimeEndOfLife: false },
    tallies: () => interior.tallies.all(),
    snapshot: () => kept?.stats() ?? NOTHING_RESTORED,
    identities: () => interior.identity.stats(),
    listeners: () => {
      const listener = options.listener();
      return listener === undefined ? {} : { public: listener };
    },
    watchers: () => undefined,
    reloads: () => ({ reloads: 0, refused: 0 }),
    windows: () => ({ series: 0, seriesMax: 0, dropped: 0 }),
    registry: openRegistry(0, clock),
    webhook: { stats: () => NO_NOTICES },
    limits: countLimits(options.settings),
  };
  let top: readonly Entry[] = [];
  let lookedMs = -Infinity;
  const look = (): void => {
    lookedMs = clock.nowMs();
    topSaved(rooms, ANSWERS_MAX)
      .then((found) => {
        top = found;
      })
      .catch(() => {
        log.warn('top_failed');
      });
  };
  const sights = (): Sights => {
    const nowMs = clock.nowMs();
    if (nowMs - lookedMs >= LOOK_MS) look();
    const there = top.filter((entry) => rooms.purges.judge(entry) !== 'deleted');
    return { flights: flightsIn(rooms), answers: there.map((entry) => sightOf(entry, nowMs)) };
  };
  return {
    count: (wanted) => ({
      counted: sendable(count(sources)),
      sights: wanted ? sights() : undefined,
    }),
  };
}
