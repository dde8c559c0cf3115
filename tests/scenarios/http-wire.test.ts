/** `cache: http` on real sockets: what the origin sees, what the client sees, byte by byte. */
import { request as httpRequest } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningGateway } from '../fakes/gateway.js';
import type { Origin } from '../fakes/origin.js';
import { exchange } from '../fakes/raw-client.js';
import { openScene, type Scene } from './http-kit.js';

let scene: Scene;
let origin: Origin;
let running: RunningGateway;

beforeAll(async () => {
  scene = await openScene();
  ({ origin, running } = scene);
});
afterEach(() => {
  origin.answer(undefined);
});
afterAll(async () => {
  await scene.close();
});

const get: Scene['get'] = (...asked) => scene.get(...asked);

describe('the fields of an answer', () => {
  it('come in their order, case and number, the first time and from the store', async () => {
    const said = [
      ...['X-B', '1', 'x-a', '2', 'Link', '<a>; rel=x', 'X-b', '3', 'LINK', '<b>; rel=y'],
      ...['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'DATE', 'Thu, 01 Jan 2026 00:00:00 GMT'],
      ...['cache-control', 'max-age=60', 'content-LENGTH', '2'],
    ];
    origin.answer((_req, res) => res.writeHead(200, said).end('ok'));
    for (const kind of ['MISS', 'HIT']) {
      const { rawHeaders, headers, body } = await get('/order');
      expect([headers['x-cache'], body]).toEqual([kind, 'ok']);
      const names = rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
      expect(names.filter((name) => name === 'date')).toHaveLength(1);
      const kept = rawHeaders.filter((_, at) => at - (at % 2) < said.length);
      const spelled = said.map((text) => (text === 'content-LENGTH' ? 'Content-Length' : text));
      expect(kept).toEqual(spelled);
    }
  });

  it('and the length of the whole come to HEAD too', async () => {
    origin.answer((_req, res) => res.setHeader('Cache-Control', 'max-age=60').end('twelve bytes'));
    await get('/head');
    const { headers, body } = await get('/head', { method: 'HEAD' });
    expect([headers['x-cache'], headers['content-length'], body]).toEqual(['HIT', '12', '']);
  });
});

describe('interim answers', () => {
  interface Interim {
    readonly interim: readonly number[];
    readonly links: readonly string[];
    readonly kind: string;
  }
  const watched = (path: string): Promise<Interim> =>
    new Promise((resolve, reject) => {
      const interim: number[] = [];
      const links: string[] = [];
      const headers = { Host: 'a.test' };
      const sent = httpRequest({
        port: running.port,
        host: '127.0.0.1',
        path,
        headers,
        agent: scene.agent,
      });
      sent.on('information', ({ statusCode, headers: fields }) => {
        interim.push(statusCode);
        links.push(String(fields['link']));
      });
      sent.once('response', (res) => {
        res.resume().once('end', () => {
          resolve({ interim, links, kind: String(res.headers['x-cache']) });
        });
      });
      sent.once('error', reject).end();
    });

  it('102 and 103 are forwarded under `cache: http`, and never kept', async () => {
    origin.answer((_req, res) => {
      res.writeProcessing();
      res.writeEarlyHints({ link: '</a.css>; rel=preload' }, () => {
        res.setHeader('Cache-Control', 'max-age=60').end('ok');
      });
    });
    const first = await watched('/hints');
    expect([first.kind, first.interim]).toEqual(['MISS', [102, 103]]);
    expect(first.links[1]).toBe('</a.css>; rel=preload');
    expect(await watched('/hints')).toEqual({ interim: [], links: [], kind: 'HIT' });
    expect(await watched('/rule')).toMatchObject({ interim: [], kind: 'MISS' });
  });
});

describe('content of requests', () => {
  const JSON_TYPE = { 'Content-Type': 'application/json' };

  it.each([1, 65_536, 65_537, 1_000_000])('%i bytes of QUERY arrive whole', async (bytes) => {
    origin.answer((req, res) => {
      req.once('end', () =>
        res.setHeader('Cache-Control', 'max-age=60').end(`n${origin.calls.length}`),
      );
    });
    const body = 'q'.repeat(bytes);
    const answers = [];
    for (const headers of [JSON_TYPE, JSON_TYPE]) {
      answers.push(await get(`/query/${bytes}`, { method: 'QUERY', headers, body }));
      const call = origin.calls.at(-1);
      expect([call?.method, call?.body.length]).toEqual(['QUERY', bytes]);
    }
    const kinds = answers.map(({ headers }) => headers['x-cache']);
    expect(kinds).toEqual(bytes <= 65_536 ? ['MISS', 'HIT'] : ['BYPASS', 'BYPASS']);
  });

  it('a POST that a rule keys is sent as it came and answered for the same JSON', async () => {
    const before = origin.calls.length;
    const sent = ['{ "b": [1.0], "a": 2 }', '{"a":2,"b":[1]}', '{"a":3}'];
    const kinds = [];
    for (const body of sent) {
      const { headers } = await get('/rule', { method: 'POST', headers: JSON_TYPE, body });
      kinds.push(headers['x-cache']);
    }
    expect(kinds).toEqual(['MISS', 'HIT', 'MISS']);
    expect(origin.calls.slice(before).map(({ body }) => body)).toEqual([sent[0], sent[2]]);
    expect(origin.calls[before]?.rawHeaders).toContain('application/json');
  });

  it('case 40: a GET with content is refused and the origin sees none of it', async () => {
    const before = origin.calls.length;
    for (const framing of [
      'Content-Length: 6\r\n\r\nx=evil',
      'Transfer-Encoding: chunked\r\n\r\n0',
    ]) {
      const bytes = `GET /fat?x=1 HTTP/1.1\r\nHost: a.test\r\n${framing}\r\n\r\n`;
      expect((await exchange(running.port, bytes))[0]?.status).toBe(400);
    }
    expect(origin.calls).toHaveLength(before);
  });
});
