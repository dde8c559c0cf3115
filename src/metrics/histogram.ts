/** A histogram of milliseconds in fixed memory: four buckets to each doubling, 1 µs to 18 min. */

const PER_DOUBLING = 4;
const SMALLEST_MS = 0.001;
const BUCKETS = 30 * PER_DOUBLING;

export interface Histogram {
  record(valueMs: number): void;
  count(): number;
  sumMs(): number;
  /** The value below which this share (0 to 1) of the records lies; 0 when there are none. */
  quantileMs(share: number): number;
}

/** Upper bound of a bucket. */
function boundMs(bucket: number): number {
  return SMALLEST_MS * 2 ** (bucket / PER_DOUBLING);
}

export function createHistogram(): Histogram {
  const counts = new Float64Array(BUCKETS + 1);
  let total = 0;
  let sum = 0;
  return {
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
    quantileMs(share) {
      if (total === 0) return 0;
      const wanted = Math.max(1, Math.ceil(share * total));
      let seen = 0;
      for (let bucket = 0; bucket <= BUCKETS; bucket += 1) {
        seen += counts[bucket] ?? 0;
        // The middle of the bucket, in the sense in which buckets are spaced.
        if (seen >= wanted) return boundMs(bucket - 0.5);
      }
      return boundMs(BUCKETS);
    },
  };
}
