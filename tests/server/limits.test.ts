/** Each limit of the listener ends what it must end, and says so in its own counter. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { rawClient, type RawClient } from '../fakes/raw-client.js';
import { openRecorder, type Recorder, type RecorderOptions } from './kit.js';

let recorder: Recorder;
const clients: RawClient[] = [];
const open = async (options: RecorderOptions): Promise<void> => {
  recorder = await openRecorder(options);
};
const client = (): RawClient => {
  const one = rawClient(recorder.port);
  clients.push(one);
  return one;
};
afterEach(async () => {
  for (const one of clients.splice(0)) one.leave();
  await recorder.close();
});

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: ${recorder.host}\r\n\r\n`;
const soon = { headersTimeoutMs: 150, requestTimeoutMs: 300, checkIntervalMs: 50 };

describe('a client that is slow to send', () => {
  it('case 80: its head gets 408, and its neighbours are served meanwhile', async () => {
    await open({ limits: soon });
    const slow = client();
    slow.write('GET /slow HTTP/1.1\r\nHo');
    const good = client();
    good.write(get('/good'));
    const [served] = await good.until((answers) => answers[0]?.complete === true);
    expect(served?.status).toBe(200);
    const answers = await slow.closed();
    expect(answers.map((answer) => answer.status)).toEqual([408]);
    expect(recorder.listener.stats().refused).toEqual({ request_timeout: 1 });
    expect(recorder.seen).toHaveLength(1);
  });

  it('case 81: its body gets 408, and the handler learns that it is gone', async () => {
    let gone: Promise<unknown> = Promise.resolve();
    await open({
      limits: soon,
      handler: (_request, response) => {
        gone = new Promise((resolve) => response.on('close', resolve));
      },
    });
    const slow = client();
    slow.write(`POST /a HTTP/1.1\r\nHost: ${recorder.host}\r\nContent-Length: 1000\r\n\r\nab`);
    const answers = await slow.closed();
    await gone;
    expect(answers.map((answer) => answer.status)).toEqual([408]);
    expect(recorder.listener.stats()).toMatchObject({
      refused: { request_timeout: 1 },
      inFlight: 0,
    });
  });

  it('case 82: a silent one is closed without a word', async () => {
    await open({ limits: soon });
    const silent = client();
    expect(await silent.closed()).toEqual([]);
    expect(silent.text()).toBe('');
    expect(recorder.listener.stats()).toMatchObject({ silent: 1, refused: {} });
  });

  it('a head that stops behind an answered request gets its own 408', async () => {
    await open({ limits: soon });
    const slow = client();
    slow.write(`${get('/a')}GET /b HT`);
    const answers = await slow.closed();
    expect(answers.map((answer) => answer.status)).toEqual([200, 408]);
  });

  it('an idle one is closed without a word when it asks nothing more', async () => {
    await open({ limits: { keepAliveTimeoutMs: 50 } });
    const idle = client();
    idle.write(get('/a'));
    const answers = await idle.closed();
    expect(answers.map((answer) => answer.status)).toEqual([200]);
    expect(recorder.listener.stats()).toMatchObject({ refused: {}, writeTimeouts: 0 });
  });
});

describe('a client that does not read', () => {
  it('case 83: is closed by the write limit, and what it holds is given back', async () => {
    let gone: Promise<unknown> = Promise.resolve();
    await open({
      limits: { writeTimeoutMs: 200 },
      handler: (_request, response) => {
        gone = new Promise((resolve) => response.on('close', resolve));
        response.end(Buffer.alloc(16 * 1024 * 1024));
      },
    });
    const deaf = client();
    deaf.socket.pause();
    deaf.write(get('/big'));
    await recorder.arrived(1);
    await gone;
    await recorder.until((stats) => stats.open === 0);
    expect(recorder.listener.stats()).toMatchObject({ writeTimeouts: 1, inFlight: 0 });
  });

  it('is not closed while its answer is still being computed', async () => {
    let finish: (() => void) | undefined;
    const passed = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await open({
      limits: { writeTimeoutMs: 30 },
      handler: (_request, response, admitted) => {
        if (admitted.path === '/slow') void passed.then(() => response.end('at last'));
        else response.end(Buffer.alloc(16 * 1024 * 1024));
      },
    });
    const patient = client();
    patient.write(get('/slow'));
    await recorder.arrived(1);
    // A deaf client is closed by the same limit later, so the patient one has met it by then.
    const deaf = client();
    deaf.socket.pause();
    deaf.write(get('/big'));
    await recorder.until((stats) => stats.writeTimeouts === 1);
    finish?.();
    const [answer] = await patient.until((answers) => answers[0]?.complete === true);
    expect(answer?.body).toBe('at last');
  });
});

describe('too many connections', () => {
  it('case 84: are dropped and counted, and the first ones are served', async () => {
    await open({ limits: { connectionsMax: 3 } });
    const first = [client(), client(), client()];
    for (const one of first) {
      one.write(get('/a'));
      await one.until((answers) => answers[0]?.complete === true);
    }
    const late = client();
    late.write(get('/late'));
    expect(await late.closed()).toEqual([]);
    expect(recorder.listener.stats()).toMatchObject({ dropped: 1, open: 3 });
    first[0]?.write(get('/again'));
    await first[0]?.until((answers) => answers[1]?.complete === true);
    expect(recorder.seen.map((seen) => seen.admitted.path)).not.toContain('/late');
  });
});

describe('a request with very many fields', () => {
  it('case 20: loses none of them where so many are allowed', async () => {
    await open({ gate: { fieldsMax: 2_000 } });
    const fillers = Array.from({ length: 1_500 }, (_, index) => `X${index}: 1\r\n`).join('');
    const one = client();
    one.write(get('/a').replace(/\r\n$/, `${fillers}Authorization: Bearer A\r\n\r\n`));
    await one.until((answers) => answers[0]?.complete === true);
    expect(recorder.seen[0]?.admitted.authorization).toBe('Bearer A');
  });
});

describe('a client that breaks off', () => {
  it('is counted and answered by nobody', async () => {
    await open({ handler: () => undefined });
    const one = client();
    one.write(get('/a'));
    await recorder.arrived(1);
    one.socket.resetAndDestroy();
    await recorder.until((stats) => stats.open === 0);
    expect(recorder.listener.stats()).toMatchObject({ resets: 1, inFlight: 0, refused: {} });
  });
});
