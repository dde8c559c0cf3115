/** Judges every cache and pool by itself: how it does now, and what the last hour advises. */
import { advisePool } from '../advice/pools.js';
import { adviseCache, type Recommendation } from '../advice/recommendations.js';
import { REQUESTS_MIN, type CacheEvidence, type PoolEvidence } from '../advice/scores.js';
import type { PoolReading, Reading } from '../metrics/reading.js';
import { spans, type Span, type Windows } from '../metrics/windows.js';
import { cachesOf, poolsOf, routesOf, type RouteRule } from './evidence.js';

export interface JudgeOptions {
  readonly read: () => Reading;
  readonly windows: Windows;
  readonly rules: () => readonly RouteRule[];
}

/** Advice is undefined where there was too little to judge by. */
interface Judged<Evidence> {
  /** The last five minutes. */
  readonly now: Evidence;
  readonly advice: readonly Recommendation[] | undefined;
}

export interface Judgement {
  readonly reading: Reading;
  /** What the advice looked at. */
  readonly span: Span;
  readonly caches: readonly Judged<CacheEvidence>[];
  readonly pools: readonly (Judged<PoolEvidence> & { readonly reading: PoolReading })[];
}

const NOW = '5m';
const SPAN_WORDS: Readonly<Record<Span, string>> = {
  '1m': 'the last minute',
  '5m': 'the last five minutes',
  '1h': 'the last hour',
  '24h': 'the last day',
};

/** An hour says most; where it holds too little, the day is asked. */
function spanFor(windows: Windows): Span {
  const asked = windows.gained('hits', '1h') + windows.gained('misses', '1h');
  return asked >= REQUESTS_MIN ? '1h' : '24h';
}

export function judge({ read, windows, rules }: JudgeOptions): Judgement {
  const reading = read();
  const span = spanFor(windows);
  const words = { span: SPAN_WORDS[span], whole: reading.uptimeMs >= spans[span].spanMs };
  const routes = routesOf(rules(), windows, span);
  const cachesNow = cachesOf(reading, windows, NOW);
  const poolsNow = poolsOf(reading, windows, NOW);
  const caches = cachesOf(reading, windows, span).flatMap((cache, at) => {
    const now = cachesNow[at];
    const advice = adviseCache({ cache, routes, span: words.span });
    return now === undefined ? [] : [{ now, advice }];
  });
  const pools = poolsOf(reading, windows, span).flatMap((pool, at) => {
    const now = poolsNow[at];
    const own = reading.pools[pool.name];
    const advice = advisePool(pool, words);
    return now === undefined || own === undefined ? [] : [{ now, advice, reading: own }];
  });
  return { reading, span, caches, pools };
}
