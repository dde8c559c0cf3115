/** A reading on its way between processes: histograms as plain numbers, functions left out. */
import type { Times } from './histogram.js';
import type { Counted } from './reading.js';

/** A histogram as it travels: the places that hold something, each followed by how many. */
interface SentTimes {
  readonly timesSumMs: number;
  readonly places: readonly number[];
}

type Plain = Readonly<Record<string, unknown>>;

export function isTimes(value: object): value is Times {
  return 'counts' in value && typeof value.counts === 'function' && 'sumMs' in value;
}

function isSent(value: object): value is SentTimes {
  return 'timesSumMs' in value && 'places' in value;
}

function sentTimes(times: Times): SentTimes {
  const counts = times.counts();
  const places: number[] = [];
  for (let place = 0; place < counts.length; place += 1) {
    const count = counts[place] ?? 0;
    if (count > 0) places.push(place, count);
  }
  return { timesSumMs: times.sumMs(), places };
}

/** What was counted so far, as it stood at one moment. */
export function frozenTimes(sumMs: number, counts: Float64Array): Times {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return { count: () => total, sumMs: () => sumMs, counts: () => counts };
}

/** More places than any histogram of ours has. */
const PLACES_MAX = 4_096;

function readTimes({ timesSumMs, places }: SentTimes): Times {
  const last = Math.min(PLACES_MAX, places.at(-2) ?? 0);
  const counts = new Float64Array(last + 1);
  for (let at = 0; at < places.length; at += 2) {
    const place = places[at] ?? 0;
    if (place < counts.length) counts[place] = places[at + 1] ?? 0;
  }
  return frozenTimes(timesSumMs, counts);
}

function walk(value: unknown, times: (value: object) => unknown): unknown {
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'function' ? undefined : value;
  }
  const found = times(value);
  if (found !== undefined) return found;
  if (Array.isArray(value)) return value.map((one: unknown) => walk(one, times));
  if (value instanceof Map) {
    return new Map([...value].map(([name, one]) => [name as unknown, walk(one, times)]));
  }
  const plain: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(value)) plain[name] = walk(one, times);
  return plain;
}

/** What structured cloning can carry. */
export function sendable(counted: Counted): Plain {
  return walk(counted, (value) => (isTimes(value) ? sentTimes(value) : undefined)) as Plain;
}

/** The same on the other side; whoever calls knows that one of ours has sent it. */
export function received(sent: unknown): Counted {
  return walk(sent, (value) => (isSent(value) ? readTimes(value) : undefined)) as Counted;
}
