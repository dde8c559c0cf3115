/** The settings of Sentinel, as an operator writes them, and what the pool is told. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { loadSettings, packageRoot, type Settings } from '../../config/settings.js';
import { redisSlice } from '../../src/redis-slice.js';

const folder = mkdtempSync(join(tmpdir(), 'leyden-sentinel-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function settingsFrom(redis: string, environment: Record<string, string> = {}): Settings {
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, `secret: "${randomBytes(32).toString('hex')}"\nredis: ${redis}\n`);
  return loadSettings({ file, environment, packageRoot: packageRoot() });
}

const none = { username: undefined, password: undefined, tls: undefined };

describe('the settings of Sentinel', () => {
  it('name the sentinels, the master, and two sets of credentials', () => {
    const settings = settingsFrom(
      '{ username: app, password: one, db: 3, tls: { enabled: true }, sentinel: { ' +
        'addresses: ["10.0.0.1:26379", "[::1]:26380"], master: main, password: two } }',
    );
    expect(redisSlice(settings)?.target).toEqual({
      ...{ kind: 'sentinel', name: 'main', db: 3, askEveryMs: 500 },
      ...{ username: 'app', password: 'one', tls: { ca: undefined, serverName: undefined } },
      sentinels: [
        { host: '10.0.0.1', port: 26379 },
        { host: '::1', port: 26380 },
      ],
      sentinelCredentials: { ...none, password: 'two' },
    });
  });

  it('may come from the environment', () => {
    const settings = settingsFrom('{}', {
      REDIS_SENTINELS: 'a.internal:26379, b.internal:26379',
      REDIS_SENTINEL_MASTER: 'main',
      REDIS_SENTINEL_PASSWORD: 'two',
    });
    expect(redisSlice(settings)?.target).toMatchObject({
      ...{ kind: 'sentinel', name: 'main', ...none },
      sentinels: [
        { host: 'a.internal', port: 26379 },
        { host: 'b.internal', port: 26379 },
      ],
      sentinelCredentials: { ...none, password: 'two' },
    });
  });

  it('refuse a second place for Redis beside them, and what is no address', () => {
    expect(() => settingsFrom('{ url: "redis://x", sentinel: { addresses: ["y:1"] } }')).toThrow(
      'redis.sentinel.addresses stands in place of redis.url and redis.host.',
    );
    expect(() => settingsFrom('{ sentinel: { addresses: ["http://y:1"] } }')).toThrow(
      'an address such as 10.0.0.7:6379',
    );
    expect(() => redisSlice(settingsFrom('{ sentinel: { addresses: ["y:70000"] } }'))).toThrow(
      'redis.sentinel.addresses: each address must be a host and a port from 1 to 65535.',
    );
  });
});
