/** The options of the library, judged by the very schema that judges a route of the gateway. */
import { judge } from '../config/judge.js';
import { notYetSet } from '../config/notice.js';
import type { Settings } from '../config/settings.js';
import { formatSize } from '../config/units.js';
import type { CacheOptions, RuleWords } from './cache-words.js';
import { OperatorError } from './errors.js';
import type { CacheOptions as Rule, RouteOptions } from './policy/rules.js';

/** Names in the settings, and what the library calls them; the longer ones first. */
const NAMES: readonly (readonly [string, string])[] = [
  ['routes[0].cache.', ''],
  ['routes[0].cache', 'the rule'],
  ['upstreams.app.timeout.head', 'deadline'],
  ['cache.', 'limits.'],
  ['cache', 'limits'],
];
const UPSTREAM = 'app';

function inOurWords(sentence: string): string {
  const found = NAMES.find(([name]) => sentence.startsWith(name));
  const spoken = found === undefined ? sentence : found[1] + sentence.slice(found[0].length);
  return spoken.replace('the settings file', 'the options').replaceAll('routes[0].cache.', '');
}

/** A small document of settings: everything else in it keeps the gateway's own default. */
function parse(document: Readonly<Record<string, unknown>>) {
  // What an object of options holds as undefined is not said.
  const said = Object.entries(document).filter(([, value]) => value !== undefined);
  const judged = judge(Object.fromEntries(said));
  if (judged.kind === 'good') return judged.parsed;
  throw new OperatorError(judged.complaints.map(({ text }) => inOurWords(text)).join('\n'));
}

export interface CacheNumbers {
  readonly memory: { readonly entriesMax: number; readonly bytesMax: number };
  readonly credentials: readonly string[];
  readonly budget: {
    readonly concurrent: number;
    readonly queued: number;
    readonly waitMs: number;
  };
  readonly limits: {
    readonly waitersMax: number;
    readonly flightsMax: number;
    readonly identitiesMax: number;
  };
  readonly hitForMissMs: number;
}

export function cacheNumbers(options: CacheOptions): CacheNumbers {
  const { memory, credentials, budget, limits } = options;
  const parsed = parse({ memory, credentials, budget, cache: limits });
  const { concurrent, queued, wait } = parsed.budget;
  const { waitersMax, flightsMax, identitiesMax, hitForMiss: hitForMissMs } = parsed.cache;
  return {
    memory: { entriesMax: parsed.memory.maxEntries, bytesMax: parsed.memory.maxBytes },
    credentials: parsed.credentials,
    budget: { concurrent, queued, waitMs: wait },
    limits: { waitersMax, flightsMax, identitiesMax },
    hitForMissMs,
  };
}

export interface HandlerNumbers {
  readonly route: RouteOptions;
  readonly deadlineMs: number;
  /** Words that are accepted and have no effect yet. */
  readonly idle: readonly string[];
}

const DEADLINE_MS = 120_000;

export function handlerNumbers(
  words: RuleWords | 'http',
  deadline: string | undefined,
  bodyBytesMax: number,
): HandlerNumbers {
  const timeout = deadline === undefined ? {} : { head: deadline };
  const parsed = parse({
    upstreams: { [UPSTREAM]: { url: 'local', timeout } },
    routes: [{ path: '/**', upstream: UPSTREAM, methods: 'any', cache: words }],
  });
  const [route] = parsed.routes;
  const cache = route?.cache;
  if (route === undefined || cache === undefined) throw new OperatorError('The rule is missing.');
  const deadlineMs = parsed.upstreams[UPSTREAM]?.timeout.head ?? DEADLINE_MS;
  const idle = notYetSet(parsed as unknown as Settings).map((name) =>
    name.replace(/^routes\[.*\]\.cache\./, ''),
  );
  if (cache === 'http') return { route: { ...route, cache }, deadlineMs, idle };
  const { maxBytes = bodyBytesMax } = cache;
  if (maxBytes > bodyBytesMax) {
    throw new OperatorError(
      `maxBytes must be ${formatSize(bodyBytesMax)} or less: an eighth of memory.maxBytes.`,
    );
  }
  const rule: Rule = { ...cache, maxBytes };
  return { route: { ...route, cache: rule }, deadlineMs, idle };
}
