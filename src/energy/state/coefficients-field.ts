/** Reads the weights of the energy terms as they stand in bodies and state files. */
import { Fields } from '../fields.js';
import { coefficientBounds, type Coefficients } from '../model/coefficients.js';

export function readCoefficients(
  value: unknown,
  path: string,
  fallback: Coefficients,
): Coefficients {
  const fields = new Fields(value, path, ['alpha', 'lambda', 'beta', 'lambda_drift', 'mu_anomaly']);
  const bounds = coefficientBounds;
  return {
    alpha: fields.number('alpha', bounds.alpha, fallback.alpha),
    lambda: fields.number('lambda', bounds.lambda, fallback.lambda),
    beta: fields.number('beta', bounds.beta, fallback.beta),
    lambdaDrift: fields.number('lambda_drift', bounds.lambdaDrift, fallback.lambdaDrift),
    muAnomaly: fields.number('mu_anomaly', bounds.muAnomaly, fallback.muAnomaly),
  };
}
