/** What the dashboards ask Prometheus, and the metrics that they name. */
import { parser } from '@prometheus-io/lezer-promql';

/** Every expression of a dashboard, those of its variables left out. */
export function expressionsOf(dashboard: object): readonly string[] {
  const { panels } = dashboard as { panels: readonly { targets?: readonly { expr: string }[] }[] };
  return panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
}

/** What Grafana would send: its variables stand for everything, and its span for five minutes. */
export function filledIn(expression: string): string {
  return expression.replaceAll('$__rate_interval', '5m').replace(/"\$\w+"/g, '".*"');
}

export interface Parsed {
  readonly metrics: readonly string[];
  /** Where the grammar found nothing that it knows. */
  readonly faults: readonly string[];
}

export function parsed(expression: string): Parsed {
  const metrics: string[] = [];
  const faults: string[] = [];
  parser.parse(expression).iterate({
    enter({ type, from, to }) {
      if (type.isError) faults.push(`at ${from}: ${expression.slice(from, from + 20)}`);
      if (type.name === 'VectorSelector') {
        const [name = ''] = /^[\w:]*/.exec(expression.slice(from, to)) ?? [];
        metrics.push(name);
      }
    },
  });
  return { metrics, faults };
}
