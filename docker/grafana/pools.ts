/** The dashboard of the pools: what is lent, who waits for it, and what is refused. */
import { dashboard, risingIsGood, type Row } from './panels.js';

const at = 'instance=~"$instance"';
const on = `${at}, pool=~"$pool"`;
const rateBy = (label: string, metric: string, selector: string): string =>
  `sum by (${label}) (rate(${metric}{${selector}}[$__rate_interval]))`;

const lent: Row = {
  title: 'Pools',
  height: 8,
  panels: [
    {
      ...{ kind: 'bargauge', title: 'In use', unit: 'percentunit', width: 8, max: 1 },
      about: 'Above 90 % for a minute is critical.',
      lines: [
        {
          expr:
            `sum by (pool) (leyden_pool_in_use{${on}}) / ` +
            `sum by (pool) (leyden_pool_max{${on}})`,
          legend: '{{pool}}',
        },
      ],
    },
    {
      ...{ kind: 'bargauge', title: 'Efficiency', unit: 'none', width: 8, max: 100 },
      about: 'From 0 to 100. /api/performance/pools/recommendations says what to change.',
      thresholds: risingIsGood(40, 60),
      lines: [{ expr: `leyden_pool_efficiency_score{${on}}`, legend: '{{pool}} {{instance}}' }],
    },
    {
      ...{ kind: 'timeseries', title: 'Mean wait for one', unit: 's', width: 8 },
      about: 'More than 100 ms over a minute warns.',
      lines: [
        {
          expr:
            `${rateBy('pool', 'leyden_pool_wait_seconds_total', on)} / ` +
            `(${rateBy('pool', 'leyden_pool_served_total', on)} > 0)`,
          legend: '{{pool}}',
        },
      ],
    },
    {
      ...{ kind: 'timeseries', title: 'Working', unit: 'none', width: 8 },
      about: 'Connections or workers that work.',
      lines: [{ expr: `sum by (pool) (leyden_pool_in_use{${on}})`, legend: '{{pool}}' }],
    },
    {
      ...{ kind: 'timeseries', title: 'Callers who wait', unit: 'none', width: 8 },
      about: 'For a connection or a worker.',
      lines: [{ expr: `sum by (pool) (leyden_pool_waiting{${on}})`, legend: '{{pool}}' }],
    },
    {
      ...{ kind: 'timeseries', title: 'Errors, and callers who got none', unit: 'ops', width: 8 },
      about: 'Of Redis, more than 100 errors in five minutes are critical.',
      lines: [
        { expr: rateBy('pool', 'leyden_pool_errors_total', on), legend: '{{pool}} errors' },
        { expr: rateBy('pool', 'leyden_pool_exhausted_total', on), legend: '{{pool}} got none' },
      ],
    },
  ],
};

const held: Row = {
  title: 'Upstreams and clients',
  height: 8,
  panels: [
    {
      ...{ kind: 'timeseries', title: 'Computations, by upstream', unit: 'none', width: 8 },
      about: 'Those that run, and those that wait for their turn (budget.concurrent).',
      lines: [
        {
          expr: `sum by (upstream) (leyden_budget_running{${at}})`,
          legend: '{{upstream}} runs',
        },
        {
          expr: `sum by (upstream) (leyden_budget_waiting{${at}})`,
          legend: '{{upstream}} waits',
        },
      ],
    },
    {
      ...{ kind: 'timeseries', title: 'Refused for too much work', unit: 'ops', width: 8 },
      about: 'Computations that found no place in the queue, or waited too long for their turn.',
      lines: [
        {
          expr: rateBy('upstream', 'leyden_budget_refused_total', at),
          legend: '{{upstream}} no place',
        },
        {
          expr: rateBy('upstream', 'leyden_budget_timed_out_total', at),
          legend: '{{upstream}} too long',
        },
      ],
    },
    {
      ...{ kind: 'timeseries', title: 'Refused at the gate, by reason', unit: 'ops', width: 8 },
      about: 'What no gateway may accept.',
      stacked: true,
      lines: [{ expr: rateBy('code', 'leyden_door_refused_total', at), legend: '{{code}}' }],
    },
    {
      ...{ kind: 'timeseries', title: 'Client connections', unit: 'none', width: 8 },
      about: 'Open now, by listener.',
      lines: [
        { expr: `sum by (listener) (leyden_connections{${at}})`, legend: '{{listener}}' },
        { expr: `sum(leyden_connections_max{${at}, listener="public"})`, legend: 'at most' },
      ],
    },
    {
      ...{ kind: 'timeseries', title: 'Requests in flight', unit: 'none', width: 8 },
      about: 'By listener.',
      lines: [
        { expr: `sum by (listener) (leyden_requests_in_flight{${at}})`, legend: '{{listener}}' },
      ],
    },
    {
      ...{ kind: 'timeseries', title: 'Leaks and lost log lines', unit: 'none', width: 8 },
      about: 'Both should be nothing.',
      lines: [
        { expr: `sum(leyden_resource_leaks{${at}})`, legend: 'held for too long' },
        {
          expr: `sum(increase(leyden_log_lines_dropped_total{${at}}[$__rate_interval]))`,
          legend: 'log lines dropped',
        },
      ],
    },
  ],
};

export const pools = dashboard({
  uid: 'leyden-pools',
  title: 'Leyden: pools',
  about: 'What is lent, who waits for it, what is refused?',
  variables: [
    { name: 'instance', label: 'Gateway', metric: 'leyden_uptime_seconds' },
    { name: 'pool', label: 'Pool', metric: 'leyden_pool_max' },
  ],
  rows: [lent, held],
});
