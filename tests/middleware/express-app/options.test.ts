/** Options are checked when the app starts, by the schema of the settings and by the types. */
import { describe, expect, it } from '@jest/globals';
import type { RequestHandler } from 'express';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createCache, responseCache } from '../../../src/index.js';
import type { Cache, CachedHandler, ResponseCacheOptions, RuleWords } from '../../../src/index.js';
import { keptCache } from './kit.js';

const handler: RequestHandler = (_req, res) => void res.send('x');
/** What somebody writes who has no compiler. */
const plain = responseCache as (options: unknown, handler?: unknown) => CachedHandler;

interface Published {
  readonly properties: {
    readonly routes: {
      readonly items: {
        readonly properties: { readonly cache: { readonly anyOf: readonly Inside[] } };
      };
    };
  };
}
interface Inside {
  readonly properties?: Readonly<Record<string, unknown>>;
}

type Equal<One, Other> = [One] extends [Other] ? ([Other] extends [One] ? true : false) : false;
type First = Parameters<typeof responseCache>[0];

/** Compiled, these lines hold; `npm run check` compiles them. */
const typesHold: readonly true[] = [
  true satisfies Equal<First, 'http' | ResponseCacheOptions>,
  true satisfies Equal<Parameters<typeof responseCache>['length'], 2>,
  true satisfies ReturnType<typeof responseCache> extends RequestHandler ? true : false,
  true satisfies ReturnType<typeof responseCache>['cache'] extends Cache ? true : false,
  true satisfies { ttl: number } extends RuleWords ? false : true,
  true satisfies { ttl: '30s' } extends First ? true : false,
  true satisfies { rule: 'http' } extends First ? true : false,
  true satisfies { query: 'sorted' } extends First ? false : true,
];

describe('the options of responseCache', () => {
  it('need a handler, and the sentence says why', () => {
    expect(() => plain({ ttl: '30s' })).toThrow(
      'responseCache(options, handler) needs the handler that computes the answers: it does not ' +
        'listen to the response of what comes after it.',
    );
  });

  it.each([
    [{}, 'ttl is missing; it must be a duration from 0s to 365d, such as 250ms, 30s or 10m.'],
    [{ ttl: 30 }, 'ttl must be a duration from 0s to 365d, such as 250ms, 30s or 10m.'],
    [{ ttl: '30 s' }, 'ttl must be a duration from 0s to 365d, such as 250ms, 30s or 10m.'],
    [{ ttl: '1s', tll: '1s' }, 'tll is not a setting; did you mean ttl?'],
    [
      { ttl: '1s', headers: ['cookie'] },
      'headers[0] must be the name of a field that may be keyed.',
    ],
    [
      { ttl: '1s', deadline: '0s' },
      'deadline must be a duration from 1ms to 24h, such as 250ms, 30s or 10m.',
    ],
    [
      { ttl: '1s', memory: { maxBytes: '1KiB' } },
      'memory.maxBytes must be a size from 1MiB to 64GiB, such as 512, 64KiB or 5MiB.',
    ],
    [
      { ttl: '1s', memory: { maxBytes: '8MiB' }, maxBytes: '2MiB' },
      'maxBytes must be 1MiB or less: an eighth of memory.maxBytes.',
    ],
    [
      { ttl: '1s', limits: { waitersMax: 0 } },
      'limits.waitersMax must be a whole number from 1 to 1000000.',
    ],
    [{ ttl: '1s', name: 'a b' }, 'name must be letters, digits and . _ : / -'],
    [{ ttl: '1s', cache: {} }, 'cache must be made by createCache().'],
    [
      { rule: 'http', ttl: '1s' },
      'rule must be http, and then no word of a lifetime rule stands beside.',
    ],
    [undefined, 'responseCache needs options such as { ttl: "30s" }, or "http".'],
  ])('%j: %s', (options, sentence) => {
    expect(() => plain(options, handler)).toThrow(sentence);
  });

  it('stand in one place where a memory is shared, and each handler has a name', () => {
    const cache = keptCache(createCache());
    expect(() => plain({ ttl: '1s', cache, memory: {} }, handler)).toThrow(
      'memory stands in createCache() where a cache is shared.',
    );
    responseCache({ ttl: '1s', cache, name: 'one' }, handler);
    expect(() => plain({ ttl: '1s', cache, name: 'one' }, handler)).toThrow(
      'name must be new: another handler of this cache is called one.',
    );
  });

  it('have every word of a route’s cache, and the types know them all', () => {
    const known: Record<keyof RuleWords, true> = {
      ...{ ttl: true, origin: true, errorTtl: true, staleWhileRevalidate: true },
      ...{ staleIfError: true, softLimit: true, patience: true, early: true, jitter: true },
      ...{ window: true, query: true, headers: true, cookies: true, authorization: true },
      ...{ body: true, tags: true, maxBytes: true, abandon: true, clientTtl: true },
    };
    const file = new URL('../../../config/gateway.schema.json', import.meta.url);
    const { properties } = JSON.parse(readFileSync(fileURLToPath(file), 'utf8')) as Published;
    const [words] = properties.routes.items.properties.cache.anyOf.flatMap(
      ({ properties: inside }) => (inside === undefined ? [] : [Object.keys(inside)]),
    );
    expect(new Set(words)).toEqual(new Set(Object.keys(known)));
    expect(typesHold).not.toContain(false);
  });
});
