/** Under a lifetime rule nothing is stored that could be somebody's own, a part, or a cut. */
import { describe, expect, it } from '@jest/globals';
import { errorLifetimeMs, isFramed, storableUnderRule } from '../../src/policy/storable.js';
import type { StorageRule } from '../../src/policy/storable.js';

const RULE: StorageRule = { errorTtl: 0, headers: ['X-Tenant'], authorization: 'own' };

function refusal(headers: string[], status = 200, rule: StorageRule = RULE) {
  return storableUnderRule({ status, headers, framed: true }, rule);
}

describe('storing under a lifetime rule', () => {
  it.each([200, 203, 301, 308])('keeps a plain %i', (status) => {
    expect(refusal(['Content-Type', 'text/plain'], status)).toBeUndefined();
  });

  it.each([
    ['private', 'private'],
    ['PRIVATE', 'private'],
    ['private=""', 'private'],
    ['private="x"', 'private'],
    ['private="x", private', 'private'],
    ['no-cache="set-cookie"', 'no-cache'],
    ['no-cache', 'no-cache'],
    ['no-store', 'no-store'],
    ['no-store, must-understand', 'no-store'],
    ['no-store;max-age=1', 'unparsable'],
    ['\u00ff('.repeat(5_120), 'unparsable'],
  ])(
    'case 29: refuses Cache-Control: %.30s, also with Authorization in the key',
    (line, reason) => {
      expect(refusal(['Cache-Control', line])).toBe(reason);
      expect(refusal(['Cache-Control', line, 'Cache-Control', 'public, max-age=9'])).toBe(reason);
    },
  );

  it('case 29: refuses when one of two lines is private', () => {
    expect(refusal(['Cache-Control', 'private', 'Cache-Control', 'max-age=9'])).toBe('private');
  });

  it('case 28: refuses Set-Cookie, whatever the origin says of storing', () => {
    const headers = ['Set-Cookie', 'a=b', 'Cache-Control', 'public, max-age=60'];
    expect(refusal(headers)).toBe('set-cookie');
  });

  it.each(['*', ' * ', 'Accept, *', 'X-Other', 'X-Tenant, X-Other', 'a b', '"x"'])(
    'case 30: refuses Vary: %s, for the key does not cover it',
    (vary) => {
      expect(refusal(['Vary', vary])).toBe('vary');
    },
  );

  it('case 30: stores when every name in Vary is covered', () => {
    expect(refusal(['Vary', 'x-tenant', 'Vary', 'Accept-Encoding, Cookie'])).toBeUndefined();
    expect(refusal(['Vary', 'Authorization'])).toBeUndefined();
    expect(refusal(['Vary', 'Authorization'], 200, { ...RULE, authorization: 'shared' })).toBe(
      'vary',
    );
  });

  it('case 25: never takes a part for the whole', () => {
    expect(refusal([], 206)).toBe('partial');
    expect(refusal(['Content-Range', 'bytes 0-0/9'])).toBe('partial');
  });

  it('refuses what may have been cut, and knows it by its fields', () => {
    expect(storableUnderRule({ status: 200, headers: [], framed: false }, RULE)).toBe('unframed');
    expect(isFramed(['Content-Length', '3'])).toBe(true);
    expect(isFramed(['Transfer-Encoding', 'gzip, Chunked'])).toBe(true);
    expect(isFramed(['Transfer-Encoding', 'gzip'])).toBe(false);
    expect(isFramed([])).toBe(false);
  });
});

describe('errors under a lifetime rule', () => {
  it('case 49: keeps none without errorTtl, even with max-age', () => {
    const cacheable = ['Cache-Control', 'public, max-age=60'];
    for (let status = 400; status < 600; status += 1) {
      const temporary = status === 404 || status === 410 || status >= 500;
      expect(refusal(cacheable, status)).toBe(temporary ? 'zero-lifetime' : 'status');
    }
    for (const status of [100, 201, 204, 302, 303, 304, 307, 600]) {
      expect(refusal(cacheable, status)).toBe('status');
    }
  });

  it('keeps 404, 410 and 5xx with errorTtl, and never 401 or 403', () => {
    const rule = { ...RULE, errorTtl: 10_000 };
    for (const status of [404, 410, 500, 503, 599]) {
      expect(refusal([], status, rule)).toBeUndefined();
    }
    for (const status of [400, 401, 403, 405, 429]) {
      expect(refusal([], status, rule)).toBe('status');
    }
    expect(refusal(['Cache-Control', 'no-store'], 500, rule)).toBe('no-store');
  });

  it('prefers the lifetime of the status to that of its class', () => {
    const rule = { ...RULE, errorTtl: { '404': 60, '5xx': 10, '503': 5, '401': 9, '4xx': 7 } };
    expect(errorLifetimeMs(404, rule)).toBe(60);
    expect(errorLifetimeMs(410, rule)).toBe(7);
    expect(errorLifetimeMs(503, rule)).toBe(5);
    expect(errorLifetimeMs(500, rule)).toBe(10);
    expect(errorLifetimeMs(401, rule)).toBeUndefined();
    expect(errorLifetimeMs(500, { ...RULE, errorTtl: {} })).toBe(0);
  });
});
