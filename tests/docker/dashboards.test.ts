/** The dashboards: their files are what the code makes, and they ask for what there is. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { dashboards } from '../../docker/grafana/dashboards.js';
import { expressionsOf, filledIn, parsed } from './expressions.js';
import { dockerFolder, serviceOf, textOf } from './stack.js';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly datasource?: { readonly uid: string };
}

const all = Object.entries(dashboards).map(([name, one]) => [name, one] as const);
const panelsOf = (one: object): readonly Panel[] => (one as { panels: readonly Panel[] }).panels;
const listed = new Set(
  [...textOf('docs', 'metrics.md').matchAll(/^\| `(leyden_\w+)` \| (\w+)/gm)].flatMap(
    ([, name = '', type]) =>
      type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name],
  ),
);
const recorded = new Set(
  [...textOf('docker', 'prometheus', 'alerts.yml').matchAll(/- record: (\S+)/g)].map(
    ([, name = '']) => name,
  ),
);
/** Those of Prometheus itself. */
const own = new Set(['up', 'ALERTS']);

describe('the files of the dashboards', () => {
  it.each(all)('%s is what the code makes: node docker/grafana/write.mjs', (name, made) => {
    const written: unknown = JSON.parse(textOf('docker', 'grafana', 'dashboards', name));
    expect(written).toEqual(JSON.parse(JSON.stringify(made)));
  });

  it('are all there are, and Grafana is told where they lie', () => {
    const folder = join(dockerFolder, 'grafana', 'dashboards');
    expect(readdirSync(folder).sort()).toEqual(Object.keys(dashboards).sort());
    const text = textOf('docker', 'grafana', 'provisioning', 'dashboards', 'leyden.yaml');
    const { providers } = parse(text) as { providers: readonly { options: { path: string } }[] };
    const mounts = serviceOf('grafana').volumes ?? [];
    expect(mounts).toContain(`./grafana/dashboards:${providers[0]?.options.path ?? ''}:ro`);
  });
});

describe('a dashboard', () => {
  it('asks the data source that is provisioned', () => {
    const text = textOf('docker', 'grafana', 'provisioning', 'datasources', 'prometheus.yaml');
    const { datasources } = parse(text) as { datasources: readonly { uid: string; url: string }[] };
    const [{ uid, url } = { uid: '', url: '' }] = datasources;
    expect(url).toBe('http://prometheus:9090');
    for (const [, one] of all) {
      const asked = panelsOf(one).flatMap(({ datasource }) => datasource?.uid ?? []);
      expect(new Set(asked)).toEqual(new Set([uid]));
    }
  });

  it.each(all)(
    '%s asks for what is valid, and for metrics that docs/metrics.md lists',
    (...two) => {
      const expressions = expressionsOf(two[1]).map(filledIn);
      expect(expressions.length).toBeGreaterThan(10);
      for (const expression of expressions) {
        const { metrics, faults } = parsed(expression);
        expect([expression, faults]).toEqual([expression, []]);
        const unknown = metrics.filter(
          (name) => !listed.has(name) && !recorded.has(name) && !own.has(name),
        );
        expect([expression, unknown]).toEqual([expression, []]);
        expect(metrics.length).toBeGreaterThan(0);
      }
    },
  );

  it.each(all)('%s explains each panel, and none lies over another', (_name, one) => {
    const panels = panelsOf(one);
    const taken = new Set<string>();
    for (const { type, title, description, gridPos } of panels) {
      if (type !== 'row')
        expect([title, description]).toEqual([title, expect.stringMatching(/\.$/)]);
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken.has(`${x} ${y}`)).toBe(false);
          taken.add(`${x} ${y}`);
        }
      }
    }
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });

  it('is refused by the same eyes when it names a metric that is gone', () => {
    expect(parsed('sum(rate(leyden_gone_total[5m]))').metrics).toEqual(['leyden_gone_total']);
    expect(listed.has('leyden_gone_total')).toBe(false);
    expect(parsed('sum(rate(leyden_hits_total[5m])').faults).not.toEqual([]);
  });
});
