/** The rules: which route answers for a path and a method. */
import { describe, expect, it } from '@jest/globals';
import { compileRules, isReserved } from '../../src/policy/rules.js';
import { cached, routeOf } from '../fakes/rooms.js';

const rules = compileRules([
  routeOf('/a/b'),
  routeOf('/a/*', { methods: ['POST'] }),
  routeOf('/a/*/c', { methods: ['GET', 'DELETE'] }),
  routeOf('/a/**', { methods: ['PUT', 'QUERY'] }),
  routeOf('/any/**', { methods: 'any' }),
  cached('/whoami'),
]);

function patternOf(method: string, path: string): string {
  const match = rules.match(method, path);
  return match.kind === 'route' ? match.route.pattern : match.kind;
}

describe('the rules', () => {
  it.each([
    ['GET', '/a/b', '/a/b'],
    ['HEAD', '/a/b', '/a/b'],
    ['POST', '/a/b', '/a/*'],
    ['PUT', '/a/b', '/a/**'],
    ['GET', '/a/x/c', '/a/*/c'],
    ['HEAD', '/a/x/c', '/a/*/c'],
    ['DELETE', '/a/x/c', '/a/*/c'],
    ['POST', '/a/x', '/a/*'],
    ['PUT', '/a/x/y/z', '/a/**'],
    ['PROPFIND', '/any/thing', '/any/**'],
  ])('%s %s goes to the first route that has path and method: %s', (method, path, pattern) => {
    expect(patternOf(method, path)).toBe(pattern);
  });

  it.each([
    ['case 43: a longer name is another path', '/a/bb'],
    ['case 43: a suffix makes no other kind of path', '/a.css'],
    ['case 44: capitals make another path', '/ANY/thing'],
    ['case 44: a slash at the end makes another path', '/a/b/'],
    ['a star takes no empty segment', '/a/'],
    ['the root has no route', '/'],
    ['nothing in front is left out', '/x/a/b'],
  ])('%s: GET %s has no route', (_why, path) => {
    expect(patternOf('GET', path)).not.toBe('route');
    expect(rules.match('GET', path).kind).not.toBe('route');
  });

  it('a known path with another method tells which methods it has, over all its routes', () => {
    expect(rules.match('PATCH', '/a/b')).toEqual({
      kind: 'method',
      allow: ['GET', 'HEAD', 'POST', 'PUT', 'QUERY'],
    });
    expect(rules.match('GET', '/a/x')).toEqual({ kind: 'method', allow: ['POST', 'PUT', 'QUERY'] });
    expect(rules.match('GET', '/nowhere')).toEqual({ kind: 'none' });
  });

  it.each(['/health', '/health/ready', '/metrics', '/whoami', '/.leyden', '/.leyden/answers/x'])(
    'case 111: %s is ours and never routed, even where a route names it',
    (path) => {
      const greedy = compileRules([routeOf('/**', { methods: 'any' }), cached(path)]);
      expect(isReserved(path)).toBe(true);
      expect(greedy.match('GET', path)).toEqual({ kind: 'none' });
      expect(greedy.match('POST', path)).toEqual({ kind: 'none' });
    },
  );

  it('case 43: what only looks like ours is an ordinary path', () => {
    const greedy = compileRules([routeOf('/**', { methods: 'any' })]);
    for (const path of ['/healthXYZ', '/health/', '/whoami/x.css', '/whoami;x', '/.leydenx']) {
      expect(greedy.match('GET', path).kind).toBe('route');
    }
  });

  it('case 93: a long path is decided at once on every route', () => {
    expect(patternOf('GET', '/a'.repeat(8_000))).toBe('method');
    expect(patternOf('GET', `/${'a/'.repeat(8_000)}`)).toBe('method');
  });

  it('another question to the upstream makes other keys, another lifetime does not', () => {
    const versionOf = (...args: Parameters<typeof cached>): string =>
      compileRules([cached(...args)]).routes[0]?.version ?? '';
    const before = versionOf('/a', { ttl: 1_000 });
    expect(versionOf('/a', { ttl: 2_000 })).toBe(before);
    expect(versionOf('/a', { query: 'sorted' })).not.toBe(before);
    expect(versionOf('/a', { headers: ['x-tenant'] })).not.toBe(before);
    expect(versionOf('/a', { cookies: 'drop' })).not.toBe(before);
    expect(versionOf('/a', { authorization: 'shared' })).not.toBe(before);
  });
});
