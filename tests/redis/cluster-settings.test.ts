/** The settings of Redis Cluster, as an operator writes them, and what the pool is told. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { Settings } from '../../config/settings.js';
import { redisSlice } from '../../src/redis-slice.js';
import { settingsFrom } from '../fakes/gateway.js';

function from(redis: string, environment: Record<string, string> = {}): Settings {
  return settingsFrom(
    `secret: "${randomBytes(32).toString('hex')}"\nredis: ${redis}\n`,
    environment,
  );
}

describe('the settings of a Cluster', () => {
  it('name some nodes, one set of credentials, and where nodes are found', () => {
    const settings = from(
      '{ username: app, password: one, tls: { enabled: true }, cluster: { interval: 5s, ' +
        'nodes: ["10.0.0.1:6379", "[::1]:6380"], reachedAt: ["10.0.0.1:6379=a.example:16379"] } }',
    );
    expect(redisSlice(settings)?.target).toEqual({
      ...{ kind: 'cluster', askEveryMs: 5000, nodesMax: 1000 },
      ...{ username: 'app', password: 'one', tls: { ca: undefined, serverName: undefined } },
      nodes: [
        { host: '10.0.0.1', port: 6379 },
        { host: '::1', port: 6380 },
      ],
      reachedAt: new Map([['10.0.0.1:6379', { host: 'a.example', port: 16_379 }]]),
    });
  });

  it('may come from the environment', () => {
    const settings = from('{}', { REDIS_CLUSTER_NODES: 'a.internal:6379, b.internal:6379' });
    expect(redisSlice(settings)?.target).toMatchObject({
      kind: 'cluster',
      nodes: [
        { host: 'a.internal', port: 6379 },
        { host: 'b.internal', port: 6379 },
      ],
    });
  });

  it.each([
    [
      '{ url: "redis://x", cluster: { nodes: ["y:1"] } }',
      'redis.cluster.nodes stands in place of redis.url, redis.host and redis.sentinel.',
    ],
    [
      '{ sentinel: { addresses: ["x:1"] }, cluster: { nodes: ["y:1"] } }',
      'redis.cluster.nodes stands in place of redis.url, redis.host and redis.sentinel.',
    ],
    ['{ db: 1, cluster: { nodes: ["y:1"] } }', 'redis.db must be 0: a Cluster has no other.'],
    [
      '{ cluster: { reachedAt: ["y:1=z:2"] } }',
      'redis.cluster.reachedAt is of no use without redis.cluster.nodes.',
    ],
    ['{ cluster: { nodes: ["http://y:1"] } }', 'an address such as 10.0.0.7:6379'],
    ['{ cluster: { nodes: ["y:1"], reachedAt: ["y:1"] } }', 'two addresses such as'],
  ])('refuse what cannot hold together: %s', (redis, complaint) => {
    expect(() => from(redis)).toThrow(complaint);
  });

  it('refuse a port that is none', () => {
    expect(() => redisSlice(from('{ cluster: { nodes: ["y:70000"] } }'))).toThrow(
      'redis.cluster.nodes: each address must be a host and a port from 1 to 65535.',
    );
  });
});
