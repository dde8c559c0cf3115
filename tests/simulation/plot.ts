/** A plot: the world and the acts that a seed stands for, as plain data that can be shortened. */
import type { CacheOptions, RouteOptions } from '../../src/policy/rules.js';
import type { Order } from '../../src/cache/invalidate.js';
import { cached, routeOf } from '../fakes/rooms.js';
import { openChance, type Chance } from './chance.js';
import { sceneOf } from './scenes.js';

export interface Question {
  readonly method: 'GET' | 'HEAD' | 'PUT';
  readonly host: string;
  readonly path: string;
  readonly query: string | undefined;
  readonly who: string | undefined;
  readonly lang: string | undefined;
  readonly words: readonly string[];
}

/** How the upstream answers for a path from now on. */
export interface Mood {
  readonly how:
    | 'answer'
    | 'refuse'
    | 'hang'
    | 'reset'
    | 'truncate'
    | 'slow'
    | 'odd-304'
    | 'streamed'
    | 'unframed';
  readonly status: number;
  readonly headers: readonly string[];
  readonly delayMs: number;
  readonly bodyBytes: number;
}

export type Act =
  | { readonly act: 'ask'; readonly question: Question }
  | { readonly act: 'leave'; readonly nth: number }
  | { readonly act: 'purge'; readonly order: Order }
  /** By the key of what is stored as the nth. */
  | { readonly act: 'purge-key'; readonly nth: number; readonly mode: Order['mode'] }
  | { readonly act: 'turn'; readonly byMs: number }
  | { readonly act: 'mood'; readonly path: string; readonly mood: Mood }
  | { readonly act: 'change'; readonly path: string }
  | { readonly act: 'reload'; readonly path: string; readonly rule: Partial<CacheOptions> }
  | { readonly act: 'break'; readonly what: 'get' | 'set' | 'heal' }
  | { readonly act: 'resize'; readonly entriesMax: number; readonly bytesMax: number };

/** `settled`: whether everything that is ready runs before the next act. */
export type Step = Act & { readonly settled: boolean };

export interface Plot {
  readonly seed: number;
  readonly routes: readonly RouteOptions[];
  readonly store: { readonly entriesMax: number; readonly bytesMax: number };
  readonly budget: {
    readonly concurrent: number;
    readonly queued: number;
    readonly waitMs: number;
  };
  readonly waitersMax: number;
  readonly flightsMax: number;
  readonly aloneMs: number;
  readonly steps: readonly Step[];
}

export const RULED = ['/a', '/b'] as const;
const PATHS = [...RULED, '/c'] as const;
const QUERIES = [undefined, undefined, undefined, 'x=1', 'y=2&x=1', 'x=1&y=2'] as const;
const USERS = [undefined, undefined, 'Bearer one', 'Bearer two', 'Bearer three'] as const;
const MODES = ['stale', 'delete', 'delete', 'refresh'] as const;

/** What a reload may change: the key stays the same. */
function lifetimes(chance: Chance): Partial<CacheOptions> {
  const { pick, happens } = chance;
  return {
    ttl: pick([1_000, 5_000, 30_000]),
    origin: pick(['override', 'override', 'default', 'cap'] as const),
    errorTtl: pick([0, 2_000, { '404': 3_000, '5xx': 1_000 }, { '429': 2_000, '5xx': 4_000 }]),
    staleWhileRevalidate: pick([0, 0, 3_000, 20_000]),
    staleIfError: pick([0, 1_500, 10_000, 60_000]),
    softLimit: pick([undefined, undefined, 250, 2_000]),
    patience: pick([undefined, undefined, 500, 5_000]),
    early: pick(['off', 'auto'] as const),
    jitter: pick([0, 0, 0.1, 0.5]),
    window: happens(0.3) ? pick([2_000, 2_000, 10_000]) : 'off',
    abandon: happens(0.3),
    clientTtl: 0,
    maxBytes: pick([40, 400]),
  };
}

function routesOf(chance: Chance): RouteOptions[] {
  const { pick, happens } = chance;
  const ruled = RULED.map((path) => ({
    ...cached(path, {
      ...lifetimes(chance),
      query: pick(['exact', 'sorted', ['x']] as const),
      headers: happens(0.5) ? ['X-Lang'] : [],
      cookies: pick(['bypass', 'drop'] as const),
      authorization: pick(['own', 'own', 'shared', 'bypass'] as const),
      tags: happens(0.5) ? ['t'] : [],
    }),
    methods: ['GET', 'PUT'],
  }));
  return [...ruled, routeOf('/c', { cache: 'http', methods: ['GET', 'PUT'] })];
}

const WORDS: readonly (readonly string[])[] = [
  ...[[], [], [], [], [], []],
  ...[
    ['X-Junk', 'one'],
    ['Cookie', 'c=1'],
    ['If-None-Match', '"none"'],
    ['Range', 'bytes=0-1'],
  ],
];
const HTTP_WORDS: readonly (readonly string[])[] = [
  ...[[], [], [], []],
  ...['no-cache', 'max-age=2', 'max-stale=5', 'min-fresh=2', 'no-store', 'only-if-cached'].map(
    (word) => ['Cache-Control', word],
  ),
];

function questionOf(chance: Chance): Question {
  const { pick, happens } = chance;
  const path = pick(PATHS);
  return {
    method: pick(['GET', 'GET', 'GET', 'GET', 'GET', 'GET', 'HEAD', 'PUT'] as const),
    host: happens(0.9) ? 'here' : 'there',
    path,
    query: pick(QUERIES),
    who: pick(USERS),
    lang: pick([undefined, undefined, 'de', 'fr']),
    words: [...pick(WORDS), ...(path === '/c' ? pick(HTTP_WORDS) : [])],
  };
}

const SAID: readonly string[] = [
  ...['public, max-age=5', 'max-age=20', 's-maxage=5', 'max-age=5, stale-while-revalidate=10'],
  ...['public, max-age=2, stale-if-error=20', 'max-age=3, must-revalidate', 'max-age=0'],
  'public, max-age=10, stale-while-revalidate=10, stale-if-error=30',
];
const ONES_OWN = ['private', 'no-store', 'no-cache', 'private, max-age=60'] as const;

function moodOf(chance: Chance): Mood {
  const { pick, happens, below } = chance;
  const how = happens(0.55)
    ? 'answer'
    : pick([
        ...(['refuse', 'hang', 'reset', 'truncate', 'slow', 'slow'] as const),
        ...(['odd-304', 'streamed', 'streamed', 'unframed'] as const),
      ]);
  const status = happens(0.6) ? 200 : pick([500, 502, 503, 503, 429, 404, 410, 401, 403, 301]);
  const headers: string[] = [];
  if (happens(0.6)) headers.push('Cache-Control', pick(SAID));
  else if (happens(0.3)) headers.push('Cache-Control', pick(ONES_OWN));
  if (happens(0.15)) headers.push('Age', String(below(6)));
  if (happens(0.1)) headers.push('Set-Cookie', 's=1');
  if (happens(0.3)) headers.push('Vary', pick(['X-Lang', 'X-Lang', 'X-Junk', '*']));
  if (happens(0.5)) headers.push('Cache-Tag', pick(['u', 'v', 'u, v']));
  if (status >= 429 && happens(0.4)) headers.push('Retry-After', pick(['1', '8', '100000']));
  const delayMs = how === 'slow' ? pick([4_000, 12_000]) : pick([0, 20, 300, 1_500]);
  return { how, status, headers, delayMs, bodyBytes: pick([8, 30, 60, 600]) };
}

function orderOf(chance: Chance): Order {
  const { pick } = chance;
  const mode = pick(MODES);
  const [type, selectors] = pick<[Order['type'], readonly string[]]>([
    ['path', ['/a', '/b', '/c', '/a?x=1', '/b?y=2&x=1', 'http://here/a', 'http://there/c']],
    ['path', ['/a', '/b', '/c']],
    ['pattern', ['/a', '/*', '/**']],
    ['tag', ['t', 'u', 'v', 'status:404', 'upstream:some', 'route:/b']],
    ['route', ['/a', '/b', '/c']],
    ['all', []],
  ]);
  return { type, selectors: selectors.length === 0 ? [] : [pick(selectors)], mode };
}

function actOf(chance: Chance, recent: Question[]): Act {
  const { pick, happens, below, next } = chance;
  const at = next();
  if (at < 0.5) {
    // Most ask what others ask, some of them as somebody else.
    const same = recent.length > 0 && happens(0.75) ? pick(recent) : questionOf(chance);
    const other = { who: pick(USERS), lang: pick([undefined, 'de', 'fr']) };
    const question = happens(0.2) ? { ...same, ...other } : same;
    recent.push(question);
    return { act: 'ask', question };
  }
  if (at < 0.55) return { act: 'leave', nth: below(4) };
  if (at < 0.63) return { act: 'purge', order: orderOf(chance) };
  if (at < 0.65) return { act: 'purge-key', nth: below(4), mode: pick(MODES) };
  if (at < 0.82) return { act: 'turn', byMs: pick([1, 50, 400, 700, 1_000, 3_000, 6_000, 31_000]) };
  if (at < 0.94) return { act: 'mood', path: pick(PATHS), mood: moodOf(chance) };
  if (at < 0.97) return { act: 'change', path: pick(PATHS) };
  if (at < 0.98) return { act: 'reload', path: pick(RULED), rule: lifetimes(chance) };
  if (at < 0.99) {
    return { act: 'resize', entriesMax: pick([2, 50]), bytesMax: pick([20_000, 100_000]) };
  }
  return { act: 'break', what: pick(['get', 'set', 'heal', 'heal'] as const) };
}

const STEPS_MIN = 10;
const STEPS_MORE = 24;

export function plotOf(seed: number): Plot {
  const chance = openChance(seed);
  const { pick, happens, below } = chance;
  const world = {
    routes: routesOf(chance),
    store: happens(0.3)
      ? { entriesMax: pick([1, 3]), bytesMax: pick([16_000, 30_000]) }
      : { entriesMax: 100, bytesMax: 1_000_000 },
    budget: { concurrent: pick([1, 2, 8]), queued: pick([0, 2, 20]), waitMs: pick([800, 10_000]) },
    waitersMax: pick([1, 3, 100]),
    flightsMax: pick([2, 100, 100]),
    aloneMs: pick([0, 5_000, 120_000]),
  };
  const recent: Question[] = [];
  const moods: Step[] = PATHS.filter(() => happens(0.6)).map((path) => {
    return { act: 'mood', path, mood: moodOf(chance), settled: false };
  });
  const steps = Array.from({ length: STEPS_MIN + below(STEPS_MORE) }, (): Step => {
    return { ...actOf(chance, recent), settled: happens(0.7) };
  });
  // What takes several acts in a row would hardly ever come about by chance.
  for (let scenes = below(4); scenes > 0; scenes -= 1) {
    const scene = sceneOf(chance, questionOf(chance), moodOf(chance));
    steps.splice(below(steps.length), 0, ...scene.map((one) => ({ ...one, settled: true })));
  }
  return { seed, ...world, steps: [...moods, ...steps] };
}
