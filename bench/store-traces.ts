/** Sequences of requests from a seed: Zipf popularity, mixed computing times and sizes, scans. */

export interface Asked {
  readonly key: string;
  readonly bytes: number;
  readonly costMs: number;
}

export interface Trace {
  readonly asked: readonly Asked[];
  /** Of all keys that are asked for again. */
  readonly bytes: number;
}

export interface TraceOptions {
  readonly requests: number;
  /** In every other tenth of the trace so many of the requests are for keys that come once. */
  readonly scanShare?: number;
  /** After so many requests the popularity has moved on by a fiftieth of the keys. */
  readonly driftEach?: number;
}

const KEYS = 50_000;
const EXPONENT = 0.9;
const COST_MEDIAN_MS = 300;
const COST_MAX_MS = 17_000;
const BYTES_MEDIAN = 2_500;
const BYTES_MIN = 1_100;
const BYTES_MAX = 400_000;

/** Mulberry32: the same numbers on every machine. */
export function openRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mix = Math.imul(state ^ (state >>> 15), state | 1);
    mix ^= mix + Math.imul(mix ^ (mix >>> 7), mix | 61);
    return ((mix ^ (mix >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Ranks from 0 on, the first the most frequent. */
export function zipf(keys: number, random: () => number): () => number {
  const sums = new Float64Array(keys);
  let sum = 0;
  for (let rank = 0; rank < keys; rank += 1) sums[rank] = sum += (rank + 1) ** -EXPONENT;
  return () => {
    const wanted = random() * sum;
    let [low, high] = [0, keys - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

export function traceOf({ requests, scanShare = 0, driftEach }: TraceOptions): Trace {
  const random = openRandom(20_260_901);
  const rank = zipf(KEYS, random);
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const made = (key: string): Asked => ({
    key,
    costMs: Math.min(COST_MAX_MS, 20 + COST_MEDIAN_MS * Math.exp(1.8 * normal())),
    bytes: Math.ceil(Math.min(BYTES_MAX, BYTES_MIN + BYTES_MEDIAN * Math.exp(1.5 * normal()))),
  });
  const keys = Array.from({ length: KEYS }, (_, nth) => made(`key ${nth}`));
  const asked: Asked[] = [];
  for (let nth = 0; nth < requests; nth += 1) {
    const scanned = Math.floor((10 * nth) / requests) % 2 === 1 && random() < scanShare;
    const moved = driftEach === undefined ? 0 : Math.floor(nth / driftEach) * (KEYS / 50);
    const again = keys[(rank() + moved) % KEYS];
    if (scanned || again === undefined) asked.push(made(`scan ${nth}`));
    else asked.push(again);
  }
  return { asked, bytes: keys.reduce((sum, { bytes }) => sum + bytes, 0) };
}
