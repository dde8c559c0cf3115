/** The answer of POST /energy/compute: energy and gradients of the state that came in the body. */
import { energyGradients, energyTerms, ROLES } from '../model/terms.js';
import type { ComputeRequest } from '../state/unified.js';
import { termsOf } from './context.js';

function rows(values: Float64Array, width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, row) => [
    ...values.subarray(row * width, (row + 1) * width),
  ]);
}

export function computedAnswer(
  request: ComputeRequest,
  wallMs: number,
  elapsedMs: () => number,
): object {
  const { input, coefficients } = request;
  const breakdown = termsOf(energyTerms(input, coefficients));
  const gradients = energyGradients(input, coefficients);
  return {
    success: true,
    energy: breakdown.total,
    breakdown,
    gradients: request.includeGradients
      ? {
          'dE/dH': rows(gradients.embeddings, input.dimensions),
          'dE/dP': rows(gradients.roles, ROLES),
          'dE/dP_entropy': gradients.entropy,
          'dE/dE_sel': [...gradients.activity],
          'dE/ds_norm': gradients.norm,
          'dE/dmem': gradients.memory,
        }
      : null,
    error: null,
    agents: input.agents,
    dimensions: input.dimensions,
    spectral_norm: request.spectralNorm,
    timestamp: wallMs / 1000,
    computation_time_ms: elapsedMs(),
  };
}
