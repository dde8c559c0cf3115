/** The Redis that tests start: a real server, private, and gone afterwards. */
import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { type RedisOptions, type RedisServer, startRedis } from './redis.js';
import { talkTo } from './talk.js';

const started: RedisServer[] = [];
const clients: Redis[] = [];

// An option, so that a server of our own is started even where one is lent.
async function start(options: RedisOptions = { persistence: 'none' }): Promise<RedisServer> {
  const server = await startRedis(options);
  started.push(server);
  return server;
}

function connect(url: string): Redis {
  const client = new Redis(url, { lazyConnect: true, commandTimeout: 10_000 });
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  for (const server of started.splice(0)) await server.stop();
});

describe('a started Redis', () => {
  it('answers as Redis 7 or newer, on a port of its own', async () => {
    const server = await start();
    expect(server.port).not.toBe(6379);
    const information = await connect(server.url).info('server');
    expect(Number(/redis_version:(\d+)/.exec(information)?.[1])).toBeGreaterThanOrEqual(7);
  });

  it('keeps what it is told, with a lifetime', async () => {
    const client = connect((await start()).url);
    await client.set('key', 'value', 'PX', 60_000);
    expect(await client.get('key')).toBe('value');
    expect(await client.pttl('key')).toBeGreaterThan(0);
  });

  it('takes lines of configuration and a password', async () => {
    const server = await start({ configuration: ['maxmemory 1mb'], password: 'a pass:word' });
    expect(await connect(server.url).config('GET', 'maxmemory')).toContain('1048576');
    const stranger = connect(`redis://127.0.0.1:${server.port}`);
    await expect(stranger.get('key')).rejects.toThrow('NOAUTH');
  });

  it('listens on loopback alone', async () => {
    const client = connect((await start()).url);
    expect(await client.config('GET', 'bind')).toContain('127.0.0.1');
  });

  it('is gone with its directory once it is stopped', async () => {
    const server = await start();
    expect(existsSync(server.directory!)).toBe(true);
    await server.stop();
    expect(existsSync(server.directory!)).toBe(false);
    expect(await talkTo(server.port).ending()).toBe('ECONNREFUSED');
  });

  it('refuses after a kill, and comes back on the same port without its data', async () => {
    const server = await start();
    await connect(server.url).set('key', 'value');
    await server.kill();
    expect(await talkTo(server.port).ending()).toBe('ECONNREFUSED');
    await server.restart();
    expect(await connect(server.url).get('key')).toBeNull();
  });

  it('comes back with its data when it was asked to keep it', async () => {
    const server = await start({ persistence: 'append-only' });
    await connect(server.url).set('key', 'value');
    await server.kill();
    await server.restart();
    expect(await connect(server.url).get('key')).toBe('value');
  });

  it('hangs with its connections open, and answers late once it is woken', async () => {
    const server = await start();
    const client = connect(server.url);
    await client.set('key', 'value');
    server.signal('SIGSTOP');
    const late = client.get('key');
    server.signal('SIGCONT');
    expect(await late).toBe('value');
  });

  it('does not pass off another server on its port as itself', async () => {
    const { port } = await start();
    await expect(start({ port })).rejects.toThrow('address already in use');
  });

  it('says in its own words why it did not start', async () => {
    await expect(start({ configuration: ['no-such-word yes'] })).rejects.toThrow('no-such-word');
  });
});

describe('a lent Redis', () => {
  let lender: RedisServer;
  const before = process.env['LEYDEN_TEST_REDIS_URL'];

  beforeEach(async () => {
    lender = await start();
    process.env['LEYDEN_TEST_REDIS_URL'] = lender.url;
  });

  afterEach(() => {
    if (before === undefined) delete process.env['LEYDEN_TEST_REDIS_URL'];
    else process.env['LEYDEN_TEST_REDIS_URL'] = before;
  });

  it('is used, is not stopped, and cannot be killed', async () => {
    const lent = await startRedis();
    expect(lent.url).toBe(lender.url);
    await lent.stop();
    await expect(lent.kill()).rejects.toThrow('not ours');
    expect(await connect(lender.url).ping()).toBe('PONG');
  });

  it('is left alone by a test that needs a server of its own kind', async () => {
    const own = await start({ configuration: ['maxmemory 1mb'] });
    expect(own.port).not.toBe(lender.port);
  });
});
