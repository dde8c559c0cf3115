/** Which answers and failures speak against an origin, and which say nothing of it. */
import { describe, expect, it } from '@jest/globals';
import { Failure, type FailureCode } from '../../src/errors.js';
import { verdictOfStatus, verdictOfThrown } from '../../src/upstream/health.js';

describe('the health of an origin', () => {
  it.each([200, 204, 304, 308, 400, 401, 403, 404, 408, 410, 429, 501, 505])(
    'U19: %d speaks for it, whoever asked and however wrongly',
    (status) => {
      expect(verdictOfStatus(status)).toBe('good');
    },
  );

  it.each([500, 502, 503, 504, 507, 599])('U18: %d counts among its errors', (status) => {
    expect(verdictOfStatus(status)).toBe('poor');
  });

  it.each<[FailureCode, string]>([
    ['connect', 'bad'],
    ['connect_timeout', 'bad'],
    ['head_timeout', 'bad'],
    ['reset', 'poor'],
    ['protocol', 'poor'],
    ['busy', 'ignored'],
    ['abandoned', 'ignored'],
    ['body_too_large', 'ignored'],
    ['request_timeout', 'ignored'],
    ['draining', 'ignored'],
  ])('%s is taken as %s', (code, verdict) => {
    expect(verdictOfThrown(new Failure(code))).toBe(verdict);
  });

  it('a fault of our own is not held against it', () => {
    expect(verdictOfThrown(new TypeError('ours'))).toBe('ignored');
  });
});
