/** How requests were routed over the last thousand of them. */
import { share } from '../model/memory.js';
import { percentile } from '../model/trend.js';
import type { RouterHistory } from '../state/ledger.js';

export interface RouterMetrics {
  readonly p_fast: number;
  readonly p_esc: number;
  readonly latency_ms_p50: number;
  readonly latency_ms_p95: number;
  readonly fast_hits: number;
  readonly escalations: number;
}

export function routerMetrics(router: RouterHistory): RouterMetrics {
  const routed = router.escalated.length;
  const escalations = router.escalated.filter(Boolean).length;
  return {
    p_fast: share(routed - escalations, routed),
    p_esc: share(escalations, routed),
    latency_ms_p50: percentile(router.latenciesMs, 50),
    latency_ms_p95: percentile(router.latenciesMs, 95),
    fast_hits: routed - escalations,
    escalations,
  };
}
