/** The history as four small charts with one time axis: drawn by uPlot, told in words as well. */
/* global document, getComputedStyle, ResizeObserver, matchMedia */
import { byId, el, setText, show } from './elements.mjs';
import { ask } from './wire.mjs';
import { bytes, NOTHING, percent, short, timeOfDay } from './words.mjs';

/**
 * A plain script of its own has put it there; its types come from the package.
 * @type {typeof import('uplot')}
 */
const Plot = /** @type {any} */ (globalThis).uPlot;

const perSecond = (value) => `${short(value)} /s`;
const secondsPerSecond = (value) => `${short(value)} s/s`;

const rate = (name) => (series, step) => series(name).map((v) => (v === null ? null : v / step));

/** Each series: its name, how it is drawn, and how its values come from the kept series. */
const CHARTS = [
  {
    title: 'Requests',
    format: perSecond,
    series: [
      { name: 'hits', ink: '--accent', fill: true, values: rate('hits') },
      { name: 'misses', ink: '--ink-2', values: rate('misses') },
    ],
  },
  {
    title: 'Hit rate',
    format: percent,
    range: [0, 100],
    series: [
      {
        name: 'hits of requests',
        ink: '--accent',
        fill: true,
        values(series) {
          const misses = series('misses');
          // Where nothing was asked there is no rate, and the line has a gap.
          return series('hits').map((hits, at) =>
            hits === null || hits + misses[at] === 0 ? null : (100 * hits) / (hits + misses[at]),
          );
        },
      },
    ],
  },
  {
    title: 'Computing time',
    format: secondsPerSecond,
    series: [
      { name: 'saved', ink: '--accent', fill: true, values: rate('compute_seconds_saved') },
      { name: 'spent', ink: '--ink-2', values: rate('compute_seconds_spent') },
    ],
  },
  {
    title: 'Memory',
    format: bytes,
    // Of bytes the round numbers are powers of two.
    steps: Array.from({ length: 40 }, (_none, power) => 2 ** power),
    series: [
      { name: 'stored answers', ink: '--accent', fill: true, values: (series) => series('bytes') },
    ],
  },
];

const NAMES = [
  ...['hits', 'misses', 'compute_seconds_saved', 'compute_seconds_spent', 'bytes'],
].join(',');
const EVERY_MS = { '1m': 1_000, '5m': 2_000, '1h': 10_000, '24h': 30_000 };
const HEIGHT = 110;

const inkOf = (name) => {
  // What `light-dark()` comes to is only known of a colour that somebody wears.
  const probe = el('span', { hidden: true });
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
};

/** @returns {import('uplot').Options} */
function optionsOf(chart, width, onCursor) {
  const line = inkOf('--line');
  const axis = {
    stroke: inkOf('--ink-2'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
  };
  const withoutYear = [
    [3600, '{HH}:{mm}', null, null, null, null, null, null, 1],
    [60, '{HH}:{mm}', null, null, null, null, null, null, 1],
    [1, '{HH}:{mm}:{ss}', null, null, null, null, null, null, 1],
  ];
  return {
    ...{ width, height: HEIGHT },
    padding: [8, 30, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { setScale: false }, sync: { key: 'leyden' }, points: { size: 6 } },
    scales: {
      y: { range: (_plot, low, high) => chart.range ?? [0, Math.max(high ?? 0, low ?? 0) || 1] },
    },
    axes: [
      { ...axis, size: 24, space: 70, values: withoutYear, grid: { show: false } },
      {
        ...axis,
        size: 62,
        space: 34,
        values: (_plot, ticks) => ticks.map((tick) => chart.format(tick)),
        ...(chart.steps === undefined ? {} : { incrs: chart.steps }),
      },
    ],
    series: [
      {},
      ...chart.series.map(({ name, ink, fill }) => ({
        label: name,
        stroke: inkOf(ink),
        width: 1.5,
        points: { show: false },
        ...(fill === true ? { fill: inkOf('--accent-wash') } : {}),
      })),
    ],
    hooks: { setCursor: [onCursor] },
  };
}

function openChart(chart) {
  const values = chart.series.map(() => el('strong', {}, NOTHING));
  const legend = chart.series.map(({ name, ink }, at) =>
    el('span', { class: 'key' }, el('i', { class: `swatch ${ink.slice(2)}` }), name, values[at]),
  );
  const place = el('div', { class: 'plot', role: 'img', 'aria-label': chart.title });
  const figure = el(
    'figure',
    { class: 'chart' },
    el('figcaption', {}, el('b', {}, chart.title), ...legend),
    place,
  );
  let plot;
  let data = [[], ...chart.series.map(() => [])];
  const tell = (at) => {
    chart.series.forEach((_one, nth) => {
      const value = data[nth + 1][at];
      setText(values[nth], typeof value === 'number' ? chart.format(value) : NOTHING);
    });
  };
  const draw = () => {
    plot?.destroy();
    const onCursor = ({ cursor }) => tell(cursor.idx ?? data[0].length - 1);
    plot = new Plot(optionsOf(chart, place.clientWidth, onCursor), data, place);
  };
  new ResizeObserver(() => {
    const width = place.clientWidth;
    if (width > 0) plot?.setSize({ width, height: HEIGHT });
  }).observe(place);
  return {
    figure,
    redraw: draw,
    set(times, series, step) {
      data = [times, ...chart.series.map(({ values: of }) => of(series, step))];
      if (plot === undefined) draw();
      else plot.setData(data);
      if ((plot.cursor.idx ?? null) === null) tell(times.length - 1);
      const last = values.map((node, nth) => `${chart.series[nth].name} ${node.textContent}`);
      place.setAttribute('aria-label', `${chart.title}: ${last.join(', ')}`);
    },
  };
}

export function openCharts() {
  const charts = CHARTS.map(openChart);
  byId('charts').append(...charts.map(({ figure }) => figure));
  const empty = byId('charts-empty');
  let span = '5m';
  let timer;
  let nth = 0;

  const load = async () => {
    clearTimeout(timer);
    nth += 1;
    const mine = nth;
    const path = `api/performance/history?span=${span}&series=${NAMES}`;
    const { body } = await ask(path, { deadlineMs: 5_000 });
    if (mine !== nth) return;
    if (body !== undefined) {
      const points = (name) => body.series[name]?.points ?? [];
      const times = points('hits').map(([at]) => at);
      const byTime = (name) => {
        const known = new Map(points(name));
        return times.map((at) => known.get(at) ?? null);
      };
      const shown = times.length > 1;
      show(empty, !shown);
      show(byId('charts'), shown);
      if (shown) for (const chart of charts) chart.set(times, byTime, body.step_seconds);
      if (shown) setText(byId('charts-since'), `from ${timeOfDay(1000 * times[0])}`);
    }
    timer = setTimeout(() => void load(), document.hidden ? 60_000 : EVERY_MS[span]);
  };
  const choices = /** @type {NodeListOf<HTMLInputElement>} */ (
    document.querySelectorAll('input[data-span]')
  );
  for (const choice of choices) {
    choice.addEventListener('change', () => {
      span = choice.dataset.span ?? span;
      void load();
    });
  }
  const redraw = () => {
    for (const chart of charts) chart.redraw();
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  void load();
  return { redraw };
}
