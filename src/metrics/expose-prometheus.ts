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

/** The rooms count by themselves; these classes only read them, and only when they are scraped. */
class ReadCounter extends Counter {
  constructor(
    private readonly family: Family,
    private readonly read: () => Reading,
  ) {
    super({ name: family.name, help: family.help, labelNames: family.labels, registers: [] });
  }

  override async get() {
    // Before anything is waited for: all families of a scrape tell of the same moment.
    const values = valuesOf(this.family, this.read());
    return { ...(await super.get()), values };
  }
}

class ReadGauge extends Gauge {
  constructor(
    private readonly family: Family,
    private readonly read: () => Reading,
  ) {
    super({ name: family.name, help: family.help, labelNames: family.labels, registers: [] });
  }

  override async get() {
    // Before anything is waited for: all families of a scrape tell of the same moment.
    const values = valuesOf(this.family, this.read());
    return { ...(await super.get()), values };
  }
}

class ReadHistogram extends Histogram {
  constructor(
    private readonly family: Family,
    private readonly read: () => Reading,
  ) {
    super({ name: family.name, help: family.help, labelNames: family.labels, registers: [] });
  }

  /** What the registry asks a histogram for, in place of `get`. */
  getForPromString() {
    const { name, help, kind: type } = this.family;
    return { name, help, type, values: valuesOf(this.family, this.read()) };
  }
}

const classes = { counter: ReadCounter, gauge: ReadGauge, histogram: ReadHistogram } as const;

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
  for (const family of families) registry.registerMetric(new classes[family.kind](family, current));
  return {
    contentType: registry.contentType,
    async text() {
      reading = read();
      return await registry.metrics();
    },
  };
}
