/** The fault proxy: what a client and a server see of each fault that changes or stops bytes. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type FaultProxy, startFaultProxy } from './fault-proxy.js';
import { type EchoServer, type Talk, startEchoServer, talkTo } from './talk.js';

let echo: EchoServer;
let proxy: FaultProxy;
let talks: Talk[];

function talk(): Talk {
  const one = talkTo(proxy.port);
  talks.push(one);
  return one;
}

beforeEach(async () => {
  echo = await startEchoServer();
  proxy = await startFaultProxy({ serverPort: echo.port, seed: 7 });
  talks = [];
});

afterEach(async () => {
  for (const { socket } of talks) socket.destroy();
  await proxy.close();
  await echo.close();
});

describe('bytes', () => {
  it('pass unchanged while no fault is set, and so does the end', async () => {
    const client = talk();
    client.say('hello');
    expect(await client.hears(5)).toBe('hello');
    client.socket.end();
    expect(await client.ending()).toBe('end');
    expect(await echo.talks[0]!.ending()).toBe('end');
    expect(proxy.stats()).toMatchObject({ connections: 1, faults: 0, upBytes: 5, downBytes: 5 });
  });

  it('come late but in order under latency, and the end does not overtake them', async () => {
    const late = talk();
    proxy.set({ kind: 'latency', delayMs: 60, jitterMs: 30 });
    for (const words of ['one ', 'two ', 'three']) late.say(words);
    await echo.arrivals(1);
    await echo.talks[0]!.hears(13);
    late.socket.end();
    expect(await late.ending()).toBe('end');
    expect(late.text()).toBe('one two three');
  });

  it('of an unhurried connection arrive while those under latency still wait', async () => {
    const late = talk();
    proxy.set({ kind: 'latency', delayMs: 60_000 });
    late.say('late');
    await echo.arrivals(1);
    await echo.talks[0]!.hears(4);
    const prompt = talk();
    prompt.say('warm up');
    await echo.arrivals(2);
    await echo.talks[1]!.hears(7);
    proxy.set({ kind: 'pass' });
    const quick = talk();
    quick.say('prompt');
    await quick.hears(6);
    expect(late.text()).toBe('');
  });

  it('arrive in pieces when they are sliced', async () => {
    proxy.set({ kind: 'slice', sizeBytes: 2, pauseMs: 10 });
    const client = talk();
    client.say('abcdefgh');
    expect(await client.hears(8)).toBe('abcdefgh');
    expect(client.chunks.length).toBeGreaterThan(1);
  });

  it('are cut at the limit, with a reset', async () => {
    proxy.set({ kind: 'limit-rst', bytes: 4 });
    const client = talk();
    client.say('abcdefgh');
    expect(await client.ending()).toBe('ECONNRESET');
    expect(client.text()).toBe('abcd');
    expect(proxy.stats().faults).toBe(1);
  });

  it('are cut at the limit, with an end that looks clean', async () => {
    proxy.set({ kind: 'limit-fin', bytes: 4 });
    const client = talk();
    client.say('abcdefgh');
    expect(await client.ending()).toBe('end');
    expect(client.text()).toBe('abcd');
  });

  it('come with one wrong bit when they are corrupted, the same for the same seed', async () => {
    const corrupt = async (): Promise<Buffer> => {
      const seeded = await startFaultProxy({ serverPort: echo.port, seed: 42 });
      seeded.set({ kind: 'corrupt', probability: 1 });
      const client = talkTo(seeded.port);
      client.say('a sentence of some length');
      await client.hears(25);
      await seeded.close();
      return Buffer.concat(client.chunks);
    };
    const first = await corrupt();
    const original = Buffer.from('a sentence of some length');
    const changed = first.filter((byte, index) => byte !== original[index]);
    expect(changed).toHaveLength(1);
    expect(await corrupt()).toEqual(first);
  });

  it('say what the rewrite says', async () => {
    proxy.set({ kind: 'rewrite', rewrite: () => Buffer.from('-READONLY\r\n') });
    const client = talk();
    client.say('+OK\r\n');
    expect(await client.hears(11)).toBe('-READONLY\r\n');
    expect(proxy.stats().faults).toBe(1);
  });

  it('come twice when they are doubled', async () => {
    proxy.set({ kind: 'dup' });
    const client = talk();
    client.say('again ');
    expect(await client.hears(12)).toBe('again again ');
  });
});

describe('a blackhole', () => {
  it('takes bytes and ends both ways, and they stay lost when it is closed', async () => {
    const client = talk();
    client.say('before ');
    await client.hears(7);
    proxy.set({ kind: 'blackhole' });
    client.say('lost ');
    await swallowed(1);
    proxy.set({ kind: 'pass' });
    client.say('after');
    expect(await client.hears(12)).toBe('before after');
    expect(echo.talks[0]!.text()).toBe('before after');
  });

  it('hides from the server that the client has gone', async () => {
    const client = talk();
    client.say('hello');
    await client.hears(5);
    proxy.set({ kind: 'blackhole' });
    client.socket.end();
    await swallowed(1);
    proxy.set({ kind: 'pass' });
    echo.talks[0]!.say('still there?');
    expect(await client.hears(17)).toBe('hellostill there?');
    expect(echo.talks[0]!.socket.readableEnded).toBe(false);
  });

  it('towards the server alone still lets the server speak', async () => {
    const client = talk();
    client.say('hello');
    await client.hears(5);
    proxy.set({ kind: 'blackhole-up' });
    client.say('lost');
    await swallowed(1);
    echo.talks[0]!.say(' news');
    expect(await client.hears(10)).toBe('hello news');
    expect(echo.talks[0]!.text()).toBe('hello');
  });

  it('towards the client alone lets the server hear but not be heard', async () => {
    const client = talk();
    client.say('hello');
    await client.hears(5);
    proxy.set({ kind: 'blackhole-down' });
    client.say(' heard');
    expect(await echo.talks[0]!.hears(11)).toBe('hello heard');
    await swallowed(1);
    expect(client.text()).toBe('hello');
  });

  /** One exchange after the other through a second connection, until the proxy has counted. */
  async function swallowed(faults: number): Promise<void> {
    for (let rounds = 0; proxy.stats().faults < faults && rounds < 1_000; rounds++) {
      const bystander = talkTo(echo.port);
      bystander.say('.');
      await bystander.hears(1);
      bystander.socket.destroy();
    }
    expect(proxy.stats().faults).toBeGreaterThanOrEqual(faults);
  }
});
