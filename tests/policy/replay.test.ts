/** The fields with which a stored answer goes out. */
import { describe, expect, it } from '@jest/globals';
import { allValues, firstValue } from '../../src/policy/headers.js';
import { replayedFields, validatorOf } from '../../src/policy/replay.js';
import { compileRules, type CacheOptions, type LifetimeRule } from '../../src/policy/rules.js';
import { cached, NO_EDITS } from '../fakes/rooms.js';

function replayed(headers: readonly string[], rule: Partial<CacheOptions> = {}, set = {}) {
  const options = { ...cached('/a', rule), response: { ...NO_EDITS, set } };
  const [route] = compileRules([options]).routes;
  if (route === undefined) throw new Error('no route');
  const answer = { headers, body: Buffer.from('body'), etag: '"e"' };
  return replayedFields(route, route.cache as LifetimeRule, answer);
}

describe('the validator', () => {
  it.each(['"x"', 'W/"x"', '""', '"a,b"'])('is the origin’s own where it is one: %s', (etag) => {
    expect(validatorOf(['ETag', etag], Buffer.from('x'))).toBe(etag);
  });

  it.each(['x', 'w/"x"', '"x', '"x"y', '', '"a"b"'])('%j is none, so the bytes make it', (etag) => {
    expect(validatorOf(['ETag', etag], Buffer.from('x'))).toMatch(/^"[A-Za-z0-9_-]{27}"$/);
  });

  it('two different ones are none', () => {
    const made = validatorOf(['ETag', '"a"', 'etag', '"b"'], Buffer.from('x'));
    expect(made).toBe(validatorOf([], Buffer.from('x')));
    expect(made).not.toBe(validatorOf([], Buffer.from('y')));
  });
});

describe('the fields of a stored answer', () => {
  it('ask clients to come back, unless the rule lets them keep it', () => {
    expect(allValues(replayed(['Cache-Control', 'max-age=60']), 'cache-control')).toEqual([
      'private, no-cache',
    ]);
    const kept = replayed([], { clientTtl: 61_900 });
    expect(allValues(kept, 'cache-control')).toEqual(['private, max-age=61']);
  });

  it('leave out what belongs to one connection, to caches, or to one request', () => {
    const headers = ['Connection', 'X-Hop', 'X-Hop', '1', 'Keep-Alive', 'timeout=5', 'Age', '4'];
    headers.push('Surrogate-Key', 'a', 'Cache-Tag', 'b', 'X-Request-Id', 'r', 'Expires', '0');
    headers.push('Set-Cookie2', 'kept', 'Content-Type', 'a/b', 'Content-Length', '999');
    const names = replayed(headers).filter((_, at) => at % 2 === 0);
    expect(names).toEqual([
      'Set-Cookie2',
      'Content-Type',
      'Cache-Control',
      'ETag',
      'Vary',
      'Content-Length',
    ]);
    expect(firstValue(replayed(headers), 'content-length')).toBe('4');
  });

  it.each([
    [[], 'own', 'Authorization'],
    [['Vary', 'X-Tenant'], 'own', 'X-Tenant, Authorization'],
    [['Vary', 'authorization'], 'own', 'authorization'],
    [['Vary', 'X-Authorization'], 'own', 'X-Authorization, Authorization'],
    [['Vary', 'a', 'vary', 'b'], 'shared', 'a, b'],
    [[], 'bypass', undefined],
  ] as const)('%j under authorization: %s say Vary: %s', (headers, authorization, vary) => {
    expect(firstValue(replayed([...headers], { authorization }), 'vary')).toBe(vary);
  });

  it('are edited by the route', () => {
    const made = replayed(['Server', 'x'], {}, { server: 'y', 'Cache-Control': 'public' });
    expect(allValues(made, 'server')).toEqual(['y']);
    expect(allValues(made, 'cache-control')).toEqual(['public']);
  });
});
