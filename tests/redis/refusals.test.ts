/** Redis that answers with a refusal: full, read-only, loading, moved, or not for us. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type FaultProxy, startFaultProxy } from '../servers/fault-proxy.js';
import { startRedis, type RedisOptions, type RedisServer } from '../servers/redis.js';
import { replaceReply } from '../servers/replies.js';
import { until } from '../fakes/waiting.js';
import { closePools, get, outcome, poolAt, set, untilAnswer, untilWhole } from './kit.js';

let redis: RedisServer;
let proxy: FaultProxy;
const others: RedisServer[] = [];
async function other(options: RedisOptions): Promise<RedisServer> {
  const server = await startRedis({ persistence: 'none', ...options });
  others.push(server);
  return server;
}

beforeAll(async () => {
  redis = await startRedis({ persistence: 'none' });
});
afterAll(() => redis.stop());
beforeEach(async () => {
  proxy = await startFaultProxy({ serverPort: redis.port });
});
afterEach(async () => {
  await closePools();
  await proxy.close();
  await Promise.all(others.splice(0).map((server) => server.stop()));
});

describe('Redis that refuses', () => {
  it('R9: full: writes fail and open their own breaker, reads go on', async () => {
    const full = await other({
      configuration: ['maxmemory 1500kb', 'maxmemory-policy noeviction'],
    });
    const pool = poolAt(full.port, { breaker: breakerOf(60_000) });
    await untilWhole(pool);
    expect(await set(pool, 'small', 'kept')).toBe('OK');
    const value = 'v'.repeat(200_000);
    const said: unknown[] = [];
    while (said.at(-1) !== 'breaker_open') said.push(await set(pool, `big ${said.length}`, value));
    expect(said.filter((word) => word === 'oom')).toHaveLength(5);
    expect(await get(pool, 'small')).toBe('kept');
    expect(pool.stats().breakers).toMatchObject({ read: 'closed', write: 'open' });
    expect(pool.stats()).toMatchObject({ status: 'degraded', lanesOpen: 2 });
  });

  it('R10: a master that became a replica: one warning, no more writes, reads go on', async () => {
    const replica = await other({});
    const pool = poolAt(replica.port);
    await untilWhole(pool);
    expect(await set(pool, 'x', 'before')).toBe('OK');
    const admin = poolAt(replica.port);
    await admin.tried();
    await admin.call('bus', 'config', ['set', 'replica-serve-stale-data', 'yes']);
    await admin.call('bus', 'replicaof', ['127.0.0.1', redis.port]);
    expect(await set(pool, 'x', 'after')).toBe('readonly');
    expect(pool.writable()).toBe(false);
    expect(pool.admits('write')).toBe(false);
    expect(pool.stats().status).toBe('readonly');
    const { errors } = pool.stats();
    expect([await set(pool, 'x', '1'), await set(pool, 'x', '2')]).toEqual([
      'readonly',
      'readonly',
    ]);
    // What is not sent is no error.
    expect(pool.stats().errors).toBe(errors);
    expect(pool.said('redis_readonly')).toEqual([
      { level: 'warn', event: 'redis_readonly', reason: 'replica' },
    ]);
    await admin.call('bus', 'replicaof', ['no', 'one']);
    await until(() => pool.writable());
    await untilAnswer(() => set(pool, 'x', 'again'), 'OK');
    expect(pool.said('redis_writable')).toHaveLength(1);
  });

  it('R10: a replica is known before anyone writes, and heals when it leads', async () => {
    const replica = await other({ configuration: [`replicaof 127.0.0.1 ${redis.port}`] });
    const pool = poolAt(replica.port);
    await pool.tried();
    expect(await set(pool, 'x', 'y')).toBe('readonly');
    expect(pool.stats()).toMatchObject({ status: 'readonly', commands: 0, errors: 0 });
    await pool.call('bus', 'replicaof', ['no', 'one']);
    await untilAnswer(() => set(pool, 'x', 'y'), 'OK');
  });

  it('an operator’s word makes it read-only, and no server unmakes it', async () => {
    const pool = poolAt(redis.port, { readonly: true });
    await until(() => pool.stats().lanesOpen === 2);
    expect([await set(pool, 'x', 'y'), pool.stats().status]).toEqual(['readonly', 'readonly']);
    expect(pool.said('redis_readonly')).toHaveLength(1);
  });

  it.each([
    ['R11', 'loading', '-LOADING Redis is loading the dataset in memory\r\n'],
    ['R12', 'cluster', '-MOVED 3999 192.0.2.1:6381\r\n'],
    ['R12', 'cluster', '-ASK 3999 192.0.2.1:6381\r\n'],
    ['R12', 'cluster', '-CLUSTERDOWN The cluster is down\r\n'],
    ['R12', 'cluster', '-TRYAGAIN Multiple keys request during rehashing of slot\r\n'],
    ['R12', 'cluster', '-MOVED abc\r\n'],
    ['R13', 'auth', '-NOAUTH Authentication required.\r\n'],
    ['R13', 'auth', '-NOPERM this user has no permissions\r\n'],
    ['R10', 'misconf', '-MISCONF Redis is configured to save RDB snapshots\r\n'],
  ])('%s: %s is told by its name and followed nowhere: %j', async (_row, kind, line) => {
    const pool = poolAt(proxy.port);
    await untilWhole(pool);
    await set(pool, 'x', 'value');
    proxy.set({ kind: 'rewrite', rewrite: replaceReply((reply) => reply.includes('value'), line) });
    expect(await get(pool, 'x')).toBe(kind);
    expect(pool.stats().status).toBe('healthy');
    expect(pool.errors()).toEqual([`read ${kind}`]);
    expect(await get(pool, 'x')).toBe('value');
  });

  it('R13: a wrong password fails loudly, without the password, until it is right', async () => {
    const locked = await other({ password: 'right horse battery' });
    const password = 'wrong horse battery';
    const pool = poolAt(locked.port, { target: { password } });
    await pool.tried();
    expect(await get(pool, 'x')).toBe('auth');
    expect(pool.said('redis_down')).toEqual([
      { level: 'error', event: 'redis_down', reason: 'auth' },
    ]);
    expect(JSON.stringify([pool.lines, pool.stats()])).not.toContain('horse');
    const none = poolAt(locked.port);
    await none.tried();
    expect(await get(none, 'x')).toBe('auth');
    const right = poolAt(locked.port, { target: { password: 'right horse battery' } });
    await untilWhole(right);
    const acl = ['setuser', 'default', `>${password}`] as const;
    await right.call('bus', 'acl', acl);
    await untilAnswer(() => set(pool, 'x', 'in'), 'OK');
    expect(await outcome(pool.call('read', 'ping', []))).toBe('PONG');
  });

  it('an ACL user with few rights is enough', async () => {
    const rights =
      'user leyden on >s3cret resetkeys ~leyden:* resetchannels &leyden:* -@all ' +
      '+get +set +ping +info +client|setname';
    const locked = await other({ configuration: ['user default off', rights] });
    const pool = poolAt(locked.port, { target: { username: 'leyden', password: 's3cret' } });
    await untilWhole(pool);
    expect(await set(pool, 'leyden:x', 'mine')).toBe('OK');
    expect(await get(pool, 'leyden:x')).toBe('mine');
    expect(await get(pool, 'other:x')).toBe('auth');
    expect(await outcome(pool.withConnection((own) => own.call('ping', [])))).toBe('PONG');
  });

  it('no failure quotes a key, a value or a message of the server', async () => {
    const pool = poolAt(redis.port);
    await untilWhole(pool);
    const thrown: unknown = await pool
      .call('write', 'set', ['secret key', 'secret value', 'nonsense'])
      .catch((failure: unknown) => failure);
    expect(thrown).toMatchObject({ code: 'rejected', message: 'Redis: rejected.' });
    expect(JSON.stringify(thrown)).not.toContain('secret');
    expect(String((thrown as Error).stack)).not.toContain('secret');
    expect((thrown as Error).cause).toBeUndefined();
  });
});

function breakerOf(openMs: number) {
  return { failures: 5, share: 0.5, callsMin: 20, windowMs: 10_000, openMs };
}
