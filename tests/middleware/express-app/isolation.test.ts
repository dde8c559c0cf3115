/** Nobody is given what belongs to somebody else, and nothing ambiguous is kept. */
import { describe, expect, it } from '@jest/globals';
import type { RequestHandler } from 'express';
import { AsyncLocalStorage } from 'node:async_hooks';
import { responseCache, type ResponseCacheOptions } from '../../../src/index.js';
import { ask } from '../../fakes/client.js';
import { exchange } from '../../fakes/raw-client.js';
import { kept, listening } from './kit.js';

/** Says what it saw, and counts. */
function mirror() {
  const seen: string[] = [];
  const handler: RequestHandler = (req, res) => {
    seen.push(`${req.method} ${req.originalUrl}`);
    const { authorization = 'nobody', cookie = 'none' } = req.headers;
    res.send(`${authorization}, ${cookie}, run ${seen.length}`);
  };
  return { seen, handler };
}

async function mirrored(options: Partial<ResponseCacheOptions> = {}) {
  const { seen, handler } = mirror();
  const middleware = kept(responseCache({ ttl: '30s', ...options }, handler));
  const port = await listening((app) => app.use(middleware));
  return { port, seen, middleware };
}

describe('two users', () => {
  it('have a slot each, by the exact bytes of Authorization', async () => {
    const { port } = await mirrored();
    const as = (authorization: string) => ask(port, '/me', { headers: { authorization } });
    expect((await as('Bearer ann')).body).toBe('Bearer ann, none, run 1');
    expect((await as('Bearer bob')).body).toBe('Bearer bob, none, run 2');
    expect((await ask(port, '/me')).body).toBe('nobody, none, run 3');
    const again = await as('Bearer ann');
    expect([again.body, again.headers['x-cache']]).toEqual(['Bearer ann, none, run 1', 'HIT']);
    expect(again.headers['vary']).toBe('Authorization');
    expect(again.headers['cache-control']).toBe('private, no-cache');
  });

  it('do not meet through a context that one of them brought along', async () => {
    const who = new AsyncLocalStorage<string>();
    const port = await listening((app) => {
      app.use((req, _res, next) => {
        who.run(req.get('X-User') ?? '', next);
      });
      const handler: RequestHandler = async (_req, res) => {
        await Promise.resolve();
        res.send(`context: ${who.getStore() ?? 'none'}`);
      };
      app.use(kept(responseCache({ ttl: '30s' }, handler)));
    });
    const answer = await ask(port, '/', { headers: { 'X-User': 'ann' } });
    expect(answer.body).toBe('context: none');
  });

  it('do not meet through what the app has put on a request or its response', async () => {
    const port = await listening((app) => {
      app.use((req, res, next) => {
        Object.assign(req, { user: 'ann' });
        res.locals['user'] = 'ann';
        next();
      });
      const handler: RequestHandler = (req, res) => {
        const fields = Object.keys(req.headers).sort();
        res.json({ user: 'user' in req, locals: { ...res.locals }, fields, ip: req.ip ?? null });
      };
      app.use(kept(responseCache({ ttl: '30s', headers: ['accept-language'] }, handler)));
    });
    const headers = { 'Accept-Language': 'de', 'User-Agent': 'ann’s'.slice(0, 3), Cookie2: 'x' };
    expect(JSON.parse((await ask(port, '/', { headers })).body)).toEqual({
      user: false,
      locals: {},
      fields: ['accept-encoding', 'accept-language', 'host', 'x-request-id'],
      ip: null,
    });
  });
});

describe('what is not kept', () => {
  it.each<[string, RequestHandler]>([
    ['private', (_req, res) => void res.set('Cache-Control', 'private').send('mine')],
    ['no-store', (_req, res) => void res.set('Cache-Control', 'no-store').send('mine')],
    ['Set-Cookie', (_req, res) => void res.cookie('id', '1').send('mine')],
    ['Vary on what is not keyed', (_req, res) => void res.vary('User-Agent').send('mine')],
    ['an error', (_req, res) => void res.status(403).send('mine')],
  ])('%s is an answer for the one who asked', async (_name, handler) => {
    let runs = 0;
    const counting: RequestHandler = (req, res, next) => {
      runs += 1;
      return handler(req, res, next);
    };
    const port = await listening((app) => {
      app.use(kept(responseCache({ ttl: '30s' }, counting)));
    });
    expect((await ask(port, '/')).body).toBe('mine');
    expect((await ask(port, '/')).headers['x-cache']).toBe('MISS');
    expect(runs).toBe(2);
  });

  it('a request with a Cookie, a foreign credential or a body goes past the cache', async () => {
    const { port, middleware } = await mirrored();
    await ask(port, '/a');
    const withCookie = await ask(port, '/a', { headers: { Cookie: 'id=1' } });
    expect(withCookie.body).toBe('nobody, id=1, run 2');
    expect(withCookie.headers).toMatchObject({
      'x-cache': 'BYPASS',
      'cache-status': 'leyden; fwd=bypass; detail=cookies',
    });
    const withKey = await ask(port, '/a', { headers: { 'X-Api-Key': 'k' } });
    expect(withKey.headers['cache-status']).toBe('leyden; fwd=bypass; detail=credentials');
    const withBody = await ask(port, '/a', { method: 'GET', body: 'fat' });
    expect(withBody.headers['cache-status']).toBe('leyden; fwd=bypass; detail=body');
    const posted = await ask(port, '/a', { method: 'POST', body: 'x' });
    expect(posted.headers['cache-status']).toBe('leyden; fwd=method; detail=method');
    expect(middleware.cache.stats()).toMatchObject({ bypassed: 4, misses: 1, stored: 1 });
  });

  it('a change at the same address makes the next caller ask again', async () => {
    const { port, seen } = await mirrored();
    await ask(port, '/a');
    await ask(port, '/a', { method: 'DELETE' });
    expect((await ask(port, '/a')).headers['x-cache']).toBe('MISS');
    expect(seen).toEqual(['GET /a', 'DELETE /a', 'GET /a']);
  });

  it.each([
    ['two Authorization lines', 'GET /a', 'Host: here\r\nAuthorization: a\r\nAuthorization: b\r\n'],
    ['an empty Authorization', 'GET /a', 'Host: here\r\nAuthorization: \r\n'],
    ['Authorization named by Connection', 'GET /a', 'Host: here\r\nConnection: Authorization\r\n'],
    ['two Host lines', 'GET /a', 'Host: here\r\nHost: there\r\n'],
    ['a Host that is no name', 'GET /a', 'Host: user@here\r\n'],
    ['a dot segment', 'GET /b/../a', 'Host: here\r\n'],
    ['an encoded slash', 'GET /b%2Fa', 'Host: here\r\n'],
    ['a second authority', 'GET //b/a', 'Host: here\r\n'],
    ['an absolute target', 'GET http://there/a', 'Host: here\r\n'],
    ['a broken escape', 'GET /a?b=%zz', 'Host: here\r\n'],
  ])('a request with %s reaches the handler, and never a key', async (_name, start, fields) => {
    const { port, seen, middleware } = await mirrored();
    for (let time = 1; time <= 2; time += 1) {
      const bytes = `${start} HTTP/1.1\r\n${fields}Connection: close\r\n\r\n`;
      const [answer] = await exchange(port, bytes);
      // Two Host lines end in Node already, where it is as strict as the standard.
      if (answer?.status === 400) return;
      expect([answer?.status, answer?.headers.get('x-cache')]).toEqual([200, undefined]);
      expect(seen).toHaveLength(time);
    }
    expect(middleware.cache.stats().held['ambiguous_requests']).toBe(2);
    expect(middleware.cache.stats()).toMatchObject({ stored: 0, misses: 0, hits: 0 });
  });

  it('two hosts have two answers, unless the handler is not to see them', async () => {
    const at = async (port: number, host: string): Promise<string | undefined> =>
      (await ask(port, '/a', { headers: { Host: host } })).headers['x-cache'];
    const keyed = await mirrored();
    expect([await at(keyed.port, 'one.test'), await at(keyed.port, 'two.test')]).toEqual([
      'MISS',
      'MISS',
    ]);
    const unkeyed = await mirrored({ keyHost: false });
    expect([await at(unkeyed.port, 'one.test'), await at(unkeyed.port, 'two.test')]).toEqual([
      'MISS',
      'HIT',
    ]);
  });
});
