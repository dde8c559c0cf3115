/** How each term moved over the last state changes: the slope of a line through its history. */
import { leastSquaresSlope } from '../model/trend.js';
import type { Ledger } from '../state/ledger.js';
import type { Terms } from '../model/terms.js';

export function slopesOf(ledger: Pick<Ledger, 'history'>): object {
  const slope = (of: keyof Terms): number =>
    leastSquaresSlope(ledger.history.map((terms) => terms[of]));
  return {
    pair_slope: slope('pair'),
    hyper_slope: slope('hyper'),
    entropy_slope: slope('entropy'),
    reg_slope: slope('reg'),
    mem_slope: slope('mem'),
    total_slope: slope('total'),
    window: ledger.history.length,
  };
}
