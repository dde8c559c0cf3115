/** The dashboard of the cache: is it healthy, what does it save, and what is slow. */
import { dashboard, risingIsBad, risingIsGood, type Row } from './panels.js';

const at = 'instance=~"$instance"';
const on = `${at}, route=~"$route"`;
const rate = (metric: string, selector = on): string =>
  `sum(rate(${metric}{${selector}}[$__rate_interval]))`;
const rateBy = (label: string, metric: string, selector = on): string =>
  `sum by (${label}) (rate(${metric}{${selector}}[$__rate_interval]))`;
const quantile = (q: number, metric: string): string =>
  `histogram_quantile(${q}, ${rateBy('le', `${metric}_bucket`)})`;

const asked = `(${rate('leyden_hits_total')} + ${rate('leyden_misses_total')})`;
// A route without a single hit has no series of hits yet, and yet a hit rate: none.
const hits = `(${rate('leyden_hits_total')} or vector(0))`;

const now: Row = {
  title: 'Now',
  height: 4,
  panels: [
    {
      ...{ kind: 'stat', title: 'Gateways', unit: 'none', width: 3 },
      about: 'Gateways that Prometheus reaches, of those that it knows.',
      lines: [
        { expr: 'sum(up{job="leyden"})', legend: 'up' },
        { expr: 'count(up{job="leyden"})', legend: 'known' },
      ],
    },
    {
      ...{ kind: 'stat', title: 'Alerts', unit: 'none', width: 3 },
      about: 'Alerts of Prometheus that fire.',
      thresholds: risingIsBad(1, 3),
      lines: [
        {
          expr: 'count(ALERTS{alertstate="firing"}) or vector(0)',
          legend: 'firing',
        },
      ],
    },
    {
      ...{ kind: 'stat', title: 'Hit rate, five minutes', unit: 'percentunit', width: 4 },
      about: 'The number that the alerts judge: below 70 % warns, from 50 requests on.',
      thresholds: risingIsGood(0.5, 0.7),
      lines: [{ expr: `leyden:hit_rate:ratio5m{${at}}`, legend: '{{instance}}' }],
    },
    {
      ...{ kind: 'stat', title: 'Efficiency of the cache', unit: 'none', width: 4, max: 100 },
      about: 'From 0 to 100. /api/performance/cache/recommendations says what to change.',
      thresholds: risingIsGood(40, 60),
      lines: [{ expr: `leyden_cache_efficiency_score{${at}}`, legend: '{{instance}}' }],
    },
    {
      ...{ kind: 'stat', title: 'Computed now', unit: 'none', width: 3 },
      about: 'Answers that are being computed.',
      lines: [{ expr: `sum(leyden_flights{${at}})`, legend: 'answers' }],
    },
    {
      ...{ kind: 'stat', title: 'Callers who wait', unit: 'none', width: 3 },
      about: 'For an answer that is being computed.',
      lines: [{ expr: `sum(leyden_waiters{${at}})`, legend: 'callers' }],
    },
    {
      ...{ kind: 'stat', title: 'Seconds saved a second', unit: 's', width: 4 },
      about: 'Computing time that was not spent again.',
      lines: [{ expr: rate('leyden_compute_seconds_saved_total'), legend: 'computing' }],
    },
  ],
};

const traffic: Row = {
  title: 'Traffic',
  height: 8,
  panels: [
    {
      ...{ kind: 'timeseries', title: 'What requests met', unit: 'reqps', width: 12 },
      about: 'Hits, stale ones among them; misses, joined ones among them; bypasses stand apart.',
      lines: [
        { expr: rate('leyden_hits_total'), legend: 'hits' },
        { expr: rate('leyden_stale_served_total'), legend: 'of them stale' },
        { expr: rate('leyden_misses_total'), legend: 'misses' },
        { expr: rate('leyden_coalesced_total'), legend: 'of them joined' },
        { expr: rate('leyden_bypassed_total'), legend: 'past the cache' },
        { expr: rate('leyden_errors_total'), legend: 'errors (5xx)' },
      ],
    },
    {
      ...{ kind: 'timeseries', title: 'Hit rate', unit: 'percentunit', width: 12, max: 1 },
      about: 'Hits of all requests that the cache was asked.',
      lines: [{ expr: `${hits} / ${asked}`, legend: 'hit rate' }],
    },
    {
      ...{ kind: 'timeseries', title: 'Time of a hit', unit: 's', width: 8 },
      about: 'The time of the gateway for an answer from the cache.',
      lines: [
        { expr: quantile(0.5, 'leyden_hit_seconds'), legend: 'p50' },
        { expr: quantile(0.99, 'leyden_hit_seconds'), legend: 'p99' },
      ],
    },
    {
      ...{ kind: 'timeseries', title: 'Time of a miss', unit: 's', width: 8 },
      about: 'Until an answer that was not in the cache.',
      lines: [
        { expr: quantile(0.5, 'leyden_miss_seconds'), legend: 'p50' },
        { expr: quantile(0.99, 'leyden_miss_seconds'), legend: 'p99' },
      ],
    },
    {
      ...{ kind: 'timeseries', title: 'Misses, by reason', unit: 'reqps', width: 8 },
      about: 'uri-miss: never seen; stale: too old; vary-miss: another variant; failed: no answer.',
      stacked: true,
      lines: [{ expr: rateBy('reason', 'leyden_misses_total'), legend: '{{reason}}' }],
    },
  ],
};

const routes: Row = {
  title: 'Routes',
  height: 8,
  panels: [
    {
      ...{ kind: 'timeseries', title: 'Computing saved, by route', unit: 's', width: 8 },
      about: 'Seconds of computing a second that were not spent again.',
      stacked: true,
      lines: [{ expr: rateBy('route', 'leyden_compute_seconds_saved_total'), legend: '{{route}}' }],
    },
    {
      ...{ kind: 'timeseries', title: 'Computing spent, by route', unit: 's', width: 8 },
      about: 'For callers who waited, or behind an old answer.',
      stacked: true,
      lines: [{ expr: rateBy('route', 'leyden_compute_seconds_spent_total'), legend: '{{route}}' }],
    },
    {
      ...{ kind: 'timeseries', title: 'Not stored, by reason', unit: 'ops', width: 8 },
      about: 'Answers that were given to one caller and not kept.',
      stacked: true,
      lines: [{ expr: rateBy('reason', 'leyden_refused_total'), legend: '{{reason}}' }],
    },
  ],
};

const memory: Row = {
  title: 'Memory',
  height: 8,
  panels: [
    {
      ...{ kind: 'timeseries', title: 'Bytes', unit: 'bytes', width: 8 },
      about: 'Charged for the answers in memory. A full cache is not a bad one.',
      lines: [
        { expr: `leyden_memory_bytes{${at}}`, legend: '{{instance}}' },
        { expr: `max(leyden_memory_bytes_max{${at}})`, legend: 'at most' },
      ],
    },
    {
      ...{ kind: 'timeseries', title: 'Evictions', unit: 'ops', width: 8 },
      about: 'What was evicted early, or asked for again, says that memory is too small.',
      lines: [
        { expr: rateBy('reason', 'leyden_memory_evictions_total', at), legend: 'by {{reason}}' },
        { expr: rate('leyden_memory_evicted_early_total', at), legend: 'within a minute' },
        { expr: rate('leyden_memory_evicted_asked_again_total', at), legend: 'asked for again' },
      ],
    },
    {
      ...{ kind: 'timeseries', title: 'Failures of a store', unit: 'ops', width: 8 },
      about: 'Never a hit, and never the cause of a miss that nobody sees.',
      lines: [{ expr: rate('leyden_cache_errors_total', at), legend: 'failures' }],
    },
  ],
};

export const cache = dashboard({
  uid: 'leyden-cache',
  title: 'Leyden: cache',
  about: 'Is it healthy, what does it save, what is slow?',
  variables: [
    { name: 'instance', label: 'Gateway', metric: 'leyden_uptime_seconds' },
    { name: 'route', label: 'Route', metric: 'leyden_hits_total' },
  ],
  rows: [now, traffic, routes, memory],
});
