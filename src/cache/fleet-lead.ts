/** What became of a lease, in the words of the cache path. */
import { Failure, failures, type FailureCode } from '../errors.js';
import type { Leading } from '../redis/lease.js';
import type { Lead } from './fleet.js';

function failureOf(word: string): Failure {
  const code = Object.hasOwn(failures, word) ? (word as FailureCode) : 'upstream_sick';
  return new Failure(code, failures[code].status === 503 ? { retryAfterS: 1 } : {});
}

export function leadOf(leading: Leading): Lead {
  if (leading.kind === 'alone') return leading;
  if (leading.kind === 'lead') {
    const { release } = leading;
    return { kind: 'lead', release: (how, failure) => release(how, failure?.code) };
  }
  if (leading.how === 'failed') return { kind: 'failed', failure: failureOf(leading.word) };
  // Nothing lies anywhere for the others: each asks for itself, and none in line.
  return { kind: leading.how === 'stored' ? 'landed' : 'alone' };
}
