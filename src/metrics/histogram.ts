/** A histogram of milliseconds in fixed memory: four buckets to each doubling, 1 µs to 18 min. */

const PER_DOUBLING = 4;
const SMALLEST_MS = 0.001;
const DOUBLINGS = 30;
const BUCKETS = DOUBLINGS * PER_DOUBLING;

/** What was recorded, for whoever reads it. */
export interface Times {
  count(): number;
  sumMs(): number;
  /** How many fell into each bucket; histograms of many processes add up place by place. */
  counts(): ArrayLike<number>;
}

export interface Histogram extends Times {
  record(valueMs: number): void;
  /** The value below which this share (0 to 1) of the records lies; 0 when there are none. */
  quantileMs(share: number): number;
}

/** Upper bound of a bucket. */
function boundMs(bucket: number): number {
  return SMALLEST_MS * 2 ** (bucket / PER_DOUBLING);
}

/** The share's value over all of these together. */
export function quantileMs(times: readonly Times[], share: number): number {
  const total = times.reduce((sum, one) => sum + one.count(), 0);
  if (total === 0) return 0;
  const wanted = Math.max(1, Math.ceil(share * total));
  const all = times.map((one) => one.counts());
  let seen = 0;
  for (let bucket = 0; bucket <= BUCKETS; bucket += 1) {
    for (const counts of all) seen += counts[bucket] ?? 0;
    // The middle of the bucket, in the sense in which buckets are spaced.
    if (seen >= wanted) return boundMs(bucket - 0.5);
  }
  return boundMs(BUCKETS);
}

export interface Step {
  readonly seconds: number;
  /** Records that are not above it. */
  readonly count: number;
}

/** How many records are not above 2^n microseconds, for every second n of this range. */
export function cumulative(times: Times, fromDoubling: number, toDoubling: number): Step[] {
  const counts = times.counts();
  const steps: Step[] = [];
  let seen = 0;
  let bucket = 0;
  for (let doubling = fromDoubling; doubling <= toDoubling; doubling += 2) {
    for (; bucket <= doubling * PER_DOUBLING; bucket += 1) seen += counts[bucket] ?? 0;
    steps.push({ seconds: 2 ** doubling / 1e6, count: seen });
  }
  return steps;
}

export function createHistogram(): Histogram {
  const counts = new Float64Array(BUCKETS + 1);
  let total = 0;
  let sum = 0;
  const histogram: Histogram = {
    record(valueMs) {
      const place = Math.ceil(Math.log2(valueMs / SMALLEST_MS) * PER_DOUBLING);
      // A value of zero gives minus infinity, one that is not a number gives NaN: both count as
      // least.
      const bucket = place > 0 ? Math.min(place, BUCKETS) : 0;
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      total += 1;
      sum += valueMs > 0 ? valueMs : 0;
    },
    count: () => total,
    sumMs: () => sum,
    counts: () => counts,
    quantileMs: (share) => quantileMs([histogram], share),
  };
  return histogram;
}
