/** Windows: the last minute, five minutes, hour and day of every series, in fixed memory. */
import type { Clock } from '../clock.js';
import { openRing, type Ring } from './ring.js';

/** Each span has about sixty steps or more, which is what a chart can show. */
export const spans = {
  '1m': { spanMs: 60_000, stepMs: 1_000 },
  '5m': { spanMs: 300_000, stepMs: 5_000 },
  '1h': { spanMs: 3_600_000, stepMs: 60_000 },
  '24h': { spanMs: 86_400_000, stepMs: 900_000 },
} as const;

export type Span = keyof typeof spans;
export type SeriesKind = 'counter' | 'gauge';

/** How whoever is read says what it holds now. */
export type Tell = (series: string, kind: SeriesKind, value: number) => void;

export interface Point {
  readonly atMs: number;
  /** Of a gauge what it stood at, of a counter what it gained since the point before. */
  readonly value: number;
}

export interface Windows {
  /** Reads everything once more, so that what was gained is told up to this moment. */
  refresh(): void;
  /** What a counter has gained within the span. */
  gained(series: string, span: Span): number;
  /** The mean and the highest of what a gauge stood at within the span; 0 when nobody looked. */
  mean(series: string, span: Span): number;
  peak(series: string, span: Span): number;
  points(series: string, span: Span): readonly Point[];
  series(): ReadonlyMap<string, SeriesKind>;
  stats(): { readonly series: number; readonly seriesMax: number; readonly dropped: number };
  close(): void;
}

export interface WindowsOptions {
  readonly clock: Clock;
  /** Asked once a second, and at each `refresh`. */
  readonly read: (tell: Tell) => void;
  /** Series that are kept; one more is dropped and counted. */
  readonly seriesMax: number;
  /** Runs after each second's look. */
  readonly afterLook?: () => void;
}

const PERIOD_MS = 1_000;

export function openWindows(options: WindowsOptions): Windows {
  const { clock, seriesMax } = options;
  const kinds = new Map<string, SeriesKind>();
  const places = new Map<string, number>();
  const dropped = new Set<string>();
  let now = new Float64Array(64);
  const rings = Object.fromEntries(
    Object.entries(spans).map(([name, { spanMs, stepMs }]) => [name, openRing(spanMs, stepMs)]),
  ) as Readonly<Record<Span, Ring>>;

  const tell: Tell = (series, kind, value) => {
    let place = places.get(series);
    if (place === undefined) {
      if (places.size >= seriesMax) {
        // Bounded too: names come from closed sets, and a long list of them is enough to know.
        if (dropped.size < seriesMax) dropped.add(series);
        return;
      }
      place = places.size;
      places.set(series, place);
      kinds.set(series, kind);
      if (place >= now.length) {
        const wider = new Float64Array(now.length * 2);
        wider.set(now);
        now = wider;
      }
    }
    now[place] = value;
  };
  const refresh = (): void => {
    // What is told no more, as of a pool that a reload took away, stands at nothing.
    for (const [series, place] of places) if (kinds.get(series) === 'gauge') now[place] = 0;
    options.read(tell);
  };
  let looks = 0;
  const look = (): void => {
    refresh();
    for (const span of Object.keys(spans) as Span[]) {
      if (looks % (spans[span].stepMs / PERIOD_MS) === 0) {
        rings[span].push(clock.nowMs(), now.subarray(0, places.size));
      }
    }
    looks += 1;
  };
  look();
  const timer = clock.every(PERIOD_MS, () => {
    look();
    options.afterLook?.();
  });

  /** Calls back for each kept moment of the span, in the order of time. */
  const walk = (series: string, span: Span, visit: (atMs: number, value: number) => void): void => {
    const place = places.get(series);
    if (place !== undefined) rings[span].walk(clock.nowMs(), place, visit);
  };
  return {
    refresh,
    gained(series, span) {
      const place = places.get(series);
      const base = place === undefined ? undefined : rings[span].oldest(clock.nowMs(), place);
      if (place === undefined || base === undefined) return 0;
      return (now[place] ?? 0) - base;
    },
    mean(series, span) {
      let sum = 0;
      let count = 0;
      walk(series, span, (_, value) => {
        sum += value;
        count += 1;
      });
      return count === 0 ? 0 : sum / count;
    },
    peak(series, span) {
      let most = 0;
      walk(series, span, (_, value) => {
        most = Math.max(most, value);
      });
      return most;
    },
    points(series, span) {
      const points: Point[] = [];
      let before: number | undefined;
      const counts = kinds.get(series) === 'counter';
      walk(series, span, (atMs, value) => {
        if (!counts) points.push({ atMs, value });
        else if (before !== undefined) points.push({ atMs, value: value - before });
        before = value;
      });
      return points;
    },
    series: () => kinds,
    stats: () => ({ series: places.size, seriesMax, dropped: dropped.size }),
    close() {
      timer.cancel();
    },
  };
}
