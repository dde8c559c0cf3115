/** The history of some series over a span, for charts: bounded in series and in points. */
import { Failure } from '../errors.js';
import type { Reading } from '../metrics/reading.js';
import { spans, type Span, type Windows } from '../metrics/windows.js';

const SERIES_MAX = 20;
const USUAL = ['hits', 'misses', 'errors', 'stale', 'compute_seconds_saved', 'bytes'];

function refuse(detail: string): never {
  throw new Failure('unprocessable', { detail });
}

function spanOf(text: unknown): Span {
  const span = (Object.keys(spans) as Span[]).find((one) => one === (text ?? '1h'));
  return span ?? refuse(`span must be one of ${Object.keys(spans).join(', ')}.`);
}

function namesOf(text: unknown, known: ReadonlyMap<string, unknown>): readonly string[] {
  if (text === undefined) return USUAL;
  // A name may hold a comma, as the pattern of its route does; then it is given by itself.
  const given = typeof text === 'string' ? (known.has(text) ? [text] : text.split(',')) : text;
  const names = Array.isArray(given) ? [...new Set(given.map(String))] : [];
  if (names.length === 0 || names.length > SERIES_MAX) {
    refuse(`series must be 1 to ${SERIES_MAX} names, separated by commas or given one by one.`);
  }
  if (names.some((name) => !known.has(name))) {
    refuse('series names one that is not kept; without it the answer lists those that are.');
  }
  return names;
}

/** Counters show what they gained in each step, gauges what they stood at. */
export function historyJson(
  windows: Windows,
  query: Readonly<Record<string, unknown>>,
  { wallMs, clockMs }: Pick<Reading, 'wallMs' | 'clockMs'>,
) {
  const span = spanOf(query['span']);
  const known = windows.series();
  const names = namesOf(query['series'], known);
  // Points lie on the clock that never jumps; a chart wants the one on the wall.
  const wallOf = (atMs: number): number => Math.round((wallMs + atMs - clockMs) / 1000);
  const series = names.map((name) => {
    const points = windows.points(name, span);
    const kind = known.get(name) ?? 'gauge';
    const of = { kind, points: points.map(({ atMs, value }) => [wallOf(atMs), value]) };
    return [name, of] as const;
  });
  return {
    span,
    step_seconds: spans[span].stepMs / 1000,
    series: Object.fromEntries(series),
    ...(query['series'] === undefined ? { available: [...known.keys()] } : {}),
  };
}
