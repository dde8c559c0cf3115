/** The fault proxy: what happens to whole connections, and the ceilings it keeps. */
import { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type FaultProxy, startFaultProxy } from './fault-proxy.js';
import { seededRandom } from './faults.js';
import { oneWay } from './one-way.js';
import { type EchoServer, startEchoServer, talkTo } from './talk.js';

let echo: EchoServer;
let proxy: FaultProxy;

beforeEach(async () => {
  echo = await startEchoServer();
  proxy = await startFaultProxy({ serverPort: echo.port, connectionsMax: 2 });
});

afterEach(async () => {
  await proxy.close();
  await echo.close();
});

describe('a client that connects', () => {
  it('is reset at once, and the server never hears of it', async () => {
    proxy.set({ kind: 'rst-on-accept' });
    expect(await talkTo(proxy.port).ending()).toBe('ECONNRESET');
    expect(echo.talks).toHaveLength(0);
  });

  it('meets a clean end at once', async () => {
    proxy.set({ kind: 'close-on-accept' });
    const client = talkTo(proxy.port);
    client.say('hello?');
    expect(await client.ending()).toBe('end');
    expect(client.text()).toBe('');
    for (let turns = 0; proxy.stats().openConnections > 0 && turns < 1_000; turns++) {
      await setImmediate();
    }
    expect(proxy.stats().openConnections).toBe(0);
  });

  it('gets a banner and then the end', async () => {
    proxy.set({ kind: 'banner', data: '-ERR max number of clients reached\r\n' });
    const client = talkTo(proxy.port);
    client.say('PING\r\n');
    expect(await client.ending()).toBe('end');
    expect(client.text()).toBe('-ERR max number of clients reached\r\n');
    expect(proxy.stats()).toMatchObject({ connections: 1, faults: 1, upBytes: 0 });
  });

  it('is reset when the server behind the proxy is not there', async () => {
    const { port } = echo;
    await echo.close();
    const alone = await startFaultProxy({ serverPort: port });
    expect(await talkTo(alone.port).ending()).toBe('ECONNRESET');
    await alone.close();
  });

  it('is reset and counted when it is one too many', async () => {
    const clients = [talkTo(proxy.port), talkTo(proxy.port)];
    await echo.arrivals(2);
    expect(await talkTo(proxy.port).ending()).toBe('ECONNRESET');
    expect(proxy.stats()).toMatchObject({ openConnections: 2, refusedConnections: 1 });
    for (const { socket } of clients) socket.destroy();
  });
});

describe('open connections', () => {
  it('are reset on both sides by kill, and the next one works', async () => {
    const client = talkTo(proxy.port);
    client.say('hello');
    await client.hears(5);
    proxy.kill();
    expect(await client.ending()).toBe('ECONNRESET');
    expect(await echo.talks[0]!.ending()).toBe('ECONNRESET');
    const next = talkTo(proxy.port);
    next.say('again');
    expect(await next.hears(5)).toBe('again');
  });

  it('pass on a reset by the server as a reset', async () => {
    const client = talkTo(proxy.port);
    client.say('hello');
    await client.hears(5);
    echo.talks[0]!.socket.resetAndDestroy();
    expect(await client.ending()).toBe('ECONNRESET');
  });

  it('pass on a reset by the client as a reset', async () => {
    const client = talkTo(proxy.port);
    client.say('hello');
    await client.hears(5);
    client.socket.resetAndDestroy();
    expect(await echo.talks[0]!.ending()).toBe('ECONNRESET');
  });

  it('close when the proxy goes down, it refuses until it is up on the same port', async () => {
    const client = talkTo(proxy.port);
    client.say('hello');
    await client.hears(5);
    await proxy.down();
    expect(await client.ending()).not.toBe('');
    expect(await talkTo(proxy.port).ending()).toBe('ECONNREFUSED');
    await proxy.up();
    const next = talkTo(proxy.port);
    next.say('back');
    expect(await next.hears(4)).toBe('back');
  });
});

describe('the ceilings', () => {
  it('a large answer through a narrow ceiling arrives whole', async () => {
    const narrow = await startFaultProxy({ serverPort: echo.port, waitingBytesMax: 1_024 });
    const client = talkTo(narrow.port);
    const sentence = 'a long answer '.repeat(50_000);
    client.say(sentence);
    expect(await client.hears(sentence.length)).toBe(sentence);
    await narrow.close();
  });

  it('the server is not read while more than the ceiling waits for the client', async () => {
    const [source, sink] = [new Socket(), new Socket()];
    const way = oneWay(source, sink, { waitingBytesMax: 10, count: () => undefined });
    let finish = (): void => undefined;
    const work = new Promise<void>((resolve) => (finish = resolve));
    way.queue(8, () => work);
    expect(source.isPaused()).toBe(false);
    way.queue(8, () => undefined);
    expect(source.isPaused()).toBe(true);
    const last = new Promise<void>((resolve) => {
      way.queue(0, () => {
        resolve();
      });
    });
    finish();
    await last;
    expect(source.isPaused()).toBe(false);
    source.destroy();
    sink.destroy();
  });
});

it('the dice fall the same way for the same seed, and evenly', () => {
  const draw = (seed: number): readonly number[] => {
    const random = seededRandom(seed);
    return Array.from({ length: 1_000 }, random);
  };
  expect(draw(5)).toEqual(draw(5));
  expect(draw(5)).not.toEqual(draw(6));
  const mean = draw(5).reduce((sum, value) => sum + value, 0) / 1_000;
  expect(mean).toBeCloseTo(0.5, 1);
});
