/** The built-in service behind the directory: the same limits as an upstream over the network. */
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { systemClock, type Clock } from '../../src/clock.js';
import { Failure } from '../../src/errors.js';
import { openDirectory, type Directory } from '../../src/upstream/directory.js';
import type { LocalAsk, LocalReply } from '../../src/upstream/local.js';
import { OPTIONS, codeOf, handBody, openHandClock, quietLog, request, settle } from './kit.js';

const OK: LocalReply = { status: 200, headers: ['X', '1'], body: Buffer.from('ok') };

function open(answer: (ask: LocalAsk) => Promise<LocalReply>, clock: Clock = systemClock) {
  const test = { ...OPTIONS, connections: 1, queued: 1 };
  const deps = { clock, log: quietLog(), random: () => 0.5, local: { answer } };
  return openDirectory({ test }, deps);
}

describe('the built-in service', () => {
  it('is asked with path, query, fields and the whole body', async () => {
    const asked: LocalAsk[] = [];
    const one = open((ask) => {
      asked.push(ask);
      return Promise.resolve(OK);
    });
    const body = Readable.from([Buffer.from('a'), Buffer.from('b')]);
    const target = '/p/q?a=1?b';
    const reply = await one.fetch(request({ method: 'POST', target, headers: ['Y', '2'], body }));
    expect(reply).toEqual({ ...OK, framed: true });
    expect(asked).toMatchObject([
      { method: 'POST', path: '/p/q', query: 'a=1?b', headers: ['Y', '2'] },
    ]);
    expect(asked[0]?.body?.toString()).toBe('ab');
  });

  it('gives no body to a HEAD', async () => {
    const one = open(() => Promise.resolve(OK));
    expect((await one.fetch(request({ method: 'HEAD' }))).body).toBeUndefined();
  });

  it('a body above the limit is a 413, and the stream of the caller stays whole', async () => {
    const one = open(() => Promise.resolve(OK));
    const body = handBody();
    body.push(Buffer.alloc(OPTIONS.localBodyBytesMax + 1));
    expect(await codeOf(one.fetch(request({ method: 'POST', body })))).toBe('body_too_large');
    expect(body.destroyed).toBe(false);
    const buffer = Buffer.alloc(OPTIONS.localBodyBytesMax + 1);
    expect(await codeOf(one.fetch(request({ method: 'POST', body: buffer })))).toBe(
      'body_too_large',
    );
  });

  it('U3: one that does not answer in time is a 504, and it is told to stop', async () => {
    const clock = openHandClock();
    let told = false;
    const one = open((ask) => {
      ask.signal.addEventListener('abort', () => {
        told = true;
      });
      return new Promise(() => undefined);
    }, clock);
    const failed = codeOf(one.fetch(request()));
    await settle();
    clock.turn(OPTIONS.headMs);
    expect(await failed).toBe('head_timeout');
    expect(told).toBe(true);
    expect(one.stats()['test']).toMatchObject({ inUse: 0, errors: { head_timeout: 1 } });
  });

  it('a caller who leaves tells it to stop', async () => {
    let told = false;
    const one = open((ask) => {
      ask.signal.addEventListener('abort', () => {
        told = true;
      });
      return new Promise(() => undefined);
    });
    const gone = new AbortController();
    const failed = codeOf(one.fetch(request({ signal: gone.signal })));
    await settle();
    gone.abort();
    expect(await failed).toBe('abandoned');
    expect(told).toBe(true);
    expect(one.stats()['test']).toMatchObject({ inUse: 0, abandoned: 1 });
  });

  it('its failures are told as they are, and its queue has an end', async () => {
    const waiting: (() => void)[] = [];
    const one: Directory = open(
      () =>
        new Promise((_resolve, reject) => {
          waiting.push(() => {
            reject(new Failure('busy', { retryAfterS: 7 }));
          });
        }),
    );
    const first = codeOf(one.fetch(request()));
    const second = codeOf(one.fetch(request()));
    expect(await codeOf(one.fetch(request()))).toBe('busy');
    await settle();
    waiting[0]!();
    expect(await first).toBe('busy');
    await settle();
    waiting[1]!();
    expect(await second).toBe('busy');
    expect(one.stats()['test']).toMatchObject({ inUse: 0, waiting: 0, errors: { busy: 3 } });
  });

  it('an end at the limit stops what it is still doing', async () => {
    const one = open(() => new Promise(() => undefined));
    const stuck = codeOf(one.fetch(request()));
    await settle();
    await one.close(0);
    expect(await stuck).toBe('abandoned');
  });

  it('`url: local` without a service is refused at the start', () => {
    const deps = { clock: systemClock, log: quietLog(), random: () => 0.5 };
    expect(() => openDirectory({ test: OPTIONS }, deps)).toThrow('no built-in service');
  });
});
