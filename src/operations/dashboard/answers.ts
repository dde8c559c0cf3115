/** The questions of an operator, each answered in one sentence: is it well, and what is slow. */
import { alertRules } from '../../advice/alerts.js';
import { quantileMs } from '../../metrics/histogram.js';
import type { AlertReading, Reading, RouteReading } from '../../metrics/reading.js';
import type { Windows } from '../../metrics/windows.js';

export type Level = 'healthy' | 'watch' | 'warning' | 'critical' | 'draining';

export interface Answers {
  readonly level: Level;
  readonly health: string;
  readonly slow: string;
}

export interface AnswersCase {
  readonly reading: Reading;
  readonly windows: Windows;
  readonly draining: boolean;
  /** Computations that take more than twice as long as usual. */
  readonly late: number;
}

const counted = new Intl.NumberFormat('en');

export function sentenceOf(name: string): string {
  return alertRules.find((rule) => rule.name === name)?.sentence ?? '';
}

/** 1234 is `1.2 s`; three digits at most, as people compare times at a glance. */
export function timeText(ms: number): string {
  if (ms >= 60_000) return `${Math.round(ms / 6_000) / 10} min`;
  if (ms >= 1_000) return `${Math.round(ms / 100) / 10} s`;
  if (ms >= 10) return `${Math.round(ms)} ms`;
  return ms > 0 && ms < 0.01 ? 'under 0.01 ms' : `${Math.round(ms * 100) / 100} ms`;
}

/** What is wrong, and under which name the alert is found elsewhere. */
const named = (name: string): string => `${sentenceOf(name).replace(/\.$/, '')} (${name}).`;

function byAlerts(alerts: readonly AlertReading[]): Pick<Answers, 'level' | 'health'> | undefined {
  const firing = alerts.filter(({ state }) => state === 'firing');
  const worst = firing.find(({ severity }) => severity === 'critical') ?? firing[0];
  if (worst !== undefined) {
    const others = firing.length - 1;
    const more = others === 1 ? ' One more alert fires.' : ` ${others} more alerts fire.`;
    const { name, severity } = worst;
    return { level: severity, health: `${named(name)}${others > 0 ? more : ''}` };
  }
  const pending = alerts.find(({ state }) => state === 'pending');
  if (pending === undefined) return undefined;
  const health = `An alert may follow: ${named(pending.name)}`;
  return { level: 'watch', health };
}

function healthOf({ reading, windows, draining }: AnswersCase): Pick<Answers, 'level' | 'health'> {
  if (draining) {
    const health = 'What has begun is finished, and nothing new is taken in.';
    return { level: 'draining', health };
  }
  const alarmed = byAlerts(reading.alerts);
  if (alarmed !== undefined) return alarmed;
  const of = (series: string): number => windows.gained(series, '5m');
  const asked = of('hits') + of('misses');
  if (asked === 0) {
    const ever = reading.routes.some(({ hits, misses }) => hits + misses > 0);
    const since = ever ? 'in the last five minutes' : 'yet';
    return { level: 'healthy', health: `Nothing was asked ${since}.` };
  }
  const share = Math.round((1000 * of('hits')) / asked) / 10;
  const errors = of('errors');
  const wrong = errors === 0 ? 'no errors' : `${counted.format(errors)} with a server error`;
  const requests = `${counted.format(asked)} ${asked === 1 ? 'request' : 'requests'}`;
  const health = `${share} % of ${requests} in five minutes came from the cache, ${wrong}.`;
  return { level: 'healthy', health };
}

function slowOf({ reading, late }: AnswersCase): string {
  const asked = reading.routes.filter(({ misses }) => misses > 0);
  const missMs = ({ missMs: times }: RouteReading): number => quantileMs([times], 0.5);
  const [slowest] = [...asked].sort((one, other) => missMs(other) - missMs(one));
  if (slowest === undefined) return 'Nothing was computed yet.';
  const usual = timeText(missMs(slowest));
  const worst = timeText(quantileMs([slowest.missMs], 0.95));
  const hitMs = timeText(quantileMs(Object.values(slowest.hitMs), 0.5));
  const kept =
    slowest.hits === 0 ? 'No answer of it was used again yet' : `From the cache: ${hitMs}`;
  const overdue = late === 0 ? '' : ` Now ${late} take more than twice their usual time.`;
  return `${slowest.route} usually takes ${usual}, at worst (p95) ${worst}. ${kept}.${overdue}`;
}

export function answersOf(given: AnswersCase): Answers {
  return { ...healthOf(given), slow: slowOf(given) };
}
