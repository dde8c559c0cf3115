/** The scalars that weigh the terms of the energy, with their defaults and their bounds. */

export interface Coefficients {
  /** Weighs the entropy of the roles. */
  readonly alpha: number;
  /** Weighs the squared norm of the embeddings. */
  readonly lambda: number;
  /** Weighs the cost of memory. */
  readonly beta: number;
  readonly lambdaDrift: number;
  readonly muAnomaly: number;
}

export const defaultCoefficients: Coefficients = {
  alpha: 0.1,
  lambda: 0.01,
  beta: 0.05,
  lambdaDrift: 0.05,
  muAnomaly: 0.03,
};

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** What any computation accepts. */
export const coefficientBounds: Readonly<Record<keyof Coefficients, Bounds>> = {
  alpha: { min: 0.001, max: 10 },
  lambda: { min: 0.001, max: 10 },
  beta: { min: 0.001, max: 10 },
  lambdaDrift: { min: 0, max: 10 },
  muAnomaly: { min: 0, max: 10 },
};

/** What a calibration may arrive at: narrower, so that no run of calibrations can run away. */
export const calibrationBounds = {
  alpha: { min: 0.1, max: 2 },
  lambda: { min: 0.001, max: 0.1 },
  beta: { min: 0.05, max: 0.5 },
} as const;

export function clip(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
