/** The rooms of the cache path around a scripted upstream and a clock turned by hand. */
import { guardStore } from '../../src/cache/guarded-store.js';
import { openMarks } from '../../src/cache/marks.js';
import { openMemoryStore } from '../../src/cache/memory-store.js';
import { plansOf } from '../../src/cache/plans.js';
import { openPurges } from '../../src/cache/purge.js';
import { openSearches } from '../../src/cache/searches.js';
import type { Computed, Rooms } from '../../src/cache/rooms.js';
import { serve } from '../../src/cache/serve.js';
import type { Store } from '../../src/cache/store.js';
import { openTallies, type Distribution } from '../../src/cache/tally.js';
import { openVariants } from '../../src/cache/variants.js';
import { openFlights } from '../../src/guards/flights.js';
import type { LogFields } from '../../src/log.js';
import type { GatewayRequest, Outcome, RawHeaders } from '../../src/message.js';
import { compileRules, type CacheOptions, type RouteOptions } from '../../src/policy/rules.js';
import { handClock, type HandClock } from './hand-clock.js';
import { scriptedUpstream, type ScriptedUpstream } from './scripted-upstream.js';

export const RULE: CacheOptions = {
  ttl: 30_000,
  origin: 'override',
  errorTtl: 0,
  staleWhileRevalidate: 0,
  staleIfError: 0,
  early: 'off',
  jitter: 0,
  window: 'off',
  query: 'exact',
  headers: [],
  cookies: 'bypass',
  authorization: 'own',
  body: { maxBytes: 65_536, json: 'exact' },
  tags: [],
  maxBytes: 1024,
  abandon: false,
  clientTtl: 0,
};

export const NO_EDITS = { set: {}, remove: [] };

export function routeOf(path: string, more: Partial<RouteOptions> = {}): RouteOptions {
  return {
    path,
    upstream: 'some',
    methods: ['GET'],
    request: NO_EDITS,
    response: NO_EDITS,
    ...more,
  };
}

export function cached(path: string, rule: Partial<CacheOptions> = {}): RouteOptions {
  return routeOf(path, { cache: { ...RULE, ...rule } });
}

export interface Asked {
  readonly method?: string;
  readonly host?: string;
  readonly query?: string;
  readonly headers?: RawHeaders;
  readonly partition?: string;
  readonly gone?: AbortSignal;
}

/** What a complete answer says, or the kind of an outcome that has none. */
export function wordsOf(outcome: Outcome): string {
  if (!('reply' in outcome)) return outcome.kind;
  const { body } = outcome.reply;
  return Buffer.isBuffer(body) ? body.toString('latin1') : 'a stream';
}

let ids = 0;

/** Whoever sends a credential has a partition of his own, as identity would say. */
export function requestOf(path: string, asked: Asked = {}): GatewayRequest {
  const { method = 'GET', host = 'here', query, headers = [] } = asked;
  const at = headers.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === 'authorization');
  ids += 1;
  return {
    id: `r${ids}`,
    ...{ method, host, path, query, headers },
    body: undefined,
    peer: '127.0.0.9',
    partition: asked.partition ?? (at < 0 ? 'anon' : `mac(${headers[at + 1] ?? ''})`),
    gone: asked.gone ?? new AbortController().signal,
  };
}

export interface House {
  readonly rooms: Rooms;
  readonly clock: HandClock;
  readonly upstream: ScriptedUpstream;
  readonly logged: { readonly event: string; readonly fields: LogFields | undefined }[];
  readonly ask: (path: string, asked?: Asked) => Promise<Outcome>;
}

export interface HouseOptions {
  readonly routes: readonly RouteOptions[];
  readonly store?: (clock: HandClock) => Store;
  readonly waitersMax?: number;
  readonly flightsMax?: number;
  readonly bytesMax?: number;
  readonly aloneMs?: number;
  readonly marksMax?: number;
  readonly random?: () => number;
}

const nowhere = (): Distribution => ({ record: () => undefined });

export function openHouse(options: HouseOptions): House {
  const clock = handClock();
  const upstream = scriptedUpstream();
  const logged: House['logged'] = [];
  const say = (event: string, fields?: LogFields): void => {
    logged.push({ event, fields });
  };
  const { waitersMax = 10_000, flightsMax = 1_000, bytesMax = 1_000_000 } = options;
  const rules = compileRules(options.routes);
  const rooms: Rooms = {
    rules,
    plans: plansOf(rules.routes, {
      bodyBytesMax: () => bytesMax,
      trusts: () => () => false,
      searches: openSearches(100),
    }),
    variants: openVariants({ basesMax: 1_000, perBaseMax: 64 }),
    store: guardStore(
      options.store?.(clock) ?? openMemoryStore({ entriesMax: 1_000, bytesMax }, clock),
      () => {
        say('store_failed');
      },
    ),
    purges: openPurges(100, clock),
    flights: openFlights<Computed>({ waitersMax, flightsMax, retryAfterS: 1 }, clock),
    fetch: upstream.fetch,
    tallies: openTallies(nowhere),
    clock,
    log: {
      ...{ error: say, warn: say, info: say, debug: say },
      access: () => undefined,
      level: () => 'debug',
      setLevel: () => undefined,
      dropped: () => 0,
      close: () => Promise.resolve(),
    },
    credentials: new Set(['authorization', 'proxy-authorization', 'x-api-key']),
    trusts: () => false,
    negativeRetryMs: 1_000,
    marks: openMarks({ aloneMs: options.aloneMs ?? 120_000, marksMax: options.marksMax ?? 1_000 }),
    random: options.random ?? (() => 0.5),
  };
  return {
    ...{ rooms, clock, upstream, logged },
    ask: (path, asked) => serve(rooms, requestOf(path, asked)),
  };
}
