/** Tells the tests which server the setup could not get, so that the search runs once. */
import type { ServerKind } from './addresses.js';

function variable(kind: ServerKind): string {
  return `LEYDEN_TEST_MISSING_${kind.toUpperCase()}`;
}

export function rememberMissing(kind: ServerKind, sentence: string): void {
  process.env[variable(kind)] = sentence;
}

/** Throws the sentence that the setup met, so that no test tries the whole search again. */
export function knownMissing(kind: ServerKind): void {
  const sentence = process.env[variable(kind)];
  if (sentence !== undefined && sentence !== '') throw new Error(sentence);
}
