/** Draining: who honours `Connection: close` loses nothing, and the limit ends the rest. */
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { rawClient, type RawClient } from '../fakes/raw-client.js';
import { handClock, type HandClock } from '../fakes/hand-clock.js';
import { openRecorder, type Recorder } from './kit.js';

let recorder: Recorder;
let clock: HandClock;
const waiting: ServerResponse[] = [];
const clients: RawClient[] = [];

async function open(): Promise<void> {
  clock = handClock();
  recorder = await openRecorder({
    clock,
    handler: (_request, response, admitted) => {
      if (admitted.path === '/slow') waiting.push(response);
      else response.end('quick');
    },
  });
}
const client = (): RawClient => {
  const one = rawClient(recorder.port);
  clients.push(one);
  return one;
};
const ask = (one: RawClient, target: string): void => {
  one.write(`GET ${target} HTTP/1.1\r\nHost: ${recorder.host}\r\n\r\n`);
};
const answered = (one: RawClient, count: number) =>
  one.until((answers) => answers.length >= count && answers[count - 1]?.complete === true);

afterEach(async () => {
  waiting.length = 0;
  for (const one of clients.splice(0)) one.leave();
  await recorder.close();
});

describe('a drain', () => {
  it('row P1: 40 keep-alive clients, some in flight, lose nothing and learn to close', async () => {
    await open();
    const all = Array.from({ length: 40 }, client);
    for (const [index, one] of all.entries()) ask(one, index % 5 === 0 ? '/slow' : '/quick');
    await recorder.arrived(40);
    await Promise.all(all.filter((_one, index) => index % 5 !== 0).map((one) => answered(one, 1)));

    const drained = recorder.listener.drain({ preStopMs: 1_000, limitMs: 10_000 });
    for (const [index, one] of all.entries()) if (index % 5 !== 0) ask(one, '/quick');
    const late = client();
    ask(late, '/quick');
    await recorder.arrived(73);
    for (const response of waiting) response.end('slow');
    const ends = await Promise.all([...all, late].map((one) => one.closed()));

    for (const [index, answers] of ends.entries()) {
      expect(answers).toHaveLength(index === 40 || index % 5 === 0 ? 1 : 2);
      expect(answers.every((answer) => answer.status === 200 && answer.complete)).toBe(true);
      expect(answers.at(-1)?.headers.get('connection')).toBe('close');
    }
    clock.turn(1_000);
    clock.turn(5_000);
    expect(await drained).toEqual({ forced: 0 });
    expect(recorder.listener.stats()).toMatchObject({ open: 0, inFlight: 0, forced: 0 });
    expect(clock.pending()).toBe(0);
  });

  it('waits for the last request in flight, and takes no new connection meanwhile', async () => {
    await open();
    const slow = client();
    ask(slow, '/slow');
    await recorder.arrived(1);
    let isDone = false;
    const drained = recorder.listener.drain({ preStopMs: 0, limitMs: 60_000 }).then(() => {
      isDone = true;
    });
    clock.turn(30_000);
    const late = client();
    await late.closed();
    expect(late.fault()).toBe('ECONNREFUSED');
    expect(isDone).toBe(false);
    waiting[0]?.end('slow');
    const [answer] = await slow.closed();
    expect(answer?.headers.get('connection')).toBe('close');
    await drained;
  });

  it('closes idle connections, and those that never asked', async () => {
    await open();
    const idle = client();
    ask(idle, '/quick');
    await answered(idle, 1);
    const silent = client();
    const slow = client();
    ask(slow, '/slow');
    await recorder.arrived(2);
    const drained = recorder.listener.drain({ preStopMs: 0, limitMs: 10_000 });
    await idle.closed();
    await silent.closed();
    waiting[0]?.end();
    await slow.closed();
    expect(await drained).toEqual({ forced: 0 });
  });

  it('closes a connection whose answer had promised to keep it', async () => {
    await open();
    const slow = client();
    ask(slow, '/slow');
    await recorder.arrived(1);
    waiting[0]?.write('half');
    await slow.until((answers) => answers[0]?.body === 'half');
    const drained = recorder.listener.drain({ preStopMs: 0, limitMs: 10_000 });
    waiting[0]?.end('!');
    await answered(slow, 1);
    await recorder.until((stats) => stats.inFlight === 0);
    clock.turn(100);
    const [answer] = await slow.closed();
    expect(answer).toMatchObject({ body: 'half!', complete: true });
    expect(await drained).toEqual({ forced: 0 });
  });

  it('answers all of a pipeline, and only the last of it says close', async () => {
    await open();
    const one = client();
    ask(one, '/slow');
    await recorder.arrived(1);
    const drained = recorder.listener.drain({ preStopMs: 1_000, limitMs: 10_000 });
    ask(one, '/quick');
    await recorder.arrived(2);
    waiting[0]?.end('slow');
    const answers = await one.closed();
    expect(answers.map((answer) => answer.body)).toEqual(['slow', 'quick']);
    expect(answers.map((answer) => answer.headers.get('connection'))).toEqual([
      ...['keep-alive', 'close'],
    ]);
    clock.turn(1_000);
    clock.turn(5_000);
    await drained;
  });

  it('cuts off what is left at its limit, and says how many', async () => {
    await open();
    const slow = [client(), client()];
    for (const one of slow) ask(one, '/slow');
    await recorder.arrived(2);
    const drained = recorder.listener.drain({ preStopMs: 1_000, limitMs: 10_000 });
    clock.turn(10_000);
    expect(await drained).toEqual({ forced: 2 });
    for (const one of slow) expect(await one.closed()).toEqual([]);
    expect(recorder.listener.stats()).toMatchObject({ forced: 2, open: 0, inFlight: 0 });
  });

  it('does not wait for half a head', async () => {
    await open();
    const half = client();
    half.write('GET /a HT');
    const slow = client();
    ask(slow, '/slow');
    await recorder.arrived(1);
    const drained = recorder.listener.drain({ preStopMs: 0, limitMs: 60_000 });
    waiting[0]?.end();
    await slow.closed();
    await recorder.until((stats) => stats.inFlight === 0);
    clock.turn(5_000);
    expect(await drained).toEqual({ forced: 0 });
  });
});
