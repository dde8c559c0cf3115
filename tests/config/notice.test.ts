/** What the operator hears: words without effect yet, limits that clash, and what changed. */
import { describe, expect, it } from '@jest/globals';
import { withLive } from '../../config/live.js';
import { loadSettings, notYetSet, packageRoot } from '../../config/settings.js';
import { settingsDiff, settingsWarnings } from '../../config/settings.js';
import { load, LONG_TOKEN, oneRoute, OTHER_TOKEN } from './kit.js';

const shipped = loadSettings({ environment: {}, packageRoot: packageRoot() });

describe('words without effect in this version', () => {
  it('are not in the shipped file', () => {
    expect(notYetSet(shipped)).toEqual([]);
  });

  it('are named where they are set to something else than the default', () => {
    const words =
      'softLimit: 250ms, patience: 5s, early: auto, jitter: 10%, window: 30s, ' +
      'body: { maxBytes: 1KiB, json: canonical }, tags: [x], abandon: true';
    expect(notYetSet(load(oneRoute(`cache: { ttl: 1s, ${words} }`)))).toEqual([]);
    expect(notYetSet(load(oneRoute('setCookie: refuse, cache: http')))).toEqual([]);
    expect(
      notYetSet(load('', { NEO4J_URI: 'bolt://h', PG_DSN: 'postgresql://h', REDIS_HOST: 'h' })),
    ).toEqual(['postgres.url', 'neo4j.url']);
    const defaults = 'early: off, jitter: 0%, window: off, body: { maxBytes: 64KiB }';
    expect(notYetSet(load(oneRoute(`cache: { ttl: 1s, ${defaults} }`)))).toEqual([]);
  });
});

it('routes whose answers may take longer than a shutdown waits are named', () => {
  expect(settingsWarnings(shipped)).toEqual([
    'An answer of /energy/gradient, /energy/monitor, /energy/calibrate, /energy/** may ' +
      'take 2m to ' +
      'begin (upstreams.energy.timeout.head), but a shutdown waits 30s (server.drain).',
  ]);
  expect(settingsWarnings(load('server: { drain: 2m }\n' + oneRoute('methods: any')))).toEqual([]);
});

describe('what changed', () => {
  const before = `
server: { port: 1 }
upstreams: { u: { url: "http://h:1" } }
routes: [{ path: /a, upstream: u, cache: { ttl: 1s } }, { path: /b, upstream: u }]
`;

  it('is said by name, with what needs a restart', () => {
    const after = before.replace('port: 1', 'port: 2').replace('ttl: 1s', 'ttl: 2s, tags: [t]');
    const [a, b] = [load(before, { OPERATIONS_TOKEN: LONG_TOKEN, LOG_LEVEL: 'warn' }), load(after)];
    expect(settingsDiff(a, b)).toEqual([
      { name: 'server.port', from: 1, to: 2, needsRestart: true },
      { name: 'operations.token', from: '***', to: undefined, needsRestart: true },
      { name: 'log.level', from: 'warn', to: 'info', needsRestart: false },
      { name: 'routes[GET /a].cache.ttl', from: 1000, to: 2000, needsRestart: false },
      { name: 'routes[GET /a].cache.tags', from: [], to: ['t'], needsRestart: false },
    ]);
    expect(settingsDiff(a, a)).toEqual([]);
  });

  it('is one thing when two routes change places, and when one secret becomes another', () => {
    const swapped = load(
      before.replace(/\[(\{ path: \/a.*?\}), (\{ path: \/b.*?\})\]/, '[$2, $1]'),
      { OPERATIONS_TOKEN: OTHER_TOKEN },
    );
    expect(swapped.routes[0]?.path).toBe('/b');
    expect(settingsDiff(load(before, { OPERATIONS_TOKEN: LONG_TOKEN }), swapped)).toEqual([
      { name: 'operations.token', from: '***', to: '***', needsRestart: true },
      {
        ...{ name: 'routes (order)', needsRestart: false },
        from: ['routes[GET /a]', 'routes[GET /b]'],
        to: ['routes[GET /b]', 'routes[GET /a]'],
      },
    ]);
  });

  it('takes effect where it can, and the rest stays as it runs', () => {
    const after = before.replace('port: 1', 'port: 2').replace('ttl: 1s', 'ttl: 2s');
    const [a, b] = [load(before), load(after, { LOG_LEVEL: 'error' })];
    const merged = withLive(a, b);
    expect(merged).toEqual({ ...b, server: a.server });
    expect(settingsDiff(merged, b).map(({ name }) => name)).toEqual(['server.port']);
    expect(Object.isFrozen(merged) && Object.isFrozen(merged.log)).toBe(true);
  });
});
