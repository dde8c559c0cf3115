/** Lines through points, percentiles and pressures: what the numbers of the past say. */
import { clip } from './coefficients.js';

/** The slope of the least-squares line through equally spaced values. */
export function leastSquaresSlope(values: readonly number[]): number {
  const count = values.length;
  if (count < 2) return 0;
  const middle = (count - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  let across = 0;
  let spread = 0;
  for (const [at, value] of values.entries()) {
    across += (at - middle) * (value - mean);
    spread += (at - middle) ** 2;
  }
  return across / spread;
}

/** The percentile with linear interpolation between neighbours. */
export function percentile(values: readonly number[], percent: number): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const at = ((sorted.length - 1) * percent) / 100;
  const low = sorted[Math.floor(at)] ?? 0;
  const high = sorted[Math.ceil(at)] ?? 0;
  return low + (high - low) * (at - Math.floor(at));
}

export function mean(values: Float64Array | readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? 0 : sum / values.length;
}

/** Each in [0, 1]; what the state itself says, never what this machine is busy with. */
export interface Pressures {
  readonly memoryUse: number;
  readonly misses: number;
  readonly evictions: number;
  readonly load: number;
  readonly capability: number;
  readonly queue: number;
  readonly topology: number;
}

export interface PressureScores {
  readonly resource: number;
  readonly coordination: number;
  readonly drift: number;
  readonly anomaly: number;
}

export function pressureScores(of: Pressures): PressureScores {
  const resource = 0.4 * of.memoryUse + 0.35 * of.misses + 0.25 * of.evictions;
  const coordination =
    0.45 * of.load + 0.25 * (1 - of.capability) + 0.2 * of.queue + 0.1 * of.topology;
  const drift = clip(0.5 * coordination + 0.3 * resource + 0.2 * (1 - of.capability), 0, 1);
  const anomaly = clip(
    0.6 * Math.abs(of.load - of.memoryUse) + 0.4 * Math.max(0, of.queue - 0.7),
    0,
    1,
  );
  return { resource, coordination, drift, anomaly };
}
