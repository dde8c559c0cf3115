/** The library: the response cache for somebody's own Express app. */
import { AsyncResource } from 'node:async_hooks';
import type { RequestHandler } from 'express';
import { openDetached, type Handler } from '../middleware/detached.js';
import { expressCache } from '../middleware/express-cache.js';
import { openArrivals } from './arrival.js';
import { plansOf } from './cache/plans.js';
import { openInterior, type CacheInterior } from './cache-interior.js';
import { handlerNumbers } from './cache-options.js';
import type { Cache, CacheOptions, ResponseCacheOptions, RuleWords } from './cache-words.js';
import { describeThrown, OperatorError } from './errors.js';
import { compileRules, type Route } from './policy/rules.js';

export type { Clock, Timer } from './clock.js';
export type * from './cache-words.js';
export { clearEnergyCache, invalidateCache } from './energy-cache.js';
export type { ClearOptions } from './energy-cache.js';
export {
  closeRedisPool,
  getPoolStats,
  getRedisPool,
  initRedisPool,
  withConnection,
} from './redis/shared.js';
export type { InitOptions } from './redis/shared.js';
export {
  PoolConnectionError,
  PoolExhaustedError,
  PoolNotInitializedError,
  RedisFailure,
  RedisPoolError,
} from './redis/failure.js';
export type { FailureKind } from './redis/failure.js';
export type { RedisPool } from './redis/pool.js';
export type { RedisPoolStats } from './redis/stats.js';
export type { ExclusiveConnection } from './redis/exclusive.js';

/** A middleware with the cache behind it at hand. */
export type CachedHandler = RequestHandler & { readonly cache: Cache };

const interiors = new WeakMap<Cache, CacheInterior>();

/** A memory that several `responseCache` can share: its answers, its purges, its numbers. */
export function createCache(options: CacheOptions = {}): Cache {
  const interior = openInterior(options);
  interiors.set(interior.cache, interior);
  return interior.cache;
}

const NO_HANDLER =
  'responseCache(options, handler) needs the handler that computes the answers: it does not ' +
  'listen to the response of what comes after it.';
const NAME = /^[A-Za-z0-9._:/-]{1,128}$/;

function interiorOf(cache: Cache | undefined, options: CacheOptions): CacheInterior {
  const interior = interiors.get(cache ?? createCache(options));
  if (interior === undefined) throw new OperatorError('cache must be made by createCache().');
  if (cache === undefined) return interior;
  const [said] = Object.entries(options).find(([, value]) => value !== undefined) ?? [];
  if (said === undefined) return interior;
  throw new OperatorError(`${said} stands in createCache() where a cache is shared.`);
}

/** Not every caller has a compiler that has read the types. */
function optionsOf(options: 'http' | ResponseCacheOptions): ResponseCacheOptions {
  if (options === 'http') return { rule: options };
  const given: unknown = options;
  if (typeof given === 'object' && given !== null) return options;
  throw new OperatorError('responseCache needs options such as { ttl: "30s" }, or "http".');
}

function ruleOf(words: RuleWords | { readonly rule: 'http' }): RuleWords | 'http' {
  if (!('rule' in words)) return words;
  const rule: unknown = words.rule;
  if (rule === 'http' && Object.keys(words).length === 1) return 'http';
  throw new OperatorError('rule must be http, and then no word of a lifetime rule stands beside.');
}

function claimName(names: Set<string>, wanted: string | undefined): string {
  let number = names.size + 1;
  while (names.has(`cache-${number}`)) number += 1;
  const name = wanted ?? `cache-${number}`;
  if (!NAME.test(name)) throw new OperatorError('name must be letters, digits and . _ : / -');
  if (names.has(name)) {
    throw new OperatorError(`name must be new: another handler of this cache is called ${name}.`);
  }
  names.add(name);
  return name;
}

function warn(sentence: string): void {
  process.emitWarning(sentence, 'LeydenWarning');
}

/** Once is enough to know; `handler_errors` tells how often. */
function usualOnError(interior: CacheInterior, name: string): (thrown: unknown) => void {
  return (thrown) => {
    if (interior.counts.handlerErrors > 1) return;
    const { error = '', at = 'somewhere' } = describeThrown(thrown);
    warn(`The handler behind ${name} ended with ${error} at ${at}; onError hears of all of them.`);
  };
}

/**
 * Caches what `handler` answers. It runs once for all who wait, on a request and a response of its
 * own, and sees of the request what the key covers.
 */
export function responseCache(
  options: 'http' | ResponseCacheOptions,
  handler: RequestHandler,
): CachedHandler {
  if (typeof handler !== 'function') throw new OperatorError(NO_HANDLER);
  const { cache, memory, credentials, budget, limits, clock, ...rest } = optionsOf(options);
  const { name: wanted, keyHost = true, deadline, onError, ...words } = rest;
  const interior = interiorOf(cache, { memory, credentials, budget, limits, clock });
  const { rooms, counts } = interior;
  const numbers = handlerNumbers(ruleOf(words), deadline, rooms.store.bodyBytesMax);
  const name = claimName(interior.names, wanted);
  for (const word of numbers.idle) warn(`${word} has no effect in this version (${name}).`);

  const [compiled] = compileRules([numbers.route]).routes;
  if (compiled === undefined) throw new OperatorError('The rule is missing.');
  const route: Route = { ...compiled, pattern: name };
  const bodyBytesMax = (): number => rooms.store.bodyBytesMax;
  const tools = { bodyBytesMax, searches: interior.searches, trusts: () => rooms.trusts };
  const plan = plansOf([route], tools).get(route);
  if (plan === undefined) throw new OperatorError('The rule is missing.');
  const told = onError ?? usualOnError(interior, name);
  // The app's own types say more of a request than the cache may know.
  const own = handler as unknown as Handler;
  const middleware = expressCache({
    ...{ rooms, route, plan, handler: own },
    partitionOf: (authorization) => interior.identity.partitionOf(authorization),
    arrivalOf: openArrivals({
      credentials: interior.credentials,
      keyed: route.cache === 'http' || route.cache === 'none' ? [] : route.cache.headers,
      keyHost,
    }),
    ambiguous() {
      counts.ambiguous += 1;
    },
    detached: openDetached({
      ...{ handler: own, clock: interior.clock, budget: interior.budget },
      deadlineMs: numbers.deadlineMs,
      bodyBytesMax: () => Math.min(plan.bodyBytesMax, rooms.store.bodyBytesMax),
      scope: new AsyncResource('LEYDEN_HANDLER'),
      failed(thrown) {
        counts.handlerErrors += 1;
        try {
          told(thrown);
        } catch (again) {
          warn(`onError of ${name} ended with ${describeThrown(again)['error'] ?? 'an error'}.`);
        }
      },
    }),
  });
  return Object.assign(middleware, { cache: interior.cache });
}
