/** A family of series: its name, type and labels, and how it is read; labels are closed sets. */
import { cumulative, type Times } from './histogram.js';
import type { Reading } from './reading.js';

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** The steps of a histogram: every second power of two in microseconds, from and to. */
export interface Buckets {
  readonly from: number;
  readonly to: number;
}

interface FamilyHead {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

export type Family = FamilyHead &
  (
    | {
        readonly kind: 'counter' | 'gauge';
        readonly samples: (reading: Reading) => readonly Sample[];
      }
    | {
        readonly kind: 'histogram';
        readonly buckets: Buckets;
        readonly times: (
          reading: Reading,
        ) => readonly { readonly labels: Labels; readonly of: Times }[];
      }
  );

export const NO_LABELS: Labels = {};

export interface Labeller {
  readonly names: readonly string[];
  readonly of: (...values: readonly string[]) => Labels;
}

/**
 * One object for each set of labels, so that its text is made once and not at each scrape. Bounded
 * by what the values come from: the names in the settings, and words of this program.
 */
export function labeller(...names: readonly string[]): Labeller {
  const interned = new Map<string, Labels>();
  return {
    names,
    of(...values) {
      const key = values.length === 1 ? (values[0] ?? '') : values.join('\n');
      let labels = interned.get(key);
      if (labels === undefined) {
        labels = Object.fromEntries(names.map((name, at) => [name, values[at] ?? '']));
        interned.set(key, labels);
      }
      return labels;
    },
  };
}

type Kind = 'counter' | 'gauge';

/** A family of one series. */
export function single(
  kind: Kind,
  name: string,
  help: string,
  value: (reading: Reading) => number,
): Family {
  const samples = (reading: Reading): readonly Sample[] => [
    { labels: NO_LABELS, value: value(reading) },
  ];
  return { kind, name, help, labels: [], samples };
}

/** A family with a series for each entry of a record. */
export function each<Of>(
  kind: Kind,
  name: string,
  help: string,
  label: string,
  record: (reading: Reading) => Readonly<Record<string, Of>>,
  value: (one: Of) => number,
): Family {
  const { names: labels, of } = labeller(label);
  const samples = (reading: Reading): readonly Sample[] =>
    Object.entries(record(reading)).map(([key, one]) => ({ labels: of(key), value: value(one) }));
  return { kind, name, help, labels, samples };
}

/** How many records each step of the histogram holds, and the labels of each. */
export function stepsOf(
  of: Times,
  { from, to }: Buckets,
): readonly { readonly le: string; readonly count: number }[] {
  const steps = cumulative(of, from, to).map(({ seconds, count }) => ({
    le: String(seconds),
    count,
  }));
  return [...steps, { le: '+Inf', count: of.count() }];
}
