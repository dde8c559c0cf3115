/** The numbers as Prometheus or OpenMetrics text; every label comes from a closed set. */
import { Counter, Gauge, Histogram, Registry, type OpenMetricsContentType } from 'prom-client';
import { cacheFamilies } from './families-cache.js';
import { houseFamilies } from './families-house.js';
import { labeller, NO_LABELS, stepsOf, type Family, type Labels } from './family.js';
import type { Reading } from './reading.js';

export const families: readonly Family[] = [...cacheFamilies, ...houseFamilies];

/** As the library hands them to its own writer: what is shared is turned into text once. */
interface Written {
  readonly labels: Labels;
  readonly sharedLabels: Labels;
  readonly metricName?: string;
  readonly value: number;
}

const byStep = labeller('le');

function valuesOf(family: Family, reading: Reading): Written[] {
  if (family.kind !== 'histogram') {
    return family.samples(reading).map(({ labels: sharedLabels, value }) => ({
      ...{ labels: NO_LABELS, sharedLabels, value },
    }));
  }
  const { name, buckets } = family;
  return family.times(reading).flatMap(({ labels: sharedLabels, of }) => [
    ...stepsOf(of, buckets).map(({ le, count: value }) => ({
      ...{ labels: byStep.of(le), sharedLabels, metricName: `${name}_bucket`, value },
    })),
    ...[
      { labels: NO_LABELS, sharedLabels, metricName: `${name}_sum`, value: of.sumMs() / 1000 },
      { labels: NO_LABELS, sharedLabels, metricName: `${name}_count`, value: of.count() },
    ],
  ]);
}

/** The rooms count by themselves: the library's metric only reads them, when it is scraped. */
function metricOf(family: Family, read: () => Reading): Counter | Gauge | Histogram {
  const { name, help, labels: labelNames, kind: type } = family;
  const options = { name, help, labelNames, registers: [] };
  if (type === 'histogram') {
    // What the registry asks a histogram for, in place of `get`.
    const getForPromString = () => ({ name, help, type, values: valuesOf(family, read()) });
    return Object.assign(new Histogram(options), { getForPromString });
  }
  const metric: Counter | Gauge = type === 'counter' ? new Counter(options) : new Gauge(options);
  const about = metric.get.bind(metric);
  return Object.assign(metric, {
    async get() {
      // Before anything is waited for: all families of a scrape tell of the same moment.
      const values = valuesOf(family, read());
      return { ...(await about()), values };
    },
  });
}

export interface Exposition {
  text(): Promise<string>;
  readonly contentType: string;
}

export type TextForm = 'prometheus' | 'openmetrics';

function openMetricsRegistry(): Registry<OpenMetricsContentType> {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return registry;
}

/** Reads the rooms only when somebody scrapes, and once for all families. */
export function openExposition(form: TextForm, read: () => Reading): Exposition {
  const registry = form === 'prometheus' ? new Registry() : openMetricsRegistry();
  let reading: Reading | undefined;
  const current = (): Reading => (reading ??= read());
  for (const family of families) registry.registerMetric(metricOf(family, current));
  return {
    contentType: registry.contentType,
    async text() {
      reading = read();
      return await registry.metrics();
    },
  };
}
