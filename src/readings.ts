/** Takes one reading of every number in the house, when somebody asks for it. */
import { openAlertBook, type AlertChange } from './advice/alert-book.js';
import { alertRules } from './advice/alerts.js';
import { cacheEfficiency, poolEfficiency } from './advice/scores.js';
import type { Clock } from './clock.js';
import type { Log } from './log.js';
import type { Counted, Reading } from './metrics/reading.js';
import { SERIES_MAX, tellSeries } from './metrics/series.js';
import { openWindows, type Windows } from './metrics/windows.js';
import { alertEvidenceOf, cachesOf, poolMinutesOf, poolsOf } from './operations/evidence.js';
import type { Webhook } from './operations/webhook.js';
import type { Registry } from './resources/registry.js';

export interface ReadingsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly webhook: Webhook;
  readonly registry: Registry;
  /** Every number as it stands now, in one process or in all of them. */
  readonly count: (windows: () => ReturnType<Windows['stats']>) => Counted;
}

export interface Readings {
  read(): Reading;
  readonly windows: Windows;
  readonly registry: Registry;
  close(): void;
}

/** Those that can be judged, by name. */
function scored<E extends { readonly name: string }>(
  evidence: readonly E[],
  score: (one: E) => number | undefined,
): Record<string, number> {
  const scores: Record<string, number> = {};
  for (const one of evidence) {
    const value = score(one);
    if (value !== undefined) scores[one.name] = value;
  }
  return scores;
}

export function openReadings(options: ReadingsOptions): Readings {
  const { clock, log, webhook } = options;
  const book = openAlertBook(alertRules);
  const none = { series: 0, seriesMax: SERIES_MAX, dropped: 0 };
  // The windows look at the numbers as soon as they open, and are among what is looked at.
  const open: { windows?: Windows } = {};
  const counted = () => options.count(() => open.windows?.stats() ?? none);

  const tell = (change: AlertChange): void => {
    const { event, name, severity, sentence, value, threshold } = change;
    const fields = { alert: name, severity, sentence, value, threshold };
    if (event === 'firing') log.warn('alert_firing', fields);
    else log.info('alert_resolved', fields);
    webhook.send({ event, name, severity, sentence, value, threshold });
  };
  const read = (): Reading => {
    windows.refresh();
    const now = counted();
    const cacheScores = scored(cachesOf(now, windows, '5m'), cacheEfficiency);
    const evidence = alertEvidenceOf(now, windows, cacheScores['memory']);
    for (const change of book.judge(evidence, clock.nowMs(), clock.wallMs())) tell(change);
    const alerts = book.standings();
    const gained = (series: string): number => windows.gained(series, '1m');
    const critical = alerts.some(
      ({ state, severity }) => state === 'firing' && severity === 'critical',
    );
    return {
      ...now,
      status: critical ? 'degraded' : 'healthy',
      lastMinute: { hits: gained('hits'), misses: gained('misses'), errors: gained('errors') },
      poolMinutes: poolMinutesOf(now, windows),
      cacheScores,
      poolScores: scored(poolsOf(now, windows, '5m'), poolEfficiency),
      alerts,
    };
  };
  const windows = openWindows({
    clock,
    seriesMax: SERIES_MAX,
    read: (tellOne) => {
      tellSeries(counted(), tellOne);
    },
    // An alert begins and ends by itself, whether anybody looks or not.
    afterLook: () => void read(),
  });
  open.windows = windows;
  return {
    read,
    windows,
    registry: options.registry,
    close() {
      windows.close();
      webhook.close();
    },
  };
}
