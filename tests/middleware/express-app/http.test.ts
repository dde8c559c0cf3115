/** Under `http` the handler's own words decide, as RFC 9111 reads them. */
import { describe, expect, it } from '@jest/globals';
import type { RequestHandler } from 'express';
import { createServer, IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { responseCache } from '../../../src/index.js';
import { ask } from '../../fakes/client.js';
import { turnedClock } from '../../fakes/hand-clock.js';
import { kept, listening } from './kit.js';

describe('a handler under rule: http', () => {
  it('says how long its answers hold, and answers 304 when they still do', async () => {
    const clock = turnedClock();
    const statuses: number[] = [];
    const handler: RequestHandler = (_req, res) => {
      res.on('finish', () => statuses.push(res.statusCode));
      res.set('Cache-Control', 'max-age=10').send('the same as ever');
    };
    const port = await listening((app) => {
      app.use(kept(responseCache({ rule: 'http', clock }, handler)));
    });

    expect((await ask(port, '/a')).headers['x-cache']).toBe('MISS');
    const hit = await ask(port, '/a');
    expect(hit.headers).toMatchObject({ 'x-cache': 'HIT', 'cache-control': 'max-age=10' });
    clock.turn(11_000);
    const renewed = await ask(port, '/a');
    expect([renewed.status, renewed.body]).toEqual([200, 'the same as ever']);
    expect(statuses).toEqual([200, 304]);
    expect((await ask(port, '/a')).headers['x-cache']).toBe('HIT');
  });

  it('sees all fields, and has one answer for each value that its Vary names', async () => {
    const handler: RequestHandler = (req, res) => {
      const cookies = req.rawHeaders.filter((name) => name === 'Cookie').length;
      res.vary('X-Tone').set('Cache-Control', 'max-age=60');
      res.send(`${req.get('X-Tone') ?? 'none'} ${req.get('Cookie') ?? ''} in ${cookies} lines`);
    };
    const port = await listening((app) => app.use(kept(responseCache('http', handler))));
    const fields = ['Host', 'here.test', 'X-Tone', 'loud', 'Cookie', 'a=1', 'Cookie', 'b=2'];

    const loud = await ask(port, '/a', { headers: fields });
    expect(loud.body).toBe('loud a=1; b=2 in 2 lines');
    const calm = await ask(port, '/a', { headers: { Host: 'here.test', 'X-Tone': 'calm' } });
    expect([calm.body, calm.headers['x-cache']]).toEqual(['calm  in 0 lines', 'MISS']);
    expect((await ask(port, '/a', { headers: fields })).headers['x-cache']).toBe('HIT');
  });

  it('is asked by HEAD and Range for itself where nothing is stored', async () => {
    const handler: RequestHandler = (req, res) => void res.send(`${req.method} of the handler`);
    const port = await listening((app) => app.use(kept(responseCache('http', handler))));
    const head = await ask(port, '/a', { method: 'HEAD' });
    expect([head.status, head.body, head.headers['content-length']]).toEqual([200, '', '19']);
    const part = await ask(port, '/a', { headers: { Range: 'bytes=0-2' } });
    expect([part.status, part.body]).toEqual([200, 'GET of the handler']);
    expect(part.headers['cache-status']).toBe('leyden; fwd=bypass; detail=range');
  });
});

/** As Express 4 hands messages over: it has parsed the query into a field of the request. */
function inExpress4(req: IncomingMessage): IncomingMessage {
  const parse = (text: string): unknown => ({ parsed: text });
  const app = { value: { get: () => parse } };
  Object.setPrototypeOf(req, Object.create(IncomingMessage.prototype, { app }) as object);
  return Object.assign(req, { query: parse((req.url ?? '').split('?')[1] ?? '') });
}

describe('an app that is not Express 5', () => {
  it.each([
    ['Express 4', inExpress4, '{"parsed":"b=1"}'],
    ['plain node:http', (req: IncomingMessage) => req, 'undefined'],
  ])('can use it as well: %s', async (_name, prepared, query) => {
    const handler = (req: { query?: unknown }, res: { end(text: string): void }): void => {
      res.end(req.query === undefined ? 'undefined' : JSON.stringify(req.query));
    };
    const middleware = kept(responseCache({ ttl: '30s' }, handler as unknown as RequestHandler));
    const plain = middleware as unknown as (req: unknown, res: unknown, next: unknown) => void;
    const server = createServer((req, res) => {
      plain(prepared(req), res, () => res.writeHead(404).end());
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    expect((await ask(port, '/a?b=1')).body).toBe(query);
    const again = await ask(port, '/a?b=1');
    expect([again.body, again.headers['x-cache']]).toEqual([query, 'HIT']);
    await new Promise((resolve) => server.close(resolve));
  });
});
