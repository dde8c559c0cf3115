/** Which groups of organs work well together: scores that fade, for writers and for readers. */

export interface Pattern {
  readonly organs: readonly string[];
  count: number;
  successes: number;
  score: number;
  /** When the numbers above were true. */
  atMs: number;
}

export type Patterns = Map<string, Pattern>;

const HALF_LIFE_MS = 900_000;
const LATENCY_SCALE_MS = 2000;

export function patternKey(organs: readonly string[]): string {
  return [...new Set(organs)].sort().join('|');
}

function fading(pattern: Pattern, nowMs: number): number {
  return 2 ** (-Math.max(0, nowMs - pattern.atMs) / HALF_LIFE_MS);
}

/** The score as it is now, not as it was at the last write. */
export function scoreAt(pattern: Pattern, nowMs: number): number {
  return pattern.score * fading(pattern, nowMs);
}

export function recordPattern(
  patterns: Patterns,
  event: { organs: readonly string[]; success: boolean; latencyMs: number },
  nowMs: number,
  patternsMax: number,
): void {
  const key = patternKey(event.organs);
  const organs = key.split('|');
  const known = patterns.get(key);
  const pattern = known ?? { organs, count: 0, successes: 0, score: 0, atMs: nowMs };
  const kept = fading(pattern, nowMs);
  pattern.count = pattern.count * kept + 1;
  pattern.successes = pattern.successes * kept + (event.success ? 1 : 0);
  const rate = pattern.successes / pattern.count;
  pattern.score =
    pattern.score * kept + 0.5 * rate + 0.5 / (1 + event.latencyMs / LATENCY_SCALE_MS);
  pattern.atMs = nowMs;
  patterns.set(key, pattern);
  if (patterns.size > patternsMax) dropWeakest(patterns, nowMs);
}

function dropWeakest(patterns: Patterns, nowMs: number): void {
  let weakest: string | undefined;
  let lowest = Infinity;
  for (const [key, pattern] of patterns) {
    const score = scoreAt(pattern, nowMs);
    if (score < lowest) {
      lowest = score;
      weakest = key;
    }
  }
  if (weakest !== undefined) patterns.delete(weakest);
}

/** The strongest patterns with their scores divided by the highest, so in [0, 1]. */
export function strongestPatterns(
  patterns: Patterns,
  nowMs: number,
  count: number,
): { organs: readonly string[]; activity: number }[] {
  const scored = [...patterns.entries()]
    .map(([key, pattern]) => ({ key, organs: pattern.organs, score: scoreAt(pattern, nowMs) }))
    .sort((a, b) => b.score - a.score || (a.key < b.key ? -1 : 1))
    .slice(0, count);
  const highest = scored[0]?.score ?? 0;
  if (highest <= 0) return [];
  return scored.map(({ organs, score }) => ({ organs, activity: score / highest }));
}
