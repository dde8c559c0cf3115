/** A lease in the words of the cache path: where its holder began, and what became of it. */
import { Failure, failures, type FailureCode } from '../errors.js';
import type { Leading } from '../redis/lease.js';
import type { Began } from '../redis/lease-token.js';
import type { Fleet, Lead } from './fleet.js';

/** Said with `not-stored`: it was the answer, not the moment. */
const LASTING = 'lasting';

function failureOf(word: string): Failure {
  const code = Object.hasOwn(failures, word) ? (word as FailureCode) : 'upstream_sick';
  return new Failure(code, failures[code].status === 503 ? { retryAfterS: 1 } : {});
}

export function leadOf(leading: Leading): Lead {
  if (leading.kind === 'alone') return leading;
  if (leading.kind === 'lead') {
    const { release } = leading;
    return {
      kind: 'lead',
      release: (how, failure, isLasting) =>
        release(how, failure?.code ?? (isLasting === true ? LASTING : undefined)),
    };
  }
  if (leading.how === 'failed') return { kind: 'failed', failure: failureOf(leading.word) };
  // Nothing lies anywhere for the others: each asks for itself, and none in line.
  if (leading.how === 'stored') return { kind: 'landed' };
  return leading.word === LASTING ? { kind: 'alone', isLasting: true } : { kind: 'alone' };
}

/** A lease says at which place of the journal its holder stood, as the frame of his answer will. */
export function beganAt(
  { mark, epochAt }: Pick<Fleet, 'mark' | 'epochAt'>,
  since: () => number,
): Began {
  return {
    word() {
      const at = mark();
      return at === undefined ? '' : `${at.seq} ${at.journal}`;
    },
    isTooOld(word) {
      const [, seq, journal] = /^(\d{1,15}) (.+)$/s.exec(word) ?? [];
      // What we cannot judge now, or he does not say, is waited for: that costs time, no more.
      if (journal === undefined || mark() === undefined) return false;
      const epoch = epochAt({ journal, seq: Number(seq) });
      return epoch === undefined || epoch < since();
    },
  };
}
