/** The fault proxy before a real Redis: the faults that a Redis client has to live with. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { type FaultProxy, startFaultProxy } from './fault-proxy.js';
import { type RedisServer, startRedis } from './redis.js';
import { loseReply, replaceReply, splitReplies, swapReplies } from './replies.js';
import { talkTo } from './talk.js';

let redis: RedisServer;
let proxy: FaultProxy;
let client: Redis;

beforeAll(async () => {
  redis = await startRedis({ persistence: 'none' });
});

afterAll(async () => {
  await redis.stop();
});

beforeEach(async () => {
  proxy = await startFaultProxy({ serverPort: redis.port });
  client = new Redis(proxy.port, '127.0.0.1', {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => 10,
    commandTimeout: 10_000,
  });
  client.on('error', () => undefined);
  await client.mset('first', 'one', 'second', 'two');
});

afterEach(async () => {
  client.disconnect();
  await proxy.close();
});

it('a client that is reset finds its way back through the same port', async () => {
  const ready = new Promise<void>((resolve) => {
    client.once('ready', resolve);
  });
  proxy.kill();
  await ready;
  expect(await client.get('first')).toBe('one');
  expect(proxy.stats().connections).toBe(2);
});

it('a client hears the reply that was put in the place of the true one', async () => {
  const readonly = "-READONLY You can't write against a read only replica.\r\n";
  proxy.set({ kind: 'rewrite', rewrite: replaceReply((reply) => reply === '+OK\r\n', readonly) });
  await expect(client.set('first', 'changed')).rejects.toThrow('READONLY');
  expect(await client.set('first', 'one')).toBe('OK');
});

it('two commands sent at once get each other’s reply when the replies are swapped', async () => {
  proxy.set({ kind: 'rewrite', rewrite: swapReplies((reply) => reply.includes('one')) });
  const answers = await Promise.all([client.get('first'), client.get('second')]);
  expect(answers).toEqual(['two', 'one']);
});

it('after a lost reply each command gets the reply of the next', async () => {
  proxy.set({ kind: 'rewrite', rewrite: loseReply((reply) => reply.includes('one')) });
  const first = client.get('first');
  const second = client.get('second').catch(() => 'never answered');
  expect(await first).toBe('two');
  client.disconnect();
  expect(await second).toBe('never answered');
});

it('half a reply and a reset reach the client as half a reply and a reset', async () => {
  proxy.set({ kind: 'limit-rst', bytes: 5 });
  const raw = talkTo(proxy.port);
  raw.say('GET first\r\n');
  expect(await raw.ending()).toBe('ECONNRESET');
  expect(raw.text()).toBe('$3\r\no');
});

it('replies of every kind are told apart', () => {
  const replies = [
    '+OK\r\n',
    '-ERR no\r\n',
    ':12\r\n',
    '$-1\r\n',
    '$7\r\na\r\n$1\r\n\r\n',
    '*2\r\n$1\r\na\r\n*1\r\n:1\r\n',
    '%1\r\n+key\r\n~1\r\n_\r\n',
    '>2\r\n+message\r\n$0\r\n\r\n',
    '*-1\r\n',
    '$9\r\ncut',
  ];
  const split = splitReplies(Buffer.from(replies.join(''))).map(String);
  expect(split).toEqual(replies);
});
