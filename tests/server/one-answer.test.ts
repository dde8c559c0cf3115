/** Each request gets one answer, in order, and a client that is still sending can read it. */
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { rawClient } from '../fakes/raw-client.js';
import { handClock } from '../fakes/hand-clock.js';
import { openRecorder, type Recorder, type RecorderOptions } from './kit.js';

let recorder: Recorder;
const open = async (options: RecorderOptions = {}): Promise<void> => {
  recorder = await openRecorder(options);
};
afterEach(async () => {
  await recorder.close();
});

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: ${recorder.host}\r\n\r\n`;
const post = (body: string): string =>
  `POST /post HTTP/1.1\r\nHost: ${recorder.host}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const chunkedHead = (): string =>
  `POST /chunked HTTP/1.1\r\nHost: ${recorder.host}\r\nTransfer-Encoding: chunked\r\n\r\n`;

/** A handler that holds each answer until the test lets it go. */
function held(): { options: RecorderOptions; waiting: ServerResponse[] } {
  const waiting: ServerResponse[] = [];
  return { waiting, options: { handler: (_request, response) => void waiting.push(response) } };
}

const statuses = (answers: readonly { status: number }[]): number[] =>
  answers.map((answer) => answer.status);

describe('pipelined requests', () => {
  it('case 59: are answered in their order, whichever is ready first', async () => {
    const { options, waiting } = held();
    await open(options);
    const client = rawClient(recorder.port);
    client.write(get('/0') + get('/1') + get('/2') + post('abc') + get('/4'));
    await recorder.arrived(5);
    expect(recorder.seen.map((seen) => seen.admitted.path)).toEqual([
      ...['/0', '/1', '/2', '/post', '/4'],
    ]);
    for (const index of [4, 3, 2, 0, 1]) waiting[index]?.end(`answer ${index}`);
    const answers = await client.until((all) => all.length === 5 && all[4]?.complete === true);
    client.leave();
    expect(answers.map((answer) => answer.body)).toEqual([0, 1, 2, 3, 4].map((n) => `answer ${n}`));
  });

  it.each([
    ['the gate', 'GET //evil HTTP/1.1\r\nHost: {host}\r\n\r\n', 400],
    ['the parser', 'GET /a HTTP/9.9\r\n\r\n', 400],
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n', 405],
    ['an unknown method', 'BREW /a HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ])('get their answer before a later one is refused by %s', async (who, bad, status) => {
    const { options, waiting } = held();
    await open(options);
    const client = rawClient(recorder.port);
    client.write(get('/good') + bad.replace('{host}', recorder.host) + get('/victim'));
    await recorder.arrived(1);
    waiting[0]?.end('good');
    const answers = await client.closed();
    expect(statuses(answers)).toEqual([200, status]);
    expect(answers[0]?.body).toBe('good');
    expect(recorder.seen).toHaveLength(1);
    expect(recorder.listener.stats()).toMatchObject({
      inFlight: 0,
      requests: who === 'the gate' ? 2 : 1,
    });
  });

  it('are read no faster than the limit of one connection allows', async () => {
    const { options, waiting } = held();
    await open({ ...options, limits: { pipelinedMax: 2 } });
    const client = rawClient(recorder.port);
    client.write(get('/0') + get('/1'));
    await recorder.arrived(2);
    client.write(get('/2'));
    const other = rawClient(recorder.port);
    other.write(get('/other'));
    await recorder.arrived(3);
    expect(recorder.seen[2]?.admitted.path).toBe('/other');
    for (const response of waiting) response.end();
    await recorder.arrived(4);
    expect(recorder.seen[3]?.admitted.path).toBe('/2');
    client.leave();
    other.leave();
  });

  it('that wait behind a lost connection do not count as in flight any more', async () => {
    const { options, waiting } = held();
    await open(options);
    const client = rawClient(recorder.port);
    client.write(get('/0') + get('/1'));
    await recorder.arrived(2);
    expect(recorder.listener.stats()).toMatchObject({ inFlight: 2, open: 1 });
    const gone = new Promise((resolve) => waiting[0]?.on('close', resolve));
    client.leave();
    await gone;
    expect(recorder.listener.stats()).toMatchObject({ inFlight: 0, open: 0 });
  });
});

describe('a body that breaks off', () => {
  it('in a later packet ends its request with 400, if that has no answer yet', async () => {
    const { options, waiting } = held();
    await open(options);
    const client = rawClient(recorder.port);
    client.write(`${chunkedHead()}3\r\nabc\r\n`);
    await recorder.arrived(1);
    const gone = new Promise((resolve) => waiting[0]?.on('close', resolve));
    client.write(`zz\r\n${get('/victim')}`);
    expect(statuses(await client.closed())).toEqual([400]);
    await gone;
    expect(recorder.seen).toHaveLength(1);
  });

  it('gets no second answer when the handler has already given one', async () => {
    const { options, waiting } = held();
    await open(options);
    const client = rawClient(recorder.port);
    client.write(`${chunkedHead()}3\r\nabc\r\n`);
    await recorder.arrived(1);
    waiting[0]?.end('early');
    await client.until((answers) => answers[0]?.complete === true);
    client.write(`zz\r\n${get('/victim')}`);
    expect(statuses(await client.closed())).toEqual([200]);
    expect(recorder.seen).toHaveLength(1);
  });

  it('breaks an answer that has begun, so that the client sees no clean end', async () => {
    const { options, waiting } = held();
    await open(options);
    const client = rawClient(recorder.port);
    client.write(`${chunkedHead()}3\r\nabc\r\n`);
    await recorder.arrived(1);
    waiting[0]?.write('half');
    await client.until((answers) => answers[0]?.body === 'half');
    client.write('zz\r\n');
    const [answer] = await client.closed();
    expect(answer).toMatchObject({ body: 'half', complete: false });
    expect(client.text().split('HTTP/1.1')).toHaveLength(2);
  });
});

describe('a client that is still sending when it is refused', () => {
  it('can send on and read its answer', async () => {
    await open();
    const client = rawClient(recorder.port, { halfOpen: true });
    client.write(
      `POST //evil HTTP/1.1\r\nHost: ${recorder.host}\r\nContent-Length: 900000\r\n\r\n`,
    );
    await client.closed();
    const sent = new Promise((resolve) =>
      client.socket.end('x'.repeat(900_000), () => {
        resolve(undefined);
      }),
    );
    await sent;
    await new Promise((resolve) => client.socket.once('close', resolve));
    expect(client.fault()).toBeUndefined();
    expect(statuses(client.answers())).toEqual([400]);
    expect(recorder.seen).toEqual([]);
  });

  it('is cut off when it sends more than we are willing to read', async () => {
    // The clock stands still, so that only the bytes can end it.
    await open({ limits: { lingerBytesMax: 100_000 }, clock: handClock() });
    const client = rawClient(recorder.port, { halfOpen: true });
    client.write(
      `POST //evil HTTP/1.1\r\nHost: ${recorder.host}\r\nContent-Length: 900000000\r\n\r\n`,
    );
    await client.closed();
    const gone = new Promise((resolve) => client.socket.once('close', resolve));
    const sendOn = (): void => {
      client.socket.write('x'.repeat(10_000), (thrown) => {
        if (thrown === null || thrown === undefined) sendOn();
      });
    };
    sendOn();
    await gone;
    expect(client.fault()).toMatch(/ECONNRESET|EPIPE/);
    expect(recorder.listener.stats().open).toBe(0);
  });

  it('is cut off when it never hangs up', async () => {
    const clock = handClock();
    await open({ clock });
    const client = rawClient(recorder.port, { halfOpen: true });
    client.write(`GET //evil HTTP/1.1\r\nHost: ${recorder.host}\r\n\r\n`);
    await client.closed();
    expect(recorder.listener.stats().open).toBe(1);
    expect(clock.pending()).toBe(1);
    const gone = new Promise((resolve) => client.socket.once('close', resolve));
    clock.turn(2_000);
    client.socket.end();
    await gone;
    expect(clock.pending()).toBe(0);
  });
});

describe('a handler that throws', () => {
  it('costs its caller a 500 and nobody else anything', async () => {
    await open({
      handler: (_request, response, admitted) => {
        if (admitted.path === '/bad') throw new Error('planted');
        response.end('fine');
      },
    });
    const client = rawClient(recorder.port);
    client.write(get('/bad'));
    const [answer] = await client.closed();
    expect(answer?.status).toBe(500);
    expect(answer?.body).not.toContain('planted');
    expect(recorder.logged).toEqual(['request.fault']);
  });
});
