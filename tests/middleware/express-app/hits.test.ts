/** Answers of somebody's own handlers come from the cache, and say so. */
import { describe, expect, it } from '@jest/globals';
import express from 'express';
import { createCache, responseCache } from '../../../src/index.js';
import { ask } from '../../fakes/client.js';
import { turnedClock } from '../../fakes/hand-clock.js';
import { settle, until } from '../../fakes/waiting.js';
import { gate, kept, keptCache, listening } from './kit.js';

describe('a handler behind responseCache', () => {
  it('is asked once, and its answer comes again with the same bytes and fields', async () => {
    let runs = 0;
    const slow = kept(
      responseCache({ ttl: '30s' }, (_req, res) => {
        runs += 1;
        res.status(203).set('X-Made-By', 'hand').json({ runs });
      }),
    );
    const port = await listening((app) => app.use('/slow', slow));

    const first = await ask(port, '/slow/report');
    const second = await ask(port, '/slow/report');

    expect([first.status, first.body]).toEqual([203, '{"runs":1}']);
    expect([second.status, second.body]).toEqual([203, '{"runs":1}']);
    expect([first.headers['x-cache'], second.headers['x-cache']]).toEqual(['MISS', 'HIT']);
    expect(second.headers['x-made-by']).toBe('hand');
    expect(second.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(second.headers['cache-status']).toMatch(/^leyden; hit; ttl=\d+; detail=l1$/);
    expect(second.headers['content-length']).toBe('10');
    expect(runs).toBe(1);
  });

  it('runs once for a hundred callers who ask at the same time', async () => {
    let runs = 0;
    const { opened, open } = gate();
    const slow = kept(
      responseCache({ ttl: '30s' }, async (_req, res) => {
        runs += 1;
        await opened;
        res.send('the answer');
      }),
    );
    const port = await listening((app) => app.use('/slow', slow));

    const callers = Array.from({ length: 100 }, () => ask(port, '/slow'));
    await until(() => slow.cache.stats().held['waiters'] === 100);
    open();
    const answers = await Promise.all(callers);

    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['the answer']));
    expect(runs).toBe(1);
    expect(slow.cache.stats()).toMatchObject({ misses: 100, coalesced: 99, hits: 0, stored: 1 });
  });

  it('is asked again when the answer is old, and tells its age until then', async () => {
    const clock = turnedClock();
    let runs = 0;
    const slow = kept(
      responseCache({ ttl: '30s', clock }, (_req, res) => {
        runs += 1;
        res.send(`run ${runs}`);
      }),
    );
    const port = await listening((app) => app.use(slow));

    await ask(port, '/a');
    clock.turn(12_000);
    const aged = await ask(port, '/a');
    expect([aged.body, aged.headers['age']]).toEqual(['run 1', '12']);

    clock.turn(20_000);
    const renewed = await ask(port, '/a');
    expect([renewed.body, renewed.headers['age']]).toEqual(['run 2', undefined]);
  });

  it('answers 304 to whoever has the answer already, and HEAD without its body', async () => {
    let runs = 0;
    const slow = kept(
      responseCache({ ttl: '30s' }, (_req, res) => {
        runs += 1;
        res.send('the whole answer');
      }),
    );
    const port = await listening((app) => app.use(slow));

    const { headers } = await ask(port, '/a');
    const again = await ask(port, '/a', { headers: { 'If-None-Match': headers['etag'] ?? '' } });
    const head = await ask(port, '/a', { method: 'HEAD' });

    expect(headers['etag']).toMatch(/^(W\/)?".+"$/);
    expect([again.status, again.body]).toEqual([304, '']);
    expect(again.headers['etag']).toBe(headers['etag']);
    expect([head.status, head.body, head.headers['content-length']]).toEqual([200, '', '16']);
    expect(runs).toBe(1);
  });

  it('may be a Router with parameters and errors of its own', async () => {
    const router = express.Router();
    router.get('/user/:id', (req, res) => {
      const { url, baseUrl, originalUrl, params, query, path, hostname } = req;
      res.json({ url, baseUrl, originalUrl, params, query, path, hostname });
    });
    const port = await listening((app) => {
      app.use('/api', kept(responseCache({ ttl: '30s', query: ['a'] }, router)));
      app.use((_req, res) => res.status(404).send('the app says no'));
    });

    const answer = await ask(port, '/api/user/7?b=1&a=2', { headers: { Host: 'example.test' } });
    expect(JSON.parse(answer.body)).toEqual({
      url: '/user/7?a=2',
      baseUrl: '/api',
      originalUrl: '/api/user/7?a=2',
      params: { id: '7' },
      query: { a: '2' },
      path: '/user/7',
      hostname: 'example.test',
    });
    const other = await ask(port, '/api/nobody');
    expect([other.status, other.body]).toEqual([404, 'the app says no']);
    expect(other.headers['x-cache']).toBeUndefined();
  });

  it('sees the parameters of its mount, for they are keyed with it', async () => {
    let runs = 0;
    const handler = kept(
      responseCache({ ttl: '30s' }, (req, res) => {
        runs += 1;
        res.json({ ...req.params, runs });
      }),
    );
    const port = await listening((app) => app.get('/of/:tenant', handler));

    expect((await ask(port, '/of/one')).body).toBe('{"tenant":"one","runs":1}');
    expect((await ask(port, '/of/two')).body).toBe('{"tenant":"two","runs":2}');
    expect((await ask(port, '/of/one')).body).toBe('{"tenant":"one","runs":1}');
  });

  it('has another answer where it stands below another mount', async () => {
    let isInner = true;
    const where = kept(
      responseCache({ ttl: '30s' }, (req, res) => {
        res.send(`${req.url} below ${req.baseUrl}`);
      }),
    );
    const port = await listening((app) => {
      app.use('/a/b', (req, res, next) => {
        if (isInner) void where(req, res, next);
        else next();
      });
      app.use('/a', where);
    });

    expect((await ask(port, '/a/b/c')).body).toBe('/c below /a/b');
    isInner = false;
    expect((await ask(port, '/a/b/c')).body).toBe('/b/c below /a');
  });

  it('does not answer for another handler that shares its memory', async () => {
    const cache = keptCache(createCache({ memory: { maxBytes: '1MiB', maxEntries: 10 } }));
    const one = await listening((app) => {
      app.use(responseCache({ ttl: '30s', cache, name: 'one' }, (_req, res) => res.send('one')));
    });
    const two = await listening((app) => {
      app.use(
        responseCache({ ttl: '30s', cache, name: 'two', keyHost: false }, (_req, res) =>
          res.send('two'),
        ),
      );
    });
    const headers = { Host: 'same.test' };

    expect((await ask(one, '/a', { headers })).body).toBe('one');
    expect((await ask(two, '/a', { headers })).body).toBe('two');
    expect((await ask(one, '/a', { headers })).headers['x-cache']).toBe('HIT');
    expect(Object.keys(cache.stats().by_endpoint)).toEqual(['one', 'two']);
    expect(cache.stats().memory).toMatchObject({ entries: 2, max_entries: 10 });
    await settle();
  });
});
