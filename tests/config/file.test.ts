/** The settings file: the shipped one, what is refused in others and in which line. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseDocument } from 'yaml';
import { defaultConfigPath, loadSettings, packageRoot } from '../../config/settings.js';
import type { RouteOptions } from '../../src/policy/rules.js';
import { load, oneRoute, refusals } from './kit.js';

describe('the shipped file', () => {
  const settings = loadSettings({ environment: {}, packageRoot: packageRoot() });

  it('is found beside the schema, and holds the routes of the energy service', () => {
    expect(defaultConfigPath()).toMatch(/config[/\\]gateway\.yaml$/);
    const routes: readonly RouteOptions[] = settings.routes;
    expect(routes.map(({ path }) => path)).toEqual([
      '/energy/gradient',
      '/energy/monitor',
      '/energy/calibrate',
      '/energy/**',
    ]);
    expect(settings.routes[0]?.cache).toMatchObject({
      ttl: 30_000,
      errorTtl: 10_000,
      staleWhileRevalidate: 30_000,
      staleIfError: 600_000,
      cookies: 'drop',
      authorization: 'own',
      query: ['agents', 'seed', 'limit', 'offset'],
      tags: ['energy'],
    });
    expect(settings.routes[3]).toMatchObject({ methods: 'any', cache: undefined });
  });

  it('has the shipped defaults', () => {
    expect(settings).toMatchObject({
      server: { host: '127.0.0.1', port: 8080, hosts: [], drain: 30_000, headerBytesMax: 16_384 },
      operations: { host: '127.0.0.1', port: 9090 },
      memory: { maxBytes: 104_857_600, maxEntries: 100_000 },
      cache: { waitersMax: 10_000, hitForMiss: 120_000 },
      budget: { concurrent: 64, queued: 1_000 },
      lease: 10_000,
      redis: { port: 6379, db: 0, pool: { max: 100, lanes: 4 } },
      postgres: { pool: { size: 20, maxOverflow: 10 } },
      mysql: { pool: { size: 10, maxOverflow: 5 } },
      energy: { agents: 512 },
    });
    expect(settings.upstreams['energy']).toMatchObject({
      url: 'local',
      timeout: { connect: 1_000, head: 120_000, idle: 30_000 },
    });
    expect(settings.operations.token).toBeUndefined();
    expect(settings.secret).toEqual([]);
  });

  it('is frozen to its leaves', () => {
    const open: string[] = [];
    const look = (value: unknown, name: string): void => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value)) open.push(name);
      for (const [key, inner] of Object.entries(value)) look(inner, `${name}.${key}`);
    };
    look(settings, 'settings');
    expect(open).toEqual([]);
  });
});

describe('a file with a mistake', () => {
  it.each([
    ['cache: { tll: 30s }', '3:42: routes[0].cache.tll is not a setting; did you mean ttl?'],
    ['chache: http', '3:33: routes[0].chache is not a setting; did you mean cache?'],
    [
      'cache: {}',
      '3:40: routes[0].cache.ttl is missing; it must be a duration from 0s to 365d, ' +
        'such as 250ms, 30s or 10m.',
    ],
    ['cache: 7', '3:40: routes[0].cache must be `http`, or a lifetime rule with at least a ttl.'],
  ])('is refused with the place and the name: %s', (words, sentence) => {
    expect(refusals(oneRoute(words))).toEqual([`FILE:${sentence}`]);
  });

  it.each([
    ['servr: {}', '1:1: servr is not a setting; did you mean server?'],
    ['server: { __proto__: { port: 1 } }', '1:11: a name must be a plain word.'],
    ['upstreams: { __proto__: { url: local } }', '1:14: a name must be a plain word.'],
    ['server: 7', '1:9: server must be a group of settings.'],
    ['server: { port: "8080" }', '1:17: server.port must be a whole number from 0 to 65535.'],
    ['server: { port: }', '1:11: server.port must be a whole number from 0 to 65535.'],
    ['server: { host: 127 }', '1:17: server.host must be a host name or an IP address.'],
    ['log: { access: yes }', '1:16: log.access must be true or false.'],
    ['routes: {}', '1:9: routes must be a list of routes.'],
    ['- 1', '1:1: the file must be a group of settings.'],
    ['server:\n  port: 1\n  port: 2', '3:3: this name stands twice in the same group.'],
    ['server: {', '1:10: the line is indented wrongly, or a bracket is not closed.'],
    [
      'server: { host: ${HOST} }',
      '1:18: this is not well-formed YAML; inside { } and [ ] a value with ${ } needs quotes.',
    ],
    ['a: 1\n---\nb: 2', '2:1: a second document begins here; the file must hold one.'],
    ['server: *thing', '1:9: this alias names no anchor.'],
    ['server: !thing {}', '1:9: tags such as !name are not used here.'],
    ['? [a]\n: 1', '1:3: a name must be a plain word.'],
  ])('is refused in one plain sentence: %j', (text, sentence) => {
    expect(refusals(text)).toEqual([`FILE:${sentence}`]);
  });

  it('gets all its sentences at once, from the top down', () => {
    const text = 'memry: {}\nlog:\n  level: loud\nserver:\n  prot: 1\n';
    expect(refusals(text)).toEqual([
      'FILE:1:1: memry is not a setting; did you mean memory?',
      'FILE:3:10: log.level must be one of error, warn, info, debug.',
      'FILE:5:3: server.prot is not a setting; did you mean port?',
    ]);
  });

  it('that expands to billions by its aliases is refused at once', () => {
    const lines = ['a0: &a0 [x]'];
    for (let at = 1; at < 12; at += 1) {
      const inner = Array.from({ length: 9 }, () => `*a${at - 1}`).join(', ');
      lines.push(`a${at}: &a${at} [${inner}]`);
    }
    const found = refusals(lines.join('\n'));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/nested too deep, or its aliases expand to too much\.$/);
    expect(refusals('a: &a [*a]')[0]).toMatch(/aliases expand to too much\.$/);
  });

  it('that is missing is named', () => {
    const options = { file: '/nowhere/gateway.yaml', environment: {}, packageRoot: packageRoot() };
    expect(() => loadSettings(options)).toThrow(
      '/nowhere/gateway.yaml: the settings file cannot be read.',
    );
  });
});

it('an alias may be used again and again, and means the last anchor of its name', () => {
  const first = '  - { path: /, upstream: u, cache: &c { ttl: 1s } }';
  const rest = Array.from({ length: 2_000 }, (_, at) => {
    return `  - { path: /${at}, upstream: u, cache: *c }`;
  });
  const text = ['upstreams: { u: { url: local } }', 'routes:', first, ...rest].join('\n');
  expect(load(text).routes).toHaveLength(2_001);
  expect(load('server: { drain: &a 1s, preStop: &a 2s, linger: *a }').server.linger).toBe(2_000);
});

it('an empty file, an empty group and an alias are good', () => {
  expect(load('').routes).toEqual([]);
  expect(load('server:\n  # port: 1\nlog:\n').server.port).toBe(8080);
  const text = 'upstreams: { a: &a { url: "http://h:1/" }, b: *a }';
  expect(load(text).upstreams['b']?.url).toEqual(['http://h:1']);
});

it('an unknown name is refused with its line, wherever it stands', () => {
  const root = packageRoot();
  const shipped = loadSettings({ environment: {}, packageRoot: root });
  const places: readonly (readonly (string | number)[])[] = [
    ...Object.keys(shipped).filter((name) => {
      return !['secret', 'lease', 'credentials', 'upstreams', 'routes'].includes(name);
    }),
  ].map((name) => [name]);
  const deeper = [
    [],
    ['upstreams', 'u'],
    ['upstreams', 'u', 'timeout'],
    ['routes', 0],
    ['routes', 0, 'cache'],
    ['routes', 0, 'cache', 'body'],
    ['routes', 0, 'request'],
    ['redis', 'pool'],
  ];
  const base = {
    upstreams: { u: { url: 'local', timeout: {} } },
    routes: [{ path: '/a', upstream: 'u', request: {}, cache: { ttl: '1s', body: {} } }],
    redis: { pool: {} },
  };
  const name = fc.stringMatching(/^[a-z][A-Za-z]{2,12}$/).map((word) => `x${word}Q`);
  // What cannot be read at all is said first, and alone: a `${` without its end, odd names.
  const plain = fc.json().map((text) => text.replace(/[$<]|__proto__/g, 'S'));
  fc.assert(
    fc.property(fc.constantFrom(...places, ...deeper), name, plain, (path, word, json) => {
      const document = parseDocument(JSON.stringify(base, undefined, 2));
      document.setIn([...path, word], JSON.parse(json));
      const text = document.toString();
      const line = text.split('\n').findIndex((row) => row.includes(word)) + 1;
      const found = refusals(text);
      expect(found).toContainEqual(expect.stringMatching(`^FILE:${line}:\\d+: .*${word} is not a`));
    }),
    { numRuns: 80 },
  );
});
