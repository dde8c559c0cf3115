/** Advice on a cache: what the numbers say should be changed, to what, and on which evidence. */
import {
  displaced,
  evictionRate,
  hitRate,
  REQUESTS_MIN,
  share,
  type CacheEvidence,
} from './scores.js';
import { durationText, percentText, roundUp, sizeText, twoDigits } from './words.js';

export interface Recommendation {
  /** The whole of it, for people. */
  readonly sentence: string;
  /** The setting to change, by its name in the settings file. */
  readonly setting: string;
  /** What to change it to, as the settings file would say it. */
  readonly value: string;
  readonly evidence: Readonly<Record<string, number>>;
}

/** What a route under a lifetime rule did within the span. */
export interface RouteEvidence {
  readonly route: string;
  readonly hits: number;
  readonly misses: number;
  /** Those of the misses that found an answer which had run out. */
  readonly missedStale: number;
  /** Those of the hits that were past their lifetime. */
  readonly stale: number;
  /** Answers that were not kept because they were too large. */
  readonly tooLarge: number;
  readonly ttlMs: number;
  readonly bodyBytesMax: number;
}

export interface CacheCase {
  readonly cache: CacheEvidence;
  readonly routes: readonly RouteEvidence[];
  /** Over how long all this was counted, as in "the last hour". */
  readonly span: string;
}

const EVICTIONS_MIN = 20;
const MIB = 2 ** 20;
const DAY_MS = 86_400_000;

const LOW_HIT_RATE = 0.5;
const MUCH_ASKED_AGAIN = 0.1;
const MUCH_EVICTED = 0.3;
const MUCH_STALE = 0.05;
const MUCH_TOO_LARGE = 0.05;
/** How many of a route's misses must have found an old answer for its lifetime to be the cause. */
const MOSTLY = 0.5;

/** What was evicted and wanted, or evicted at all too often: more room, of the kind that lacks. */
function onMemory({ cache, span }: CacheCase): readonly Recommendation[] {
  const { evictions, evictedForEntries, evictedAskedAgain, evictedNotAdmitted, stored } = cache;
  if (evictions < EVICTIONS_MIN) return [];
  const askedAgain = share(evictedAskedAgain, evictions);
  const evicted = evictionRate(cache);
  if (askedAgain < MUCH_ASKED_AGAIN && evicted <= MUCH_EVICTED) return [];
  // The more of it was wanted, the more room it gets, up to twice what there is.
  const factor = 1 + Math.min(1, Math.max(0.25, askedAgain, evicted / 2));
  const byEntries = evictedForEntries > evictions / 2;
  const setting = byEntries ? 'memory.maxEntries' : 'memory.maxBytes';
  const value = byEntries
    ? String(roundUp(cache.entriesMax * factor, twoDigits(cache.entriesMax)))
    : sizeText(roundUp(cache.bytesMax * factor, MIB));
  const why =
    askedAgain >= MUCH_ASKED_AGAIN
      ? `${percentText(askedAgain)} of ${evictions} evicted answers were asked for again within ` +
        'a minute'
      : `${displaced(cache)} answers were displaced by others while ${stored} were stored`;
  const sentence = `Raise \`${setting}\` to ${value}: over ${span}, ${why}.`;
  const evidence = {
    ...{ evictions, stored, displaced: displaced(cache) },
    evicted_asked_again: evictedAskedAgain,
    evicted_not_admitted: evictedNotAdmitted,
  };
  return [{ sentence, setting, value, evidence }];
}

const ruleOf = (route: string, word: string): string => `routes[${route}].cache.${word}`;

/** Answers run out before they are asked for again. */
function onLifetime({ routes, span }: CacheCase): readonly Recommendation[] {
  return routes.flatMap((route) => {
    const { hits, misses, missedStale, ttlMs } = route;
    if (hits + misses < REQUESTS_MIN || share(hits, hits + misses) >= LOW_HIT_RATE) return [];
    const ranOut = share(missedStale, misses);
    if (ranOut < MOSTLY || ttlMs <= 0 || ttlMs >= DAY_MS) return [];
    const setting = ruleOf(route.route, 'ttl');
    const value = durationText(Math.min(DAY_MS, 2 * ttlMs));
    const sentence =
      `Raise \`${setting}\` from ${durationText(ttlMs)} to ${value}: over ${span}, ` +
      `${percentText(ranOut)} of ${misses} misses found an answer that had run out.`;
    return [{ sentence, setting, value, evidence: { hits, misses, missed_stale: missedStale } }];
  });
}

/** Misses that are not for want of lifetime or room: what is keyed differs from call to call. */
function onKey(of: CacheCase): readonly Recommendation[] {
  if (onMemory(of).length > 0) return [];
  return of.routes.flatMap((route) => {
    const { hits, misses, missedStale } = route;
    if (hits + misses < REQUESTS_MIN || share(hits, hits + misses) >= LOW_HIT_RATE) return [];
    const never = misses - missedStale;
    if (share(never, misses) <= MOSTLY) return [];
    const setting = ruleOf(route.route, 'query');
    const value = '[the names that change the answer]';
    const sentence =
      `List in \`${setting}\` only ${value.slice(1, -1)}: over ${of.span}, ` +
      `${percentText(share(never, misses))} of ${misses} misses asked for what had not been ` +
      'asked before.';
    return [{ sentence, setting, value, evidence: { hits, misses, never_asked: never } }];
  });
}

/** Too many old answers: the refresh comes too late for how often it is asked. */
function onStale({ routes, span }: CacheCase): readonly Recommendation[] {
  return routes.flatMap((route) => {
    const { hits, misses, stale, ttlMs } = route;
    const asked = hits + misses;
    const old = share(stale, asked);
    if (asked < REQUESTS_MIN || old <= MUCH_STALE || ttlMs <= 0 || ttlMs >= DAY_MS) return [];
    const setting = ruleOf(route.route, 'ttl');
    const value = durationText(Math.min(DAY_MS, 2 * ttlMs));
    const sentence =
      `Raise \`${setting}\` from ${durationText(ttlMs)} to ${value}, or look why computing ` +
      `fails: over ${span}, ${percentText(old)} of ${asked} answers were past their lifetime.`;
    return [{ sentence, setting, value, evidence: { asked, stale } }];
  });
}

function onSize({ cache, routes, span }: CacheCase): readonly Recommendation[] {
  return routes.flatMap((route) => {
    const { misses, tooLarge, bodyBytesMax } = route;
    if (misses < EVICTIONS_MIN || share(tooLarge, misses) < MUCH_TOO_LARGE) return [];
    // No answer may take more than an eighth of the memory, whatever its rule says.
    const byMemory = bodyBytesMax >= Math.floor(cache.bytesMax / 8);
    const setting = byMemory ? 'memory.maxBytes' : ruleOf(route.route, 'maxBytes');
    const value = sizeText(roundUp(2 * (byMemory ? cache.bytesMax : bodyBytesMax), 1024));
    const sentence =
      `Raise \`${setting}\` to ${value}: over ${span}, ${tooLarge} answers of ${route.route} ` +
      'were too large to be kept.';
    return [{ sentence, setting, value, evidence: { misses, too_large: tooLarge } }];
  });
}

/** Undefined when too little was asked to say anything. */
export function adviseCache(of: CacheCase): readonly Recommendation[] | undefined {
  const { hits, misses } = of.cache;
  if (hits + misses < REQUESTS_MIN) return undefined;
  const stale = onStale(of);
  const taken = new Set(stale.map(({ setting }) => setting));
  // One setting is named once, with the stronger reason.
  const lifetime = onLifetime(of).filter(({ setting }) => !taken.has(setting));
  return [...onMemory(of), ...lifetime, ...stale, ...onSize(of), ...onKey(of)];
}

/** Whether the cache as a whole does badly, whatever may be the cause. */
export function cacheIssues(cache: CacheEvidence, score: number | undefined): readonly string[] {
  if (score === undefined) return [];
  const issues: string[] = [];
  const rate = hitRate(cache);
  if (rate < LOW_HIT_RATE) {
    issues.push(`${percentText(rate)} of ${cache.hits + cache.misses} requests were hits.`);
  }
  if (score < 50) issues.push(`The efficiency score is ${score.toFixed(1)} of 100.`);
  return issues;
}
