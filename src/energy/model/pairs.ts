/** What pairs of agents achieved together, and the weights that follow from it. */

export interface Pair {
  readonly first: number;
  readonly second: number;
  weight: number;
  successes: number;
  trials: number;
  /** The similarity that was last reported for the pair, if any was. */
  similarity: number | undefined;
}

export type Pairs = Map<string, Pair>;

/** The lower number stands first, so that a pair has one name whoever reports it. */
export function pairKey(one: number, other: number): string {
  return `${Math.min(one, other)}-${Math.max(one, other)}`;
}

const WEIGHT_MAX = 100;

/**
 * Counts one outcome. The table has a ceiling: when it is full, the pair that was reported longest
 * ago makes room (a Map keeps its order, and a report moves its pair to the end).
 */
export function recordPair(
  pairs: Pairs,
  one: number,
  other: number,
  success: boolean,
  pairsMax: number,
  similarity?: number,
): Pair {
  const key = pairKey(one, other);
  const known = pairs.get(key);
  const pair: Pair = known ?? {
    first: Math.min(one, other),
    second: Math.max(one, other),
    weight: 1,
    successes: 0,
    trials: 0,
    similarity: undefined,
  };
  pair.trials += 1;
  if (success) pair.successes += 1;
  pair.weight = success
    ? Math.min(WEIGHT_MAX, pair.weight * 1.1)
    : Math.max(0.1, pair.weight * 0.9);
  if (similarity !== undefined) pair.similarity = similarity;
  pairs.delete(key);
  pairs.set(key, pair);
  if (pairs.size > pairsMax) {
    const oldest = pairs.keys().next().value;
    if (oldest !== undefined) pairs.delete(oldest);
  }
  return pair;
}

export function successRate(pair: Pair): number {
  return pair.trials === 0 ? 0 : pair.successes / pair.trials;
}

/** Only the pairs that count, in an order that does not depend on when they were reported. */
export function sortedPairs(pairs: Pairs): Pair[] {
  return [...pairs.values()].sort((a, b) => a.first - b.first || a.second - b.second);
}

/** S·H for the sparse symmetric matrix S of success rates: two rows of work for each pair. */
export function pairProduct(
  pairs: readonly Pair[],
  embeddings: Float64Array,
  agents: number,
  dimensions: number,
): Float64Array {
  const out = new Float64Array(agents * dimensions);
  for (const pair of pairs) {
    const rate = successRate(pair);
    if (rate === 0) continue;
    const first = pair.first * dimensions;
    const second = pair.second * dimensions;
    for (let at = 0; at < dimensions; at += 1) {
      out[first + at] = (out[first + at] ?? 0) + rate * (embeddings[second + at] ?? 0);
      out[second + at] = (out[second + at] ?? 0) + rate * (embeddings[first + at] ?? 0);
    }
  }
  return out;
}
