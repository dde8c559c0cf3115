/** Callers who would rather be answered later (RFC 7240). */
import { describe, expect, it } from '@jest/globals';
import { preferencesOf } from '../../src/policy/prefer.js';

describe('preferences', () => {
  it.each<[string[], boolean, number | undefined]>([
    [[], false, undefined],
    [['respond-async, wait=10'], true, 10],
    [['Respond-Async', 'WAIT = 10'], true, 10],
    [['respond-async=""'], true, undefined],
    [['respond-async=no'], false, undefined],
    [['wait=5, wait=9'], false, 5],
    [['wait="7"; x=1; y'], false, 7],
    [['wait=-1'], false, undefined],
    [['wait=1.5'], false, undefined],
    [['wait'], false, undefined],
    [[`wait=${'9'.repeat(99)}`], false, 2 ** 31],
    [['foo="a, wait=3", respond-async'], true, undefined],
    [['foo="', 'respond-async'], true, undefined],
    [['=, ;;, respond-async'], true, undefined],
  ])('%j: async %s, wait %s', (lines, respondAsync, waitS) => {
    const headers = lines.flatMap((line) => ['Prefer', line]);
    expect(preferencesOf(headers)).toEqual({ respondAsync, waitS });
  });
});
