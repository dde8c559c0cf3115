/** Request ids: harmless ones are kept, all others are replaced. */
import { describe, expect, it } from '@jest/globals';
import { requestIds } from '../../src/server/request-id.js';

const harmless = /^[A-Za-z0-9._-]{1,64}$/;

describe('a request id', () => {
  it('that the caller sent is kept when it is harmless', () => {
    const ids = requestIds();
    expect(ids.of(['Accept', '*/*', 'x-REQUEST-id', 'a.B_c-9'])).toBe('a.B_c-9');
    expect(ids.of(['X-Request-Id', 'x'.repeat(64)])).toBe('x'.repeat(64));
  });

  it.each([
    ['escape codes', ['X-Request-Id', 'a\u001b[31m']],
    ['10 KB', ['X-Request-Id', 'x'.repeat(10_000)]],
    ['65 characters', ['X-Request-Id', 'x'.repeat(65)]],
    ['a line end', ['X-Request-Id', 'a\n']],
    ['nothing', ['X-Request-Id', '']],
    ['two of them', ['X-Request-Id', 'a', 'x-request-id', 'a']],
    ['no field', []],
  ])('case 76: with %s is replaced by one of ours', (_what, headers) => {
    const id = requestIds('prefix').of(headers);
    expect(id).toBe('prefix.1');
    expect(requestIds().of(headers)).toMatch(harmless);
  });

  it('is never given twice, and two processes never meet', () => {
    const [one, other] = [requestIds(), requestIds()];
    const given = new Set(Array.from({ length: 1_000 }, () => [one.next(), other.next()]).flat());
    expect(given.size).toBe(2_000);
  });
});
