/** Replies that are lost, doubled, swapped or no replies at all: no connection survives a doubt. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { RedisReply } from '../../src/redis/connection.js';
import { type FaultProxy, startFaultProxy } from '../servers/fault-proxy.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { loseReply, replaceReply, swapReplies } from '../servers/replies.js';
import { until } from '../fakes/waiting.js';
import { closePools, connectionTo, get, outcome, poolAt, set } from './kit.js';
import { untilAnswer, untilWhole, type TestPool } from './kit.js';

let redis: RedisServer;
let proxy: FaultProxy;
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
});

/** Asks for the value of a user, and knows it when it sees it. */
function own(pool: TestPool, user: string): Promise<unknown> {
  const isOurs = (reply: RedisReply): boolean =>
    Buffer.isBuffer(reply) && reply.toString() === `secret of ${user}`;
  return outcome(pool.call('read', 'get', [user], { isOurs }));
}

async function poolOfUsers(): Promise<TestPool> {
  const pool = poolAt(proxy.port, { lanes: 1, readMs: 300, handshakeMs: 2000 });
  await untilWhole(pool);
  for (const user of ['a', 'b', 'c']) await set(pool, user, `secret of ${user}`);
  return pool;
}

describe('replies out of step', () => {
  it.each([
    ['R17, case 12: lost', () => loseReply((reply) => reply.includes('secret of a'))],
    ['R17: swapped', () => swapReplies((reply) => reply.includes('secret of a'))],
    [
      'R17: another’s',
      () => replaceReply((reply) => reply.includes('secret of a'), '$11\r\nsecret of b\r\n'),
    ],
  ])('%s: whoever looks is not fooled, and the connection is replaced', async (_row, rewrite) => {
    const pool = await poolOfUsers();
    const { connections } = proxy.stats();
    proxy.set({ kind: 'rewrite', rewrite: rewrite() });
    const said = await Promise.all(['a', 'b', 'c'].map((user) => own(pool, user)));
    // The first notices; the others shared the connection and get nothing from it.
    expect(said).toEqual(['desync', 'desync', 'desync']);
    proxy.set({ kind: 'pass' });
    await untilAnswer(() => own(pool, 'a'), 'secret of a');
    expect([await own(pool, 'b'), await own(pool, 'c')]).toEqual(['secret of b', 'secret of c']);
    expect(proxy.stats().connections).toBeGreaterThan(connections);
    expect(pool.stats().breakers.read).toBe('closed');
  });

  it('R17: doubled: a reply that nobody asked for ends the connection', async () => {
    const pool = await poolOfUsers();
    proxy.set({ kind: 'dup' });
    await get(pool, 'a');
    await until(() => pool.errors().includes('connect desync'));
    proxy.set({ kind: 'pass' });
    await untilAnswer(() => own(pool, 'b'), 'secret of b');
  });

  it('R17: a stray reply of nothing ends the connection, and not the process', async () => {
    const pool = await poolOfUsers();
    const twice = (chunk: Buffer): Buffer[] => [chunk, Buffer.from('$-1\r\n')];
    proxy.set({ kind: 'rewrite', rewrite: twice });
    await get(pool, 'a');
    await until(() => pool.errors().includes('connect desync'));
    proxy.set({ kind: 'pass' });
    await untilAnswer(() => own(pool, 'b'), 'secret of b');
  });

  it('R17: a lost reply leaves the last caller waiting, and that ends the connection', async () => {
    const pool = await poolOfUsers();
    proxy.set({ kind: 'rewrite', rewrite: loseReply((reply) => reply.includes('secret of c')) });
    expect(await get(pool, 'c')).toBe('timeout');
    await untilAnswer(() => get(pool, 'a'), 'secret of a');
  });

  it('an idle connection that is out of step is found by its ping', async () => {
    const connection = await connectionTo(proxy.port);
    await connection.ping(5000);
    const lie = '$8\r\nleyden 1\r\n';
    proxy.set({ kind: 'rewrite', rewrite: replaceReply((reply) => reply.includes('leyden'), lie) });
    expect(await outcome(connection.ping(5000))).toBe('desync');
    expect(connection.isOpen).toBe(false);
  });
});

describe('what is no reply', () => {
  it.each([
    ['an HTTP greeting', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', 'protocol'],
    ['20,000 lists in each other', '*1\r\n'.repeat(20_000), 'protocol'],
    ['a length beyond all memory', '$999999999999\r\nabc', 'timeout'],
    ['a redirection to nowhere', '-MOVED abc\r\n', 'cluster'],
    ['noise', Buffer.from([0, 1, 2, 3, 13, 10]).toString('latin1'), 'protocol'],
  ])('R18, case 123: %s is survived', async (_what, bytes, kind) => {
    const pool = await poolOfUsers();
    proxy.set({
      kind: 'rewrite',
      rewrite: replaceReply((reply) => reply.includes('secret'), bytes),
    });
    expect(await get(pool, 'a')).toBe(kind);
    proxy.set({ kind: 'pass' });
    await untilAnswer(() => get(pool, 'a'), 'secret of a');
    expect(Object.getOwnPropertyNames(Array.prototype)).not.toContain('abc');
  });

  it.each([
    ['an HTTP server', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['a banner of lists', '*1\r\n'.repeat(500)],
    ['noise', '\u0000\u0001\r\n'],
  ])('R18, case 123: %s where Redis should be is no Redis', async (_what, data) => {
    proxy.set({ kind: 'banner', data });
    const pool = poolAt(proxy.port);
    await pool.tried();
    expect(['protocol', 'desync', 'reset']).toContain(await get(pool, 'x'));
    proxy.set({ kind: 'pass' });
    await untilAnswer(() => set(pool, 'x', 'well'), 'OK');
  });
});
