/** What No-Vary-Search last said of each path: which parts of a query do not tell answers apart. */
import { bodyKeyParts } from '../policy/body-key.js';
import { keyOf, type Keyed } from '../policy/key.js';
import { reducedQuery, type SearchVariation } from '../policy/no-vary-search.js';
import type { GatewayRequest } from '../message.js';
import { addressOf } from './entry.js';

export interface Searches {
  /** The key that all queries share which differ only in what does not matter; if there is one. */
  baseOf(keyed: Keyed, request: GatewayRequest): string | undefined;
  /** The same for an answer that says so itself; its word is the newest for the path. */
  learn(keyed: Keyed, request: GatewayRequest, variation: SearchVariation): string | undefined;
  stats(): { readonly paths: number; readonly pathsMax: number };
}

function reducedBase(
  keyed: Keyed,
  request: GatewayRequest,
  variation: SearchVariation,
): string | undefined {
  const reduced = reducedQuery(request.query, variation);
  if (reduced === undefined) return undefined;
  const { order, kind, names } = variation;
  const { host, path } = request;
  const parts = ['search', keyed.seed, host, path, String(order), kind, ...names, '?', reduced];
  // A query that does not matter must not take the content along with it.
  if (keyed.content !== undefined) {
    parts.push(...bodyKeyParts(request.headers, keyed.content, { json: 'exact' }));
  }
  return keyOf(parts);
}

export function openSearches(pathsMax: number): Searches {
  const byPath = new Map<string, SearchVariation>();
  return {
    baseOf(keyed, request) {
      const variation = byPath.get(addressOf(request.host, request.path));
      return variation === undefined ? undefined : reducedBase(keyed, request, variation);
    },
    learn(keyed, request, variation) {
      const address = addressOf(request.host, request.path);
      // A path that is forgotten is keyed by its exact query again: more misses, never a wrong hit.
      if (byPath.size >= pathsMax && !byPath.has(address)) byPath.clear();
      byPath.set(address, variation);
      return reducedBase(keyed, request, variation);
    },
    stats: () => ({ paths: byPath.size, pathsMax }),
  };
}
