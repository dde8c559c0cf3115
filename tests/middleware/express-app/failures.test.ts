/** What callers see when a handler fails. */
import { describe, expect, it } from '@jest/globals';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { responseCache } from '../../../src/index.js';
import { ask } from '../../fakes/client.js';
import { turnedClock } from '../../fakes/hand-clock.js';
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
    [
      'calls next with an error',
      (_req, _res, next) => {
        next(secret);
      },
    ],
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
    const { port, thrown } = await failing((_req, _res, next) => {
      next(teapot);
    });
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

  it('and writes behind its end is told so, and the answer stands', async () => {
    const { port, thrown } = await failing((_req, res) => {
      res.send('all there is');
      res.write('too late');
      res.on('close', () => res.write('far too late'));
    });
    expect((await ask(port, '/slow')).body).toBe('all there is');
    await settle();
    expect(thrown).toMatchObject([{ code: 'ERR_STREAM_WRITE_AFTER_END' }]);
    expect((await ask(port, '/slow')).headers['x-cache']).toBe('HIT');
  });

  it('and destroys its response is a 502', async () => {
    const { port } = await failing((_req, res) => void res.destroy());
    expect((await ask(port, '/slow')).status).toBe(502);
  });

  it('is covered up by its old answer where the rule says so', async () => {
    const clock = turnedClock();
    let runs = 0;
    const rule = { ttl: '10s', staleIfError: '1m', clock, ...silent };
    const slow = kept(
      responseCache(rule, (_req, res, next) => {
        runs += 1;
        if (runs === 1) res.send('when all was well');
        else next(secret);
      }),
    );
    const port = await listening((app) => app.use(slow));
    await ask(port, '/a');
    clock.turn(11_000);
    const answer = await ask(port, '/a');
    expect([answer.status, answer.body]).toEqual([200, 'when all was well']);
    expect(answer.headers).toMatchObject({ 'x-cache': 'STALE', age: '11' });
    expect(slow.cache.stats()).toMatchObject({ stale_served: 1, errors: 0 });
  });

  it('leaves requests that go past the cache to the error handlers of the app', async () => {
    const slow = kept(responseCache({ ttl: '30s', ...silent }, () => Promise.reject(secret)));
    const caught: ErrorRequestHandler = (thrown, _req, res, next) => {
      if (thrown === secret) res.status(418).send('caught by the app');
      else next(thrown);
    };
    const port = await listening((app) => app.use(slow).use(caught));
    const answer = await ask(port, '/slow', { method: 'POST', body: 'x' });
    expect([answer.status, answer.body]).toEqual([418, 'caught by the app']);
  });
});
