/** What a shared cache may store by the standard (RFC 9111 sections 3 and 3.5). */
import { describe, expect, it } from '@jest/globals';
import { storableUnderHttp } from '../../src/policy/storable.js';
import type { StoringRequest } from '../../src/policy/storable.js';

const GET: StoringRequest = {
  method: 'GET',
  headers: [],
  host: 'example.org',
  path: '/a',
  query: undefined,
};

function refusal(headers: string[], status = 200, request: Partial<StoringRequest> = {}) {
  return storableUnderHttp({ ...GET, ...request }, { status, headers, framed: true });
}

const FRESH = ['Cache-Control', 'max-age=60'];
const KEYED = { headers: ['authorization', 'Bearer x'] };

describe('storing by the standard', () => {
  it.each([200, 203, 204, 299, 301, 302, 303, 307, 308, 400, 404, 410, 499, 500, 503, 599])(
    'stores a %i with an explicit lifetime',
    (status) => {
      expect(refusal(FRESH, status)).toBeUndefined();
      expect(refusal(['Expires', '0'], status)).toBeUndefined();
      expect(refusal(['Cache-Control', 's-maxage=1'], status)).toBeUndefined();
    },
  );

  it('stores without a lifetime only what has one by its status, or is public', () => {
    for (const status of [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]) {
      expect(refusal([], status)).toBeUndefined();
    }
    for (const status of [201, 202, 302, 403, 502, 503, 504, 599]) {
      expect(refusal([], status)).toBe('no-lifetime');
      expect(refusal(['Cache-Control', 'public'], status)).toBeUndefined();
    }
  });

  it.each<[string[], number, string]>([
    [['Cache-Control', 'no-store'], 200, 'no-store'],
    [['Cache-Control', 'private, max-age=60'], 200, 'private'],
    [['Cache-Control', 'max-age=60;'], 200, 'unparsable'],
    [[...FRESH, 'Vary', '*'], 200, 'vary'],
    [FRESH, 206, 'partial'],
    [FRESH, 304, 'status'],
    [FRESH, 412, 'status'],
    [FRESH, 416, 'status'],
    [FRESH, 103, 'status'],
    [FRESH, 700, 'status'],
    [['Cache-Control', 'max-age=60, must-understand'], 599, 'status'],
    [['Cache-Control', 'max-age=60, no-store, must-understand'], 599, 'status'],
  ])('refuses %j with %i: %s', (headers, status, reason) => {
    expect(refusal(headers, status)).toBe(reason);
  });

  it('ignores no-store beside must-understand when it understands (section 5.2.2.3)', () => {
    expect(refusal(['Cache-Control', 'no-store, must-understand, max-age=60'])).toBeUndefined();
  });

  it('stores Set-Cookie and qualified private, whose fields are left out (section 7.3)', () => {
    expect(refusal([...FRESH, 'Set-Cookie', 'a=b'])).toBeUndefined();
    expect(refusal(['Cache-Control', 'private="set-cookie", max-age=1'])).toBeUndefined();
    expect(refusal(['Cache-Control', 'no-cache, max-age=1'])).toBeUndefined();
  });

  it('shares an authorised answer only by public, s-maxage or must-revalidate (3.5)', () => {
    expect(refusal(FRESH, 200, KEYED)).toBe('authorization');
    for (const word of ['public', 's-maxage=1', 'must-revalidate']) {
      expect(refusal(['Cache-Control', `max-age=60, ${word}`], 200, KEYED)).toBeUndefined();
    }
  });

  it('obeys no-store and distrusts garbage in the request (section 5.2.1.5)', () => {
    expect(refusal(FRESH, 200, { headers: ['Cache-Control', 'no-store'] })).toBe('no-store');
    expect(refusal(FRESH, 200, { headers: ['Cache-Control', 'a b'] })).toBe('unparsable');
  });

  it('never stores what may have been cut', () => {
    const answer = { status: 200, headers: FRESH, framed: false };
    expect(storableUnderHttp(GET, answer)).toBe('unframed');
  });
});

describe('storing by method', () => {
  it.each(['HEAD', 'PUT', 'DELETE', 'M-SEARCH', 'get'])('refuses answers to %s', (method) => {
    expect(refusal(FRESH, 200, { method })).toBe('method');
  });

  it('case 26: an answer to HEAD is not an answer to GET', () => {
    expect(refusal([...FRESH, 'Content-Length', '9'], 200, { method: 'HEAD' })).toBe('method');
  });

  it('stores answers to QUERY (RFC 10008)', () => {
    expect(refusal(FRESH, 200, { method: 'QUERY' })).toBeUndefined();
  });

  it.each<[string | undefined, string[], string | undefined]>([
    ['/a?b=1', FRESH, undefined],
    ['http://example.org/a?b=1', FRESH, undefined],
    ['?b=1', FRESH, undefined],
    ['/a', FRESH, 'method'],
    ['http://evil.example/a?b=1', FRESH, 'method'],
    ['http://[', FRESH, 'method'],
    [undefined, FRESH, 'method'],
    ['/a?b=1', [], 'method'],
  ])(
    'takes a POST for the content of %s only when it says so (RFC 9110 9.3.3)',
    (at, more, want) => {
      const headers = at === undefined ? more : [...more, 'Content-Location', at];
      expect(refusal(headers, 200, { method: 'POST', query: 'b=1' })).toBe(want);
    },
  );
});
