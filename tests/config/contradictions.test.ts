/** Contradictions: settings that cannot hold together, and routes that cannot be. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { covers, patternFault } from '../../config/patterns.js';
import { pathMatcher } from '../../src/policy/rules.js';
import { besideIt, load, LONG_TOKEN, oneRoute, refusals } from './kit.js';

const UP = 'upstreams: { a: { url: local } }\n';

describe('what cannot hold together is refused', () => {
  it.each([
    [
      'routes: [{ path: /a, upstream: b }]',
      'FILE:1:32: routes[0].upstream names no upstream; there are none.',
    ],
    [
      `${UP}routes: [{ path: /a, upstream: b }]`,
      'FILE:2:32: routes[0].upstream names no upstream; there are a.',
    ],
    [
      'redis: { pool: { min: 0, max: 4, lanes: 4 } }',
      'FILE:1:31: redis.pool.max must be 5 or more: one above redis.pool.lanes.',
    ],
    ['redis: { pool: { min: 9, max: 8 } }', 'FILE:1:23: redis.pool.min is above redis.pool.max.'],
    [
      'redis: { url: "redis://a:1", host: b }',
      'FILE:1:36: redis.host and redis.port name another server than redis.url.',
    ],
    [
      'server: { port: 9090 }\noperations: { port: 9090 }',
      'FILE:2:21: operations.port is the port of the public listener too.',
    ],
    [
      'server: { headersTimeout: 61s }',
      'FILE:1:27: server.headersTimeout is longer than server.requestTimeout, which ' +
        'holds for the whole request.',
    ],
    [
      'upstreams: { a: { url: ["http://x", "http://x:80/"] } }',
      'FILE:1:24: upstreams.a.url names one origin twice.',
    ],
    [
      'upstreams: { a: { url: "http://x", ca: f.pem } }',
      'FILE:1:40: upstreams.a.ca is of no use without an https:// origin.',
    ],
    [
      'upstreams: { a: { url: "https://x", ca: f.pem } }',
      'FILE:1:41: upstreams.a.ca names a file that is not there.',
    ],
    [
      `${UP}routes: [{ path: /a/b, upstream: a, strip: /c }]`,
      'FILE:2:44: routes[0].strip is not the beginning of the path.',
    ],
    [
      oneRoute('cache: { ttl: 1s, maxBytes: 13MiB }'),
      'FILE:3:61: routes[0].cache.maxBytes must be 12800KiB or less: an eighth of memory.maxBytes.',
    ],
    [
      oneRoute('setCookie: refuse'),
      'FILE:3:44: routes[0].setCookie stands beside `cache: http` only.',
    ],
    [
      oneRoute('cookies: bypass, cache: { ttl: 1s }'),
      'FILE:3:42: routes[0].cookies stands beside `cache: http` only.',
    ],
  ])('%s', (text, sentence) => {
    expect(refusals(text)).toEqual([sentence]);
  });

  it('but not what only looks alike', () => {
    expect(refusals('server: { port: 0 }\noperations: { port: 0 }')).toEqual([]);
    expect(refusals('redis: { url: "redis://a:6379", host: a }')).toEqual([]);
    besideIt('ca.pem', '-----BEGIN CERTIFICATE-----');
    const { upstreams } = load('upstreams: { a: { url: "https://x", ca: ca.pem } }');
    expect(upstreams['a']?.ca).toMatch(/^\/.*ca\.pem$/);
    expect(load('memory: { maxBytes: 8MiB }\n' + oneRoute('cache: { ttl: 1s }'))).toMatchObject({
      routes: [{ cache: { maxBytes: 1_048_576 } }],
    });
    expect(refusals(oneRoute('cache: http, setCookie: refuse, cookies: bypass'))).toEqual([]);
  });
});

describe('a listener off loopback', () => {
  it.each(['0.0.0.0', '::', '10.0.0.7', 'gateway.internal', '127.0.0.1.example.org'])(
    'on %s does not start without an operator token',
    (host) => {
      const sentence =
        'host is not a loopback address, so operations.token must be set (OPERATIONS_TOKEN).';
      expect(refusals('', { HOST: host })).toEqual([
        `LEYDEN_SERVER_HOST: server.${sentence}`.replace('LEYDEN_SERVER_HOST', 'HOST'),
      ]);
      expect(refusals(`operations: { host: "${host}" }`)).toEqual([
        `FILE:1:21: operations.${sentence}`,
      ]);
      expect(refusals('', { HOST: host, OPERATIONS_TOKEN: LONG_TOKEN })).toEqual([]);
    },
  );

  it.each(['127.0.0.1', '127.8.8.8', '::1', 'localhost', 'LOCALHOST'])('%s is loopback', (host) => {
    expect(refusals('', { HOST: host })).toEqual([]);
  });
});

describe('path patterns', () => {
  it.each([
    ['/a/**/b', 'may hold ** as its last segment only'],
    ['/a*', 'may hold * as a whole segment only'],
    ['/a***', 'may hold * as a whole segment only'],
    ['a', 'must begin with /'],
    ['/a//b', 'must not hold an empty segment'],
    ['/a/../b', 'must not hold . or .. as a segment'],
    ['/./b', 'must not hold . or .. as a segment'],
    ['/a?b', 'holds a character that a path cannot hold unencoded'],
    ['/a b', 'holds a character that a path cannot hold unencoded'],
    ['/ä', 'holds a character that a path cannot hold unencoded'],
    ['/%zz', 'holds a character that a path cannot hold unencoded'],
    ['/a\\b', 'holds a character that a path cannot hold unencoded'],
    ['/health', 'is reserved and never routed'],
    ['/health/ready', 'is reserved and never routed'],
    ['/metrics', 'is reserved and never routed'],
    ['/whoami', 'is reserved and never routed'],
    ['/.leyden', 'is reserved and never routed'],
    ['/.leyden/answers/**', 'is reserved and never routed'],
  ])('%s is refused: it %s', (path, fault) => {
    expect(
      refusals(`${UP}routes:\n  - path: "${path.replaceAll('\\', '\\\\')}"\n    upstream: a\n`),
    ).toEqual([`FILE:3:11: routes[0].path ${fault}.`]);
  });

  it.each(['/', '/**', '/a', '/a/', '/*/b', '/a/*/**', '/healthz', '/metrics/x', '/%C3%A4;v=1'])(
    '%s is good',
    (path) => {
      expect(patternFault(path)).toBeUndefined();
    },
  );

  it('a route that another one hides is refused', () => {
    const routes = (...lines: string[]) => {
      const rows = lines.map((line) => `  - { ${line}, upstream: a }`).join('\n');
      return refusals(`${UP}routes:\n${rows}\n`);
    };
    const sentence = 'routes[1] can never match: routes[0] takes all its requests first.';
    expect(routes('path: /e/**, methods: any', 'path: /e/x')).toEqual([`FILE:4:13: ${sentence}`]);
    expect(routes('path: /e', 'path: /e')).toEqual([`FILE:4:13: ${sentence}`]);
    expect(routes('path: /e', 'path: /e, methods: [HEAD]')).toEqual([`FILE:4:13: ${sentence}`]);
    expect(routes('path: /e/*', 'path: /e/**')).toEqual([]);
    expect(routes('path: /e/**', 'path: /e')).toEqual([]);
    expect(routes('path: /e', 'path: /e, methods: [GET, POST]')).toEqual([]);
    expect(routes('path: /e, methods: [POST]', 'path: /e, methods: any')).toEqual([]);
  });

  it('one pattern hides another exactly when it matches every path of it', () => {
    const segment = fc.constantFrom('a', 'b', '*');
    const pattern = fc
      .tuple(fc.array(segment, { maxLength: 3 }), fc.constantFrom('', '/', '/**'))
      .map(([parts, end]) => parts.map((part) => `/${part}`).join('') + end || '/');
    const part = fc.constantFrom('a', 'b', 'c', '');
    const paths = fc
      .array(part, { minLength: 1, maxLength: 5 })
      .map((parts) => `/${parts.join('/')}`);
    fc.assert(
      fc.property(pattern, pattern, fc.array(paths, { minLength: 20 }), (first, second, many) => {
        const [one, two] = [pathMatcher(first), pathMatcher(second)];
        if (!covers(first, second)) return;
        expect(many.filter((path) => two(path) && !one(path))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('fields that no route may touch', () => {
  const edited = 'must be the name of a field that may be edited.';

  it.each(['Connection', 'content-length', 'HOST', 'te', 'transfer-encoding', 'upgrade'])(
    '%s frames a message, and can be neither edited nor keyed',
    (name) => {
      expect(refusals(oneRoute(`request: { set: { ${name}: x } }`))[0]).toMatch(
        `routes[0].request.set holds a name that ${edited}`,
      );
      expect(refusals(oneRoute(`response: { remove: [${name}] }`))[0]).toMatch(
        `routes[0].response.remove[0] ${edited}`,
      );
      expect(refusals(oneRoute(`cache: { ttl: 1s, headers: [${name}] }`))[0]).toMatch(
        'routes[0].cache.headers[0] must be the name of a field that may be keyed.',
      );
    },
  );

  it.each(['authorization', 'Cookie', 'range', 'if-none-match', 'prefer'])(
    '%s has a word of its own, and cannot be keyed as any other',
    (name) => {
      expect(refusals(oneRoute(`cache: { ttl: 1s, headers: [${name}] }`))).toHaveLength(1);
      expect(refusals(oneRoute(`request: { remove: [${name}] }`))).toEqual([]);
    },
  );

  it('other fields can be, in any case, with values that hold no line break', () => {
    const words = 'request: { set: { X-A: "b c" } }, cache: { ttl: 1s, headers: [Accept, X-B] }';
    expect(load(oneRoute(words)).routes[0]).toMatchObject({
      request: { set: { 'x-a': 'b c' } },
      cache: { headers: ['accept', 'x-b'] },
    });
    expect(refusals(oneRoute('request: { set: { x-a: "b\\r\\nc: d" } }'))).toEqual([
      'FILE:3:56: routes[0].request.set.x-a must be a field value without line breaks.',
    ]);
  });
});
