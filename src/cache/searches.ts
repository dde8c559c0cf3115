/** What No-Vary-Search last said of each path: which parts of a query do not tell answers apart. */
import { bodyKeyParts } from '../policy/body-key.js';
import { keyOf, type Keyed } from '../policy/key.js';
import { reducedQuery, type SearchVariation } from '../policy/no-vary-search.js';
import type { GatewayRequest } from '../message.js';
import { addressOf } from './entry.js';

/** What an answer said, and when. */
export interface SaidSearch {
  readonly variation: SearchVariation;
  readonly wallMs: number;
}

export interface Searches {
  /** The key that all queries share which differ only in what does not matter; if there is one. */
  baseOf(keyed: Keyed, request: GatewayRequest): string | undefined;
  /**
   * The same for an answer that says so itself, by the wall clock at that moment: the newest word
   * holds for the path, be it this answer's or another's.
   */
  learn(keyed: Keyed, request: GatewayRequest, said: SaidSearch): string | undefined;
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
  const byPath = new Map<string, SaidSearch>();
  return {
    baseOf(keyed, request) {
      const said = byPath.get(addressOf(request.host, request.path));
      return said === undefined ? undefined : reducedBase(keyed, request, said.variation);
    },
    learn(keyed, request, said) {
      const address = addressOf(request.host, request.path);
      // A path that is forgotten is keyed by its exact query again: more misses, never a wrong hit.
      if (byPath.size >= pathsMax && !byPath.has(address)) byPath.clear();
      if ((byPath.get(address)?.wallMs ?? 0) <= said.wallMs) byPath.set(address, said);
      return reducedBase(keyed, request, said.variation);
    },
    stats: () => ({ paths: byPath.size, pathsMax }),
  };
}
