/** What callers see when a handler fails, never ends, or is left alone. */
import { describe, expect, it } from '@jest/globals';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { responseCache } from '../../../src/index.js';
import { ask } from '../../fakes/client.js';
import { handClock } from '../../fakes/hand-clock.js';
import { settle, until } from '../../fakes/waiting.js';
import { gate, kept, listening } from './kit.js';

const silent = { onError: () => undefined };

async function failing(handler: RequestHandler) {
  const thrown: unknown[] = [];
  const onError = (one: unknown): void => void thrown.push(one);
  const slow = kept(responseCache({ ttl: '30s', onError }, handler));
  const port = await listening((app) => app.use('/slow', slow));
  return { port, slow, thrown };
}

const secret = new Error('the password is 1234');

describe('a handler that fails', () => {
  it.each<[string, RequestHandler]>([
    [
      'throws',
      () => {
        throw secret;
      },
    ],
    ['rejects', () => Promise.reject(secret)],
    ['calls next with an error', (_req, _res, next) => void next(secret)],
    [
      'throws after it has set fields',
      (_req, res) => {
        res.status(201).set('X-Half', 'done');
        throw secret;
      },
    ],
  ])('and %s is a 500 that says nothing of its cause', async (_name, handler) => {
    const { port, slow, thrown } = await failing(handler);
    const answer = await ask(port, '/slow');
    expect(answer.status).toBe(500);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['x-half']).toBeUndefined();
    expect(JSON.parse(answer.body)).toMatchObject({
      type: 'urn:leyden:problem:internal',
      status: 500,
    });
    expect(answer.body).not.toContain('1234');
    expect(thrown).toEqual([secret]);
    expect(slow.cache.stats()).toMatchObject({ errors: 1, misses: 1, stored: 0 });
    expect(slow.cache.stats().held['handler_errors']).toBe(1);
  });

  it('fails for all who wait at once, and is asked again by the next', async () => {
    let runs = 0;
    const { opened, open } = gate();
    const { port, slow } = await failing(async (_req, res) => {
      runs += 1;
      if (runs > 1) res.send('well again');
      else {
        await opened;
        throw secret;
      }
    });
    const callers = Array.from({ length: 20 }, () => ask(port, '/slow'));
    await until(() => slow.cache.stats().held['waiters'] === 20);
    open();
    const answers = await Promise.all(callers);
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 500));
    expect(runs).toBe(1);
    expect((await ask(port, '/slow')).body).toBe('well again');
  });

  it('keeps the status of an error that says one', async () => {
    const teapot = Object.assign(new Error('no such thing'), { status: 404 });
    const { port, thrown } = await failing((_req, _res, next) => void next(teapot));
    const answer = await ask(port, '/slow');
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      404,
      { type: 'about:blank', title: 'Not Found', status: 404 },
    ]);
    expect(thrown).toEqual([]);
  });

  it('breaks the answer off where its head was out already: nothing of it is kept', async () => {
    let runs = 0;
    const { port, slow } = await failing((_req, res, next) => {
      runs += 1;
      res.write('half of it');
      if (runs === 1) next(secret);
      else res.end(' and the rest');
    });
    const first = await ask(port, '/slow');
    expect([first.status, first.headers['content-type']]).toEqual([
      500,
      'application/problem+json',
    ]);
    expect((await ask(port, '/slow')).body).toBe('half of it and the rest');
    expect(slow.cache.stats().stored).toBe(1);
  });

  it.each([
    ['fewer', '20'],
    ['more', '3'],
  ])('with %s bytes than its Content-Length says is a 502', async (_name, length) => {
    const { port } = await failing((_req, res) => {
      res.set('Content-Length', length);
      res.end('ten bytes.');
    });
    const answer = await ask(port, '/slow');
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([502, { status: 502 }]);
  });

  it('hears no more of its own mistakes after the end than any other handler', async () => {
    const late = gate();
    const { port } = await failing((_req, res) => {
      res.send('all there is');
      res.on('close', () => {
        res.write('too late');
        res.end('far too late');
        late.open();
      });
    });
    expect((await ask(port, '/slow')).body).toBe('all there is');
    await late.opened;
    await settle();
    expect((await ask(port, '/slow')).headers['x-cache']).toBe('HIT');
  });

  it('destroys its response: 502, and the old answer where the rule allows it', async () => {
    const { port } = await failing((_req, res) => void res.destroy());
    expect((await ask(port, '/slow')).status).toBe(502);
  });

  it('leaves requests that go past the cache to the error handlers of the app', async () => {
    const slow = kept(responseCache({ ttl: '30s', ...silent }, () => Promise.reject(secret)));
    const caught: ErrorRequestHandler = (thrown, _req, res, _next) => {
      res.status(418).send(thrown === secret ? 'caught by the app' : 'another');
    };
    const port = await listening((app) => app.use(slow).use(caught));
    const answer = await ask(port, '/slow', { method: 'POST', body: 'x' });
    expect([answer.status, answer.body]).toEqual([418, 'caught by the app']);
  });
});

describe('a handler that never ends', () => {
  it('is given up after its deadline, and its later words are dropped', async () => {
    const clock = handClock();
    let finishLate: () => void = () => undefined;
    const stuck = kept(
      responseCache({ ttl: '30s', deadline: '5s', clock, ...silent }, (_req, res) => {
        finishLate = () => void res.send('too late');
      }),
    );
    const port = await listening((app) => app.use(stuck));
    const callers = [ask(port, '/a'), ask(port, '/a')];
    await until(() => stuck.cache.stats().held['waiters'] === 2);
    clock.turn(4_999);
    await settle();
    expect(stuck.cache.stats().held['waiters']).toBe(2);
    clock.turn(1);
    for (const answer of await Promise.all(callers)) {
      expect([answer.status, JSON.parse(answer.body)]).toMatchObject([
        504,
        { type: 'urn:leyden:problem:head_timeout' },
      ]);
    }
    finishLate();
    await settle();
    expect(stuck.cache.stats().memory.entries).toBe(0);
    expect(stuck.cache.stats().held).toMatchObject({ flights: 0, budget_running: 0 });
  });

  it('is given up as well when it only began, and goes on drop by drop', async () => {
    const clock = handClock();
    let drip: () => boolean = () => false;
    const stuck = kept(
      responseCache({ ttl: '30s', deadline: '5s', clock, ...silent }, (_req, res) => {
        drip = () => res.write('drop');
        drip();
      }),
    );
    const port = await listening((app) => app.use(stuck));
    const caller = ask(port, '/a');
    await until(() => stuck.cache.stats().held['waiters'] === 1);
    clock.turn(3_000);
    drip();
    await settle();
    clock.turn(2_000);
    expect((await caller).status).toBe(504);
  });
});

describe('a caller who leaves', () => {
  it('does not take the handler along, nor the others who wait', async () => {
    let closed = false;
    const { opened, open } = gate();
    const slow = kept(
      responseCache({ ttl: '30s' }, async (_req, res) => {
        res.on('close', () => {
          closed = !res.writableFinished;
        });
        await opened;
        res.send('worth the wait');
      }),
    );
    const port = await listening((app) => app.use(slow));
    const leaver = new AbortController();
    const left = ask(port, '/a', { signal: leaver.signal }).catch(() => 'left');
    await until(() => slow.cache.stats().held['waiters'] === 1);
    const stays = ask(port, '/a');
    await until(() => slow.cache.stats().held['waiters'] === 2);
    leaver.abort();
    expect(await left).toBe('left');
    await until(() => slow.cache.stats().held['waiters'] === 1);
    open();
    expect((await stays).body).toBe('worth the wait');
    expect(closed).toBe(false);
    expect((await ask(port, '/a')).headers['x-cache']).toBe('HIT');
  });

  it('ends the handler when he was the last and the rule says abandon', async () => {
    const closed = gate();
    const slow = kept(
      responseCache({ ttl: '30s', abandon: true }, (_req, res) => {
        res.on('close', closed.open);
      }),
    );
    const port = await listening((app) => app.use(slow));
    const leaver = new AbortController();
    const left = ask(port, '/a', { signal: leaver.signal }).catch(() => 'left');
    await until(() => slow.cache.stats().held['waiters'] === 1);
    leaver.abort();
    await closed.opened;
    expect(await left).toBe('left');
  });
});
