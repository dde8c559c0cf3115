/** Bodies in both directions: as long as they are, at the pace of who reads, never in memory. */
import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ask, head } from '../fakes/client.js';
import { openGateway, type RunningGateway } from '../fakes/gateway.js';
import { openOrigin, type Origin } from '../fakes/origin.js';
import { bytesOf, settle, until } from '../fakes/waiting.js';

let origin: Origin;
let running: RunningGateway;
beforeAll(async () => {
  origin = await openOrigin();
  running = await openGateway(`
upstreams: { some: { url: "${origin.url}" } }
routes:
  - { path: /plain/**, upstream: some, methods: any }
  - { path: /abandon/**, upstream: some, cache: { ttl: 30s, abandon: true, maxBytes: 1MiB } }
  - { path: /**, upstream: some, methods: any, cache: { ttl: 30s, maxBytes: 1MiB } }
`);
});
afterEach(() => {
  origin.answer(undefined);
});
afterAll(async () => {
  await running.close();
  await origin.close();
});

const MEBIBYTE = Buffer.alloc(2 ** 20, 'leyden ');
const LARGE = 50;

describe('case 88: an answer of 50 MiB', () => {
  it.each(['/plain/large', '/kept/large', '/abandon/large'])(
    'arrives whole and is not kept (%s)',
    async (path) => {
      origin.answer((_req, res) => {
        Readable.from(Array<Buffer>(LARGE).fill(MEBIBYTE), { objectMode: false }).pipe(res);
      });
      const wanted = createHash('sha256');
      for (let nth = 0; nth < LARGE; nth += 1) wanted.update(MEBIBYTE);
      const got = createHash('sha256');
      const answer = await head(running.port, path);
      for await (const chunk of answer) got.update(chunk as Buffer);
      expect(got.digest('hex')).toBe(wanted.digest('hex'));
      const metrics = await fetch(`${running.gateway.operationsUrl}/metrics`);
      const json = (await metrics.json()) as { http_cache: { memory: { entries: number } } };
      expect(json.http_cache.memory.entries).toBe(0);
    },
  );

  it.each(['/plain/slow', '/kept/slow'])(
    'waits for a caller who does not read (%s)',
    async (path) => {
      let sent = 0;
      let isFull = false;
      origin.answer((_req, res) => {
        const source = Readable.from(Array<Buffer>(LARGE).fill(MEBIBYTE), { objectMode: false });
        source.on('data', (chunk: Buffer) => {
          sent += chunk.length;
          if (res.write(chunk)) return;
          source.pause();
          isFull = true;
          res.once('drain', () => {
            isFull = false;
            source.resume();
          });
        });
        source.once('end', () => res.end());
      });
      const answer = await head(running.port, path);
      // Until nothing moves any more: what the kernel and the streams between hold is all that was
      // sent.
      const isStill = async (): Promise<boolean> => {
        const before = sent;
        await settle(500);
        return isFull && before === sent;
      };
      while (!(await isStill()));
      expect(sent).toBeLessThan((LARGE * MEBIBYTE.length) / 2);
      let got = 0;
      for await (const chunk of answer) got += (chunk as Buffer).length;
      expect(got).toBe(LARGE * MEBIBYTE.length);
    },
  );
});

describe('a body on its way up', () => {
  it('streams while the caller still sends it, byte for byte and never rebuilt', async () => {
    origin.answer((req, res) => {
      res.write('began ');
      req.once('end', () => res.end('done'));
    });
    const before = origin.calls.length;
    const headers = { 'Content-Type': 'multipart/form-data; boundary=x' };
    const sent = httpRequest({
      ...{ port: running.port, path: '/plain/up', headers },
      method: 'POST',
    });
    const answered = new Promise<string>((resolve, reject) => {
      sent.once('error', reject).once('response', (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
        answer.once('end', () => {
          resolve(text);
        });
      });
    });
    const odd = '--x\r\nContent-Disposition: form-data; name="a\r\nb"\r\n\r\n1\r\n';
    sent.write(odd);
    await origin.asked(before + 1);
    await until(() => origin.calls[before]?.body === odd);
    sent.end('--x--');
    expect(await answered).toBe('began done');
    expect(origin.calls[before]?.body).toBe(`${odd}--x--`);
    expect(origin.calls[before]?.rawHeaders).toContain('multipart/form-data; boundary=x');
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'of %s goes past the cache',
    async (method) => {
      const before = origin.calls.length;
      const answer = await ask(running.port, '/kept/act', { method, body: 'act' });
      expect(answer.headers['x-cache']).toBe('BYPASS');
      expect(origin.calls[before]).toMatchObject({ method, body: 'act' });
    },
  );
});

describe('a caller who leaves', () => {
  it.each(['before the head', 'in the body'])(
    '%s takes the request along that nobody shares',
    async (when) => {
      origin.answer((_req, res) => {
        if (when === 'in the body') res.write('some');
      });
      const before = origin.calls.length;
      const gone = new AbortController();
      const left = head(running.port, '/plain/left', { signal: gone.signal });
      await origin.asked(before + 1);
      if (when === 'in the body') (await left).on('error', () => undefined);
      gone.abort();
      if (when === 'before the head') await expect(left).rejects.toThrow();
      await until(() => origin.calls[before]?.cut === true);
    },
  );
});

describe('fields between the two sides', () => {
  it('case 71: what belongs to one connection does not cross, in either direction', async () => {
    origin.answer((_req, res) => {
      res.writeHead(200, [
        ...['Connection', 'X-Hop, keep-alive', 'X-Hop', 'secret', 'Proxy-Authenticate', 'Basic'],
        ...['Keep-Alive', 'timeout=77', 'Trailer', 'X-T', 'X-Kept', 'yes'],
      ]);
      res.end('ok');
    });
    for (const path of ['/plain/hop', '/kept/hop', '/kept/hop']) {
      const headers = { Connection: 'X-Mine', 'X-Mine': '1', TE: 'trailers', 'X-Up': 'yes' };
      const answer = await ask(running.port, path, { headers });
      expect(answer.headers['x-kept']).toBe('yes');
      expect(answer.headers).not.toHaveProperty('x-hop');
      expect(answer.headers).not.toHaveProperty('proxy-authenticate');
      expect(answer.headers).not.toHaveProperty('trailer');
      expect(answer.headers['keep-alive']).not.toBe('timeout=77');
    }
    for (const call of origin.calls.filter(({ target }) => target.endsWith('/hop'))) {
      const names = call.rawHeaders
        .filter((_, at) => at % 2 === 0)
        .map((name) => name.toLowerCase());
      expect(names).not.toEqual(expect.arrayContaining(['x-mine']));
      expect(names).not.toEqual(expect.arrayContaining(['te']));
    }
    expect(origin.calls.find(({ target }) => target === '/plain/hop')?.rawHeaders).toContain(
      'X-Up',
    );
  });

  it('case 78: trailers are dropped in both directions', async () => {
    origin.answer((_req, res) => {
      res.writeHead(200, { Trailer: 'Set-Cookie' });
      res.addTrailers({ 'Set-Cookie': 'a=1' });
      res.end('ok');
    });
    const answer = await head(running.port, '/plain/trailers');
    await bytesOf(answer);
    expect(answer.trailers).toEqual({});
  });

  it('one answer has one request id, also when the upstream sends it back', async () => {
    origin.answer((req, res) => {
      res.setHeader('X-Request-Id', req.headers['x-request-id'] ?? '').end('ok');
    });
    for (const path of ['/plain/id', '/kept/id', '/kept/id']) {
      const answer = await ask(running.port, path);
      const names = answer.rawHeaders.filter((_, at) => at % 2 === 0);
      expect(names.filter((name) => name.toLowerCase() === 'x-request-id')).toHaveLength(1);
    }
  });

  it.each(['/plain/away', '/kept/away'])(
    'case 70: a redirect is the caller’s to follow (%s)',
    async (path) => {
      const before = origin.calls.length;
      origin.answer((_req, res) => {
        res.writeHead(302, { Location: `${origin.url}/canary` }).end();
      });
      const answer = await ask(running.port, path);
      expect(answer.status).toBe(302);
      expect(answer.headers['location']).toBe(`${origin.url}/canary`);
      expect(origin.calls.length).toBe(before + 1);
    },
  );
});
