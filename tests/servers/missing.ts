/** Tells the tests which server the setup could not get, so that the search runs once. */
import type { ServerKind } from './addresses.js';

/** What may be missing: servers, and programs that no address can stand in for. */
export type Wanted = ServerKind | 'promtool' | 'prometheus' | 'haproxy' | 'compose';

function variable(kind: Wanted): string {
  return `LEYDEN_TEST_MISSING_${kind.toUpperCase()}`;
}

export function rememberMissing(kind: Wanted, sentence: string): void {
  process.env[variable(kind)] = sentence;
}

/** Throws the sentence that the setup met, so that no test tries the whole search again. */
export function knownMissing(kind: Wanted): void {
  const sentence = process.env[variable(kind)];
  if (sentence !== undefined && sentence !== '') throw new Error(sentence);
}
