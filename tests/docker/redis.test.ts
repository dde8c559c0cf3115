/** The two files of Redis, read by a real Redis: what it keeps, what it forgets, who gets in. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, it } from '@jest/globals';
import { startRedis } from '../servers/redis.js';
import { makePrivateDirectory } from '../servers/lifetimes.js';
import { removeDirectory } from '../servers/server-process.js';
import { textOf } from './stack.js';

const PASSWORD = 'only-for-tests';
const BYTES = 256 * 2 ** 20;

async function settingsOf(file: string): Promise<Record<string, string>> {
  const secrets = makePrivateDirectory();
  const auth = join(secrets, 'redis_auth.conf');
  writeFileSync(auth, `requirepass ${PASSWORD}\n`);
  const lines = textOf('docker', 'redis', file)
    .replace('/run/secrets/redis_auth.conf', auth)
    .replace(/^dir .*$/m, '')
    .split('\n');
  const server = await startRedis({ configuration: lines });
  const client = new Redis({ port: server.port, password: PASSWORD, lazyConnect: true });
  const stranger = new Redis({ port: server.port, lazyConnect: true, retryStrategy: () => null });
  stranger.on('error', () => undefined);
  try {
    await client.connect();
    await expect(stranger.get('anything')).rejects.toThrow(/NOAUTH/);
    const names = ['maxmemory', 'maxmemory-policy', 'appendonly', 'appendfsync', 'save'];
    const pairs = await Promise.all(names.map((name) => client.config('GET', name)));
    return Object.fromEntries(pairs.map((pair) => pair as [string, string]));
  } finally {
    client.disconnect();
    stranger.disconnect();
    await server.stop();
    await removeDirectory(secrets);
  }
}

const kept = { appendonly: 'yes', appendfsync: 'everysec', save: '', maxmemory: String(BYTES) };

describe('Redis', () => {
  it('for the cache forgets what nobody asked for, and asks for a password', async () => {
    const settings = await settingsOf('cache.conf');
    expect(settings).toEqual({ ...kept, 'maxmemory-policy': 'allkeys-lru' });
  });

  it('for queues forgets nothing, and asks for a password', async () => {
    const settings = await settingsOf('queue.conf');
    expect(settings).toEqual({ ...kept, 'maxmemory-policy': 'noeviction' });
  });
});
