/** The building stones of a Grafana dashboard: panels, and the grid that they stand in. */

export type Unit = 'short' | 'percentunit' | 's' | 'bytes' | 'reqps' | 'ops' | 'none';

export interface Line {
  readonly expr: string;
  readonly legend: string;
}

interface Threshold {
  readonly color: string;
  readonly value: number | null;
}

export interface PanelWish {
  readonly kind: 'stat' | 'timeseries' | 'table' | 'bargauge';
  readonly title: string;
  /** What a reader should know to judge it. */
  readonly about: string;
  readonly unit: Unit;
  readonly lines: readonly Line[];
  /** In twenty-fourths of the page. */
  readonly width: number;
  readonly stacked?: boolean;
  readonly max?: number;
  readonly thresholds?: readonly Threshold[];
}

export interface Row {
  readonly title: string;
  readonly height: number;
  readonly panels: readonly PanelWish[];
}

const PAGE_WIDTH = 24;
const source = { type: 'prometheus', uid: 'leyden-prometheus' };
const plain: readonly Threshold[] = [{ color: 'green', value: null }];

/** Green below the first number, yellow from there on, red from the second on. */
export const risingIsBad = (warnAt: number, badAt: number): readonly Threshold[] => [
  { color: 'green', value: null },
  { color: 'yellow', value: warnAt },
  { color: 'red', value: badAt },
];

/** Red below the first number, yellow up to the second, green from there on. */
export const risingIsGood = (badBelow: number, warnBelow: number): readonly Threshold[] => [
  { color: 'red', value: null },
  { color: 'yellow', value: badBelow },
  { color: 'green', value: warnBelow },
];

function targetsOf({ lines, kind }: PanelWish) {
  const now = kind !== 'timeseries';
  return lines.map(({ expr, legend }, index) => ({
    ...{ datasource: source, expr, legendFormat: legend, refId: String.fromCharCode(65 + index) },
    // Of a table or a number only the present moment is shown.
    ...(now ? { instant: true, range: false } : { instant: false, range: true }),
    ...(kind === 'table' ? { format: 'table' } : {}),
  }));
}

function optionsOf(kind: PanelWish['kind']): object {
  const reduceOptions = { calcs: ['lastNotNull'], fields: '', values: false };
  switch (kind) {
    case 'stat':
      return { reduceOptions, colorMode: 'value', graphMode: 'none', textMode: 'auto' };
    case 'bargauge':
      return { reduceOptions, orientation: 'horizontal', displayMode: 'basic' };
    case 'table':
      return { showHeader: true };
    case 'timeseries':
      return {
        legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
        tooltip: { mode: 'multi', sort: 'desc' },
      };
  }
}

function panelOf(wish: PanelWish, id: number, gridPos: object): object {
  const { kind, title, about, unit, stacked = false, max, thresholds = plain } = wish;
  const drawn = { lineWidth: 1, fillOpacity: stacked ? 30 : 8, showPoints: 'never' };
  const stacking = { mode: stacked ? 'normal' : 'none', group: 'A' };
  return {
    ...{ id, type: kind, title, description: about, datasource: source, gridPos },
    targets: targetsOf(wish),
    options: optionsOf(kind),
    fieldConfig: {
      defaults: {
        ...{ unit, min: 0 },
        ...(max === undefined ? {} : { max }),
        thresholds: { mode: 'absolute', steps: thresholds },
        ...(kind === 'timeseries' ? { custom: { ...drawn, stacking } } : {}),
      },
      overrides: [],
    },
  };
}

/** Puts the rows below one another, and the panels of each side by side. */
export function laidOut(rows: readonly Row[]): object[] {
  const panels: object[] = [];
  let y = 0;
  for (const row of rows) {
    const gridPos = { h: 1, w: PAGE_WIDTH, x: 0, y };
    const id = panels.length + 1;
    panels.push({ id, type: 'row', title: row.title, collapsed: false, gridPos, panels: [] });
    y += 1;
    let x = 0;
    for (const wish of row.panels) {
      if (x + wish.width > PAGE_WIDTH) {
        x = 0;
        y += row.height;
      }
      const place = { h: row.height, w: wish.width, x, y };
      panels.push(panelOf(wish, panels.length + 1, place));
      x += wish.width;
    }
    y += row.height;
  }
  return panels;
}

interface Variable {
  readonly name: string;
  readonly label: string;
  readonly metric: string;
}

export interface DashboardWish {
  readonly uid: string;
  readonly title: string;
  readonly about: string;
  readonly variables: readonly Variable[];
  readonly rows: readonly Row[];
}

export function dashboard({ uid, title, about, variables, rows }: DashboardWish): object {
  return {
    ...{ uid, title, description: about, tags: ['leyden'], schemaVersion: 39, version: 1 },
    ...{ editable: false, graphTooltip: 1, refresh: '30s', timezone: 'browser' },
    time: { from: 'now-1h', to: 'now' },
    templating: {
      list: variables.map(({ name, label, metric }) => {
        const query = `label_values(${metric}, ${name})`;
        return {
          ...{ name, label, type: 'query', datasource: source, definition: query },
          query: { query, refId: name },
          // New gateways and routes appear by themselves.
          ...{ refresh: 2, sort: 1, multi: true, includeAll: true, allValue: '.*' },
          current: { text: 'All', value: '$__all' },
        };
      }),
    },
    panels: laidOut(rows),
  };
}
