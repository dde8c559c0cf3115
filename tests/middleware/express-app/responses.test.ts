/** Everything that a handler can do with a response works on the one that the cache gives it. */
import { describe, expect, it } from '@jest/globals';
import express, { type RequestHandler } from 'express';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import request from 'supertest';
import { responseCache } from '../../../src/index.js';
import { ask, head } from '../../fakes/client.js';
import { bytesOf } from '../../fakes/waiting.js';
import { kept, listening } from './kit.js';

async function twice(handler: RequestHandler, more: { maxBytes?: string } = {}) {
  const middleware = kept(responseCache({ ttl: '30s', ...more }, handler));
  const port = await listening((app) => app.use('/slow', middleware));
  return { first: await ask(port, '/slow/a'), second: await ask(port, '/slow/a'), middleware };
}

describe('a response of the cache', () => {
  it.each<[string, RequestHandler, string]>([
    ['json', (_req, res) => void res.json({ a: 1 }), '{"a":1}'],
    ['send of a text', (_req, res) => void res.send('text'), 'text'],
    ['send of bytes', (_req, res) => void res.type('bin').send(Buffer.from('bytes')), 'bytes'],
    ['jsonp', (_req, res) => void res.jsonp([1]), '[1]'],
    [
      'write and end',
      (_req, res) => {
        res.write('one ');
        res.write(Buffer.from('two '));
        res.end('three');
      },
      'one two three',
    ],
    [
      'writeHead with a flat list, and chunks with a trailer',
      (_req, res) => {
        res.writeHead(200, ['Content-Type', 'text/plain', 'Trailer', 'X-Sum']);
        res.write('a'.repeat(20));
        res.write('');
        res.addTrailers({ 'X-Sum': '1' });
        res.end('b');
      },
      `${'a'.repeat(20)}b`,
    ],
    [
      'a transfer coding that the handler sets by itself',
      (_req, res) => {
        res.set('Transfer-Encoding', 'chunked');
        res.write('in ');
        res.end('chunks');
      },
      'in chunks',
    ],
    [
      'interim answers before the real one',
      (_req, res) => {
        res.writeProcessing();
        res.writeEarlyHints({ link: '</style.css>; rel=preload' });
        res.end('at last');
      },
      'at last',
    ],
    [
      'a stream piped in by an async handler',
      async (_req, res) => {
        await pipeline(Readable.from(['from ', 'a ', 'stream']), res);
      },
      'from a stream',
    ],
    [
      'a buffer that is used again after it was written',
      (_req, res) => {
        const buffer = Buffer.from('first');
        res.write(buffer, () => {
          buffer.fill('x');
          res.end(' last');
        });
      },
      'first last',
    ],
    ['an empty answer', (_req, res) => void res.end(), ''],
  ])('keeps what the handler writes by %s', async (_name, handler, body) => {
    const { first, second } = await twice(handler);
    expect([first.status, first.body]).toEqual([200, body]);
    expect([second.status, second.body]).toEqual([200, body]);
    expect(second.headers['x-cache']).toBe('HIT');
    expect(second.headers['trailer']).toBeUndefined();
    expect(second.headers['content-length']).toBe(String(body.length));
  });

  it('can be a file, and can be asked for in part', async () => {
    const file = fileURLToPath(import.meta.url);
    const slow = kept(
      responseCache({ ttl: '30s' }, (_req, res) => {
        res.sendFile(file);
      }),
    );
    const app = express().use(slow);

    // Each of these requests has a port of its own, so the host must say that it is the same.
    const get = () => request(app).get('/').set('Host', 'here.test').responseType('blob');
    const whole = await get();
    const part = await get().set('Range', 'bytes=0-10');

    expect(whole.status).toBe(200);
    expect(whole.headers['last-modified']).toBeDefined();
    expect([part.status, String(part.body)]).toEqual([206, '/** Everyth']);
    expect(part.headers['x-cache']).toBe('HIT');
  });

  it('keeps status, repeated fields and their values', async () => {
    const { second } = await twice((_req, res) => {
      res.status(301).set('Link', ['</a>', '</b>']).location('/elsewhere').end();
    });
    expect(second.status).toBe(301);
    expect(second.headers['location']).toBe('/elsewhere');
    const links = second.rawHeaders.filter((_, at, all) => all[at - 1] === 'Link');
    expect(links).toEqual(['</a>', '</b>']);
  });

  it('ends as every response does: finish and close are heard', async () => {
    const heard: string[] = [];
    await twice((_req, res) => {
      res.on('finish', () => heard.push('finish'));
      res.on('close', () => heard.push('close'));
      res.send('done');
    });
    expect(heard).toEqual(['finish', 'close']);
  });

  it('streams what is too large to keep, at the pace of the reader', async () => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    let writes = 0;
    const large: RequestHandler = (_req, res) => {
      const more = (): void => {
        while (writes % 1000 !== 999) {
          writes += 1;
          if (!res.write(chunk)) {
            res.once('drain', more);
            return;
          }
        }
        writes += 1;
        res.end();
      };
      more();
    };
    const middleware = kept(responseCache({ ttl: '30s', maxBytes: '100KiB' }, large));
    const port = await listening((app) => app.use(middleware));

    const answer = await head(port, '/');
    expect(answer.headers['cache-status']).toBe('leyden; fwd=uri-miss; detail=too-large');
    // Nobody has read yet: what does not fit into the sockets is not made either.
    expect(writes).toBeLessThan(999);
    expect((await bytesOf(answer)).byteLength).toBe(999 * chunk.byteLength);
    expect((await ask(port, '/')).headers['x-cache']).toBe('MISS');
    expect(middleware.cache.stats()).toMatchObject({ stored: 0, refused: 2 });
  });

  it('stands beside what the app has set on the caller’s own response', async () => {
    let visits = 0;
    const slow = kept(responseCache({ ttl: '30s' }, (_req, res) => void res.send('same')));
    const port = await listening((app) => {
      app.use((_req, res, next) => {
        visits += 1;
        res.set({ 'X-Visit': String(visits), 'X-Request-Id': `app-${visits}`, Vary: 'Origin' });
        next();
      }, slow);
    });

    await ask(port, '/');
    const second = await ask(port, '/');
    expect(second.headers).toMatchObject({
      'x-cache': 'HIT',
      'x-visit': '2',
      'x-request-id': 'app-2',
      vary: 'Origin, Authorization',
    });
  });
});
