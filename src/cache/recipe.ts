/** Recipes: with which fields an answer can be asked for again when no caller is there. */
import type { RawHeaders } from '../message.js';
import { combinedValue, hasField } from '../policy/headers.js';
import type { Task } from './plan.js';

/** Fields that say what a caller likes and never who he is. */
const HARMLESS = new Set(['accept', 'accept-charset', 'accept-encoding', 'accept-language']);

function withFields(headers: RawHeaders, names: readonly string[]): RawHeaders | undefined {
  if (!names.every((name) => HARMLESS.has(name))) return undefined;
  return names.flatMap((name) => {
    const value = combinedValue(headers, name);
    return value === undefined ? [] : [name, value];
  });
}

/** Under a lifetime rule the upstream saw what was keyed and nothing else of the caller. */
export function recipeUnderRule({ keyed, request }: Task): RawHeaders | undefined {
  if (keyed.method !== 'GET' || keyed.content !== undefined) return undefined;
  if (keyed.partition !== 'anon' && keyed.partition !== 'shared') return undefined;
  const sent = keyed.headers.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  // Its own Accept-Encoding comes first, and is no caller's.
  return withFields(request.headers, sent.slice(1));
}

/** Under `cache: http` the upstream saw everything: whoever said who he is cannot be replaced. */
export function recipeUnderHttp(
  { keyed, request }: Task,
  names: readonly string[],
): RawHeaders | undefined {
  if (keyed.method !== 'GET' || keyed.content !== undefined) return undefined;
  const { headers } = request;
  if (hasField(headers, 'authorization') || hasField(headers, 'cookie')) return undefined;
  return withFields(headers, names);
}
