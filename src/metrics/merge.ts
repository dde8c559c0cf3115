/** Many processes as one: counters and gauges add up, histograms by place, moments are maxima. */
import type { Times } from './histogram.js';
import type { Counted } from './reading.js';
import { frozenTimes, isTimes } from './wire.js';

/** One process. Of those that have ended only what they counted is left. */
export interface Part {
  readonly counted: Counted;
  readonly ended: boolean;
}

/** What a number says of the present: whoever has ended holds none of it. All others count up. */
const GAUGES: ReadonlySet<string> = new Set([
  ...['now', 'max', 'workers', 'leaks'],
  ...['entries', 'entriesMax', 'bytes', 'bytesMax', 'savedBytes'],
  ...['inUse', 'open', 'openMax', 'inFlight', 'dedicated', 'peak', 'lanesOpen'],
  ...['running', 'waiting', 'waitingMax', 'queueMax', 'held', 'watched', 'watchedMax'],
]);

/** Moments and ages, and what every process sees of the same thing. */
const MAXIMA: ReadonlySet<string> = new Set([
  ...['uptimeMs', 'oldestMs', 'wallMs', 'clockMs', 'tookMs', 'lastHealthCheckWallMs'],
  ...['nodes', 'nodesMax', 'up', 'behind', 'unknown', 'down'],
]);

/** Settings and places, which are the same in all of them; of moments the first counts. */
const FIRST: ReadonlySet<string> = new Set(['port', 'db', 'initializedWallMs', 'missRecentMs']);

/** From the best to the worst: the whole is as well as its worst part. */
const WORSE: readonly string[] = [
  ...['closed', 'half-open', 'open'],
  ...['healthy', 'readonly', 'degraded', 'down'],
];

const JUDGED: ReadonlySet<string> = new Set(['status', 'breaker', 'breakers']);
/** True of the whole when it is true of any part; other flags must be true of all. */
const ANY: ReadonlySet<string> = new Set(['runtimeEndOfLife']);

interface Held {
  readonly value: unknown;
  readonly ended: boolean;
}

const isNumber = (value: unknown): value is number => typeof value === 'number';

function numbers(name: string, all: readonly Held[]): number {
  const living = all.filter(({ ended }) => !ended).map(({ value }) => value);
  const present = living.filter(isNumber);
  if (GAUGES.has(name)) return present.reduce((sum, one) => sum + one, 0);
  if (MAXIMA.has(name)) return Math.max(0, ...present);
  if (FIRST.has(name)) return present[0] ?? 0;
  return all.reduce((sum, { value }) => sum + (isNumber(value) ? value : 0), 0);
}

function words(name: string, inside: string, all: readonly Held[]): unknown {
  const living = all.filter(({ ended }) => !ended);
  const [first] = living.length > 0 ? living : all;
  if (!JUDGED.has(name) && !JUDGED.has(inside)) return first?.value;
  const ranks = living.map(({ value }) => WORSE.indexOf(String(value)));
  return WORSE[Math.max(...ranks)] ?? first?.value;
}

function flags(name: string, all: readonly Held[]): boolean {
  const living = all.filter(({ ended }) => !ended);
  return ANY.has(name)
    ? living.some(({ value }) => value === true)
    : living.length > 0 && living.every(({ value }) => value === true);
}

function times(all: readonly Held[]): Times {
  const parts = all.map(({ value }) => value as Times);
  const places = Math.max(...parts.map((one) => one.counts().length));
  const counts = new Float64Array(places);
  let sumMs = 0;
  for (const part of parts) {
    const own = part.counts();
    for (let place = 0; place < own.length; place += 1) {
      counts[place] = (counts[place] ?? 0) + (own[place] ?? 0);
    }
    sumMs += part.sumMs();
  }
  return frozenTimes(sumMs, counts);
}

/** By what the members of a list are told apart. */
function nameOf(member: unknown): string {
  if (typeof member !== 'object' || member === null) return String(member);
  const { route, url, op, kind } = member as Readonly<Record<string, unknown>>;
  return JSON.stringify([route, url, op, kind]);
}

type Named = (readonly [string, unknown])[];

function together(name: string, all: readonly Held[], named: (value: unknown) => Named) {
  const members = new Map<string, Held[]>();
  for (const { value, ended } of all) {
    for (const [key, member] of named(value)) {
      const held = members.get(key) ?? [];
      held.push({ value: member, ended });
      members.set(key, held);
    }
  }
  return [...members].map(([key, held]) => [key, merge(key, name, held)] as const);
}

function objects(name: string, all: readonly Held[], sample: object): unknown {
  if (isTimes(sample)) return times(all);
  if (sample instanceof Map) {
    return new Map(together(name, all, (value) => [...(value as Map<string, unknown>)]));
  }
  if (Array.isArray(sample)) {
    const listed = (value: unknown): Named =>
      (value as readonly unknown[]).map((one) => [nameOf(one), one] as const);
    return together(name, all, listed).map(([, value]) => value);
  }
  return Object.fromEntries(together(name, all, (value) => Object.entries(value as object)));
}

function merge(name: string, inside: string, given: readonly Held[]): unknown {
  const all = given.filter(({ value }) => value !== undefined && value !== null);
  const sample = all[0]?.value;
  if (isNumber(sample)) return numbers(name, all);
  if (typeof sample === 'boolean') return flags(name, all);
  if (typeof sample === 'string') return words(name, inside, all);
  return typeof sample === 'object' && sample !== null ? objects(name, all, sample) : undefined;
}

/** One reading of all of them. The first part says what is the same everywhere. */
export function mergeCounted(parts: readonly Part[]): Counted {
  const all = parts.map(({ counted, ended }) => ({ value: counted, ended }));
  return merge('', '', all) as Counted;
}
