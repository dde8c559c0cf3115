/** The windows: what was gained within a minute, an hour, a day, and nothing from before. */
import { describe, expect, it } from '@jest/globals';
import { openWindows, spans, type Span } from '../../src/metrics/windows.js';
import { handClock } from '../fakes/hand-clock.js';

function opened(seriesMax = 10) {
  const clock = handClock();
  const totals: Record<string, number> = { hits: 7 };
  const levels: Record<string, number> = {};
  let looks = 0;
  const windows = openWindows({
    ...{ clock, seriesMax },
    read(tell) {
      for (const [name, value] of Object.entries(totals)) tell(name, 'counter', value);
      for (const [name, value] of Object.entries(levels)) tell(name, 'gauge', value);
    },
    afterLook: () => {
      looks += 1;
    },
  });
  const gained = (span: Span = '1m', name = 'hits'): number => {
    windows.refresh();
    return windows.gained(name, span);
  };
  return { clock, totals, levels, windows, gained, looks: () => looks };
}

const SPANS = Object.keys(spans) as Span[];

describe('a window of a minute', () => {
  it('begins with nothing, whatever was counted before', () => {
    expect(opened().gained()).toBe(0);
  });

  it('knows at once what has just happened', () => {
    const { totals, gained } = opened();
    totals['hits'] = 12;
    expect(gained()).toBe(5);
  });

  it('forgets after a minute, to the second', () => {
    const { clock, totals, gained } = opened();
    clock.turn(10_000);
    totals['hits'] = 12;
    clock.turn(58_000);
    expect(gained()).toBe(5);
    clock.turn(4_000);
    expect(gained()).toBe(0);
  });

  it('never holds more than the last minute of a steady stream', () => {
    const { clock, totals, gained } = opened();
    for (let second = 0; second < 300; second += 1) {
      totals['hits'] = (totals['hits'] ?? 0) + 10;
      clock.turn(1_000);
      expect(gained()).toBeLessThanOrEqual(610);
      if (second > 60) expect(gained()).toBeGreaterThanOrEqual(590);
    }
  });

  it('claims nothing for a minute in which nobody looked, as after a suspended machine', () => {
    const clock = handClock();
    let hits = 0;
    const still = { ...clock, every: () => ({ cancel: () => undefined }) };
    const windows = openWindows({
      ...{ clock: still, seriesMax: 1 },
      read: (tell) => {
        tell('hits', 'counter', hits);
      },
    });
    hits = 5;
    clock.turn(120_000);
    windows.refresh();
    expect(windows.gained('hits', '1m')).toBe(0);
  });

  it('reads nothing more once it is closed', () => {
    const { clock, windows, looks } = opened();
    clock.turn(2_000);
    windows.close();
    clock.turn(2_000);
    expect([looks(), clock.pending()]).toEqual([2, 0]);
  });
});

describe('every window', () => {
  it.each(SPANS)('%s holds what a steady stream brought within it, and forgets it', (span) => {
    const { clock, totals, gained } = opened();
    const { spanMs, stepMs } = spans[span];
    const stepsMade = (2 * spanMs) / stepMs;
    for (let step = 0; step < stepsMade; step += 1) {
      totals['hits'] = (totals['hits'] ?? 0) + 1;
      clock.turn(stepMs);
    }
    expect(gained(span)).toBeGreaterThanOrEqual(spanMs / stepMs - 1);
    expect(gained(span)).toBeLessThanOrEqual(spanMs / stepMs + 1);
    clock.turn(spanMs + 2 * stepMs);
    expect(gained(span)).toBe(0);
  });

  it('shows a chart the gains of a counter and the height of a gauge, step by step', () => {
    const { clock, totals, levels, windows } = opened();
    for (let second = 1; second <= 5; second += 1) {
      totals['hits'] = (totals['hits'] ?? 0) + second;
      levels['bytes'] = 100 * second;
      clock.turn(1_000);
    }
    const points = windows.points('hits', '1m');
    expect(points.map(({ value }) => value)).toEqual([1, 2, 3, 4, 5]);
    expect(points.map(({ atMs }) => atMs - 1_000_000)).toEqual([1e3, 2e3, 3e3, 4e3, 5e3]);
    expect(windows.points('bytes', '1m').map(({ value }) => value)).toEqual([
      100, 200, 300, 400, 500,
    ]);
    expect([windows.mean('bytes', '1m'), windows.peak('bytes', '1m')]).toEqual([300, 500]);
    for (const span of SPANS) {
      expect(windows.points('hits', span).length).toBeLessThanOrEqual(97);
    }
  });
});

describe('a series', () => {
  it('that comes later has gained all that it counts', () => {
    const { clock, totals, gained } = opened();
    clock.turn(5_000);
    totals['misses'] = 3;
    clock.turn(5_000);
    expect(gained('1m', 'misses')).toBe(3);
  });

  it('that is told no more stands at nothing, and has gained nothing', () => {
    const { clock, levels, windows } = opened();
    levels['pool'] = 9;
    clock.turn(1_000);
    delete levels['pool'];
    clock.turn(1_000);
    expect(windows.points('pool', '1m').map(({ value }) => value)).toEqual([9, 0]);
  });

  it('beyond the ceiling is dropped and counted, and the others stay', () => {
    const { clock, totals, gained, windows } = opened(2);
    for (let nth = 0; nth < 100; nth += 1) totals[`more${nth}`] = nth;
    clock.turn(1_000);
    totals['hits'] = 8;
    expect(gained()).toBe(1);
    expect(windows.stats()).toMatchObject({ series: 2, seriesMax: 2 });
    expect(windows.stats().dropped).toBeGreaterThan(0);
    expect(windows.stats().dropped).toBeLessThanOrEqual(2);
    expect(windows.gained('more50', '1h')).toBe(0);
  });

  it('that nobody knows has no points', () => {
    const { windows } = opened();
    expect([windows.points('x', '1h'), windows.peak('x', '1h'), windows.mean('x', '1h')]).toEqual([
      [],
      0,
      0,
    ]);
  });
});
