/** The text for scrapers: histograms that add up, names that cannot break out, both dialects. */
import { describe, expect, it } from '@jest/globals';
import { openExposition, type TextForm } from '../../src/metrics/expose-prometheus.js';
import { createHistogram } from '../../src/metrics/histogram.js';
import type { Reading } from '../../src/metrics/reading.js';
import { readExposition, type Series } from '../fakes/prometheus-text.js';
import { readingOf, routeReading } from '../fakes/reading.js';

const text = (reading: Reading, form: TextForm = 'prometheus'): Promise<string> =>
  openExposition(form, () => reading).text();

async function seriesOf(reading: Reading): Promise<readonly Series[]> {
  return readExposition(await text(reading)).series;
}

function timed(...values: readonly number[]) {
  const histogram = createHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

describe('a histogram', () => {
  it('counts each time in every step that is not below it, up to all of them', async () => {
    const l1 = timed(0.01, 0.5, 1, 30, 5_000);
    const route = routeReading('/r', { hits: 5, hitMs: { l1 } });
    const series = await seriesOf(readingOf({ routes: [route] }));
    const steps = series.filter(({ name }) => name === 'leyden_hit_seconds_bucket');
    const counts = new Map(steps.map(({ labels, value }) => [labels['le'], value]));
    const wanted = ['0.000016', '0.000256', '0.001024', '0.065536', '+Inf'];
    expect(wanted.map((le) => counts.get(le))).toEqual([1, 1, 3, 4, 5]);
    const values = steps.map(({ value }) => value);
    expect([...values].sort((a, b) => a - b)).toEqual(values);
    const valueOf = (wanted: string) => series.find(({ name }) => name === wanted)?.value;
    expect(valueOf('leyden_hit_seconds_count')).toBe(5);
    expect(valueOf('leyden_hit_seconds_sum')).toBeCloseTo(5.03151, 6);
    expect(valueOf('leyden_hits_total')).toBe(5);
  });

  it('of a tier that has never answered is not there, and is once it has', async () => {
    const tiers = async (l2: ReturnType<typeof timed>): Promise<string[]> => {
      const route = routeReading('/r', { hitMs: { l1: timed(1), l2 } });
      const series = await seriesOf(readingOf({ routes: [route] }));
      return series
        .filter(({ name }) => name === 'leyden_hits_total')
        .map(({ labels }) => labels['tier'] ?? '');
    };
    expect(await tiers(timed())).toEqual(['l1']);
    expect(await tiers(timed(2))).toEqual(['l1', 'l2']);
  });
});

describe('what is gained behind a caller', () => {
  it('is told apart from what he waited for, and both make up all computing', async () => {
    const route = routeReading('/r', { computeSpentMs: 5_000, computeBehindMs: 2_000 });
    const series = await seriesOf(readingOf({ routes: [route] }));
    const spent = series.filter(({ name }) => name === 'leyden_compute_seconds_spent_total');
    expect(spent.map(({ labels, value }) => [labels['ground'], value])).toEqual([
      ['foreground', 3],
      ['background', 2],
    ]);
  });
});

describe('case 112: a name with quotes, line ends and braces', () => {
  const evil = 'a"} 1\nevil{x="y\\';

  it('stays one label of one series, wherever it stands', async () => {
    const pool = {
      ...{ max: 3, inUse: 1, open: 1, waiting: 0, dedicated: 0, peak: 1, served: 1, waited: 0 },
      ...{ waitedMs: 0, errors: 0, exhaustions: 0, setting: 'x' },
      remedy: { setting: 'x', value: 'y' },
    };
    const route = routeReading(evil, {
      hitMs: { l1: timed(1) },
      refused: new Map([[evil, 1]]),
    });
    const series = await seriesOf(
      readingOf({ routes: [route], pools: { [evil]: pool }, cacheScores: { [evil]: 50 } }),
    );
    expect(series.filter(({ name }) => !name.startsWith('leyden_'))).toEqual([]);
    const named = (label: string) => new Set(series.flatMap(({ labels }) => labels[label] ?? []));
    expect([...named('route')]).toEqual([evil]);
    expect([...named('pool')]).toEqual([evil]);
    expect([...named('cache')]).toEqual([evil]);
  });

  it('does so in OpenMetrics too', async () => {
    const body = await text(readingOf({ routes: [routeReading(evil)] }), 'openmetrics');
    expect(body).not.toMatch(/^evil/m);
    expect(body.endsWith('\n# EOF\n')).toBe(true);
  });
});

describe('OpenMetrics', () => {
  it('says the same as the plain text, its counters declared without their ending', async () => {
    const route = routeReading('/r', { hits: 1, hitMs: { l1: timed(1) }, missMs: timed(2, 3) });
    const reading = readingOf({ routes: [route] });
    const plain = await text(reading);
    const open = await text(reading, 'openmetrics');
    const lines = (body: string): string[] =>
      body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines(open)).toEqual(lines(plain));
    expect(open).toContain('\n# TYPE leyden_misses counter\n'.replace('\n', ''));
    expect(plain).toContain('# TYPE leyden_misses_total counter');
    const types = [...open.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
    expect(new Set(types.map(([, name]) => name)).size).toBe(types.length);
    for (const [, name = '', type] of types) {
      if (type === 'counter') expect(name).not.toMatch(/_total$/);
    }
  });
});
