/** When a stored answer may go out, and when somebody must be asked first. */
import { describe, expect, it } from '@jest/globals';
import { responseDirectives } from '../../src/policy/cache-control.js';
import { requestDirectives } from '../../src/policy/request-directives.js';
import { coversStatus, staleWindowsMs, usabilityOf } from '../../src/policy/usable.js';

/** An answer with a lifetime of 60 s, this old, asked for like this. */
function use(answer: string, ageS: number, request?: string) {
  const directives = responseDirectives(['Cache-Control', answer]);
  const asked = requestDirectives(request === undefined ? [] : ['Cache-Control', request]);
  return usabilityOf({ directives, lifetimeMs: 60_000 }, asked, ageS * 1000);
}

describe('a fresh answer', () => {
  it('goes out until its lifetime is over, and not at that moment (RFC 9111 section 4.2)', () => {
    expect(use('max-age=60', 59)).toEqual({ kind: 'fresh', remainingMs: 1000 });
    expect(use('max-age=60', 60)).toMatchObject({ kind: 'validate', why: 'stale' });
  });

  it.each<[string, string | undefined, string]>([
    ['no-cache, max-age=60', undefined, 'no-cache'],
    ['max-age=60', 'no-cache', 'request'],
    ['max-age=60', 'max-age=9', 'request'],
    ['max-age=60', 'min-fresh=51', 'request'],
    ['max-age=60', 'a b', 'request'],
    ['max-age=60, immutable', 'no-cache', 'request'],
  ])('%s asked with %s is validated first: %s', (answer, request, why) => {
    expect(use(answer, 10, request)).toMatchObject({ kind: 'validate', why });
  });

  it.each<[string, string | undefined]>([
    ['max-age=60', 'max-age=10'],
    ['max-age=60', 'min-fresh=50'],
    ['max-age=60', 'only-if-cached'],
    ['max-age=60', 'no-store'],
    ['max-age=60, immutable', 'max-age=0'],
    ['max-age=60, must-revalidate', undefined],
    ['s-maxage=60', undefined],
  ])('%s asked with %s goes out', (answer, request) => {
    expect(use(answer, 10, request)).toMatchObject({ kind: 'fresh' });
  });
});

describe('an old answer', () => {
  it('goes out within stale-while-revalidate and not after it (RFC 5861 section 3)', () => {
    const answer = 'max-age=60, stale-while-revalidate=10';
    const stale = { kind: 'stale', by: 'while-revalidate', staleMs: 9000 };
    expect(use(answer, 69)).toEqual(stale);
    expect(use(answer, 70)).toMatchObject({ kind: 'validate' });
    expect(use(answer, 69, 'max-age=100')).toMatchObject({ kind: 'validate' });
  });

  it('goes out when the caller says max-stale, and the origin does not forbid it', () => {
    expect(use('max-age=60', 70, 'max-stale=10')).toMatchObject({ kind: 'stale', by: 'max-stale' });
    expect(use('max-age=60', 71, 'max-stale=10')).toMatchObject({ kind: 'validate' });
    expect(use('max-age=60', 9999, 'max-stale')).toMatchObject({ kind: 'stale' });
    expect(use('max-age=60, immutable', 70, 'max-age=0')).toMatchObject({ kind: 'validate' });
  });

  it.each(['must-revalidate', 'proxy-revalidate', 's-maxage=60', 'no-cache'])(
    'never goes out under %s, whatever anybody asks (section 4.2.4)',
    (word) => {
      const answer = `${word}, stale-while-revalidate=99, stale-if-error=99`;
      for (const request of [undefined, 'max-stale', 'stale-if-error=99']) {
        expect(use(answer, 61, request)).toMatchObject({
          kind: 'validate',
          ifError: false,
          ifDisconnected: false,
        });
      }
    },
  );

  it('goes out in spite of s-maxage only by the word of the operator', () => {
    const directives = responseDirectives(['Cache-Control', 's-maxage=1, stale-if-error=5']);
    expect(staleWindowsMs(directives).ifErrorMs).toBe(0);
    expect(staleWindowsMs(directives, { sMaxageAllowsStale: true }).ifErrorMs).toBe(5000);
  });
});

describe('an old answer in place of an error (RFC 5861 section 4)', () => {
  it('stands in within stale-if-error, of the answer or of the request', () => {
    const ifError = (answer: string, ageS: number, request?: string) => {
      const usability = use(answer, ageS, request);
      return usability.kind === 'validate' && usability.ifError;
    };
    expect(ifError('max-age=60, stale-if-error=9', 68)).toBe(true);
    expect(ifError('max-age=60, stale-if-error=9', 69)).toBe(false);
    expect(ifError('max-age=60', 68, 'stale-if-error=9')).toBe(true);
    expect(ifError('max-age=60, stale-if-error=9', 61, 'no-cache')).toBe(false);
  });

  it('stands in for an origin that is gone, unless that is forbidden (RFC 9111 4.2.4)', () => {
    expect(use('max-age=60', 61)).toMatchObject({ ifError: false, ifDisconnected: true });
    expect(use('max-age=60', 61, 'no-cache')).toMatchObject({ ifDisconnected: false });
  });

  it('case 23: covers failures and never a refusal', () => {
    const covered = [];
    for (let status = 100; status < 600; status += 1)
      if (coversStatus(status)) covered.push(status);
    expect(covered).toEqual([500, 502, 503, 504]);
  });
});
