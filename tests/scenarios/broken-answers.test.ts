/** Upstreams that break off, lie about their end or are not there: what callers see of it. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { openGateway, type RunningGateway } from '../fakes/gateway.js';

let server: Server;
let running: RunningGateway;
const sockets = new Set<Socket>();
/** What the origin says to each connection's request, and how it ends: FIN, RST or not at all. */
let script: (request: string) => { bytes: string; end: 'close' | 'reset' | 'stay' };
let asked: string[] = [];

beforeAll(async () => {
  server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.once('close', () => sockets.delete(socket));
    socket.setEncoding('latin1').on('data', (text: string) => {
      asked.push(text);
      const { bytes, end } = script(text);
      socket.write(bytes, 'latin1', () => {
        if (end === 'close') socket.end();
        if (end === 'reset') socket.resetAndDestroy();
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running = await openGateway(`
upstreams:
  raw:
    url: "http://127.0.0.1:${(server.address() as AddressInfo).port}"
    sick: { failures: 1000 }
  down: { url: "http://127.0.0.1:1" }
routes:
  - { path: /plain/**, upstream: raw, methods: any }
  - { path: /http/**, upstream: raw, cache: http }
  - { path: /down/**, upstream: down, methods: any }
  - { path: /kept-down/**, upstream: down, cache: { ttl: 30s, errorTtl: 10s } }
  - { path: /**, upstream: raw, cache: { ttl: 30s, errorTtl: 10s, maxBytes: 1KiB } }
`);
});
afterAll(async () => {
  await running.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

/** What a caller learns: the status and the whole body, or that the connection broke. */
async function seen(path: string): Promise<string> {
  try {
    const { status, body } = await ask(running.port, path);
    return status === 200 ? `200 ${body}` : String(status);
  } catch {
    return 'broken';
  }
}

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
const long = 'x'.repeat(4_000);

const cuts = [
  ['in the head', 'HTTP/1.1 200 OK\r\nContent-Le'],
  ['behind the head', `${OK}Content-Length: 10\r\n\r\n`],
  ['in the body', `${OK}Content-Length: 10\r\n\r\n12345`],
  ['in a chunk', `${CHUNKED}a\r\n12345`],
  ['between chunks', `${CHUNKED}5\r\n12345\r\n`],
  ['before the last line', `${CHUNKED}5\r\n12345\r\n0\r\n`],
  ['in a body too large to keep', `${OK}Content-Length: 9000\r\n\r\n${long}`],
  ['in chunks too large to keep', `${CHUNKED}fa0\r\n${long}\r\n`],
] as const;

const routes = ['/plain', '/http', '/kept'] as const;
const rows = cuts.flatMap(([where, bytes]) =>
  routes.flatMap((route) =>
    (['close', 'reset'] as const).map((end) => [where, route, end, bytes] as const),
  ),
);

describe('an answer that is cut', () => {
  it.each(rows)(
    '%s (%s, %s) is never a clean end, and nothing of it is kept',
    async (where, route, end, bytes) => {
      const path = `${route}/${where.replaceAll(' ', '-')}/${end}`;
      script = () => ({ bytes, end });
      expect(['broken', '502']).toContain(await seen(path));
      script = () => ({ bytes: `${OK}Content-Length: 5\r\n\r\nwhole`, end: 'close' });
      asked = [];
      expect(await seen(path)).toBe('200 whole');
      expect(asked).toHaveLength(1);
    },
  );

  it.each(routes)('by garbage in the packet of its head breaks only itself (%s)', async (route) => {
    script = () => ({ bytes: `${CHUNKED}5\r\n12345\r\nZZZ\r\n`, end: 'stay' });
    expect(['broken', '502']).toContain(await seen(`${route}/garbage`));
    script = () => ({ bytes: `${OK}Content-Length: 5\r\n\r\nwhole`, end: 'close' });
    expect(await seen(`${route}/garbage`)).toBe('200 whole');
  });
});

describe('an answer whose end nobody can tell from a cut', () => {
  it.each(routes)('goes through and is never kept (%s)', async (route) => {
    asked = [];
    script = () => ({ bytes: `${OK}Connection: close\r\n\r\nuntil I close`, end: 'close' });
    expect(await seen(`${route}/unframed`)).toBe('200 until I close');
    expect(await seen(`${route}/unframed`)).toBe('200 until I close');
    expect(asked).toHaveLength(2);
  });
});

describe('bytes behind the answer', () => {
  it('cases 15 and 17: never reach the next caller', async () => {
    const extra = `${OK}Content-Length: 6\r\n\r\nPOISON`;
    script = () => ({ bytes: `${OK}Content-Length: 2\r\n\r\nok${extra}`, end: 'stay' });
    expect(['200 ok', 'broken', '502']).toContain(await seen('/plain/behind'));
    script = () => ({ bytes: `${OK}Content-Length: 4\r\n\r\nmine`, end: 'stay' });
    for (let nth = 0; nth < 5; nth += 1) expect(await seen(`/plain/after/${nth}`)).toBe('200 mine');
  });
});

describe('case 75: fields that no gateway may pass on', () => {
  it.each([
    ['a NUL', 'X-A: a\0b'],
    ['a space before the colon', 'X-A : b'],
    ['100 KB', `X-A: ${'a'.repeat(100_000)}`],
    ['300 lines', Array.from({ length: 300 }, (_, nth) => `X-${nth}: 1`).join('\r\n')],
  ])('%s: 502 and nothing kept', async (_what, line) => {
    script = () => ({ bytes: `${OK}${line}\r\nContent-Length: 2\r\n\r\nok`, end: 'stay' });
    for (const route of routes) expect(await seen(`${route}/fields/${line.length}`)).toBe('502');
  });
});

describe('an upstream that is not there', () => {
  it.each(['/down/x', '/kept-down/x'])(
    'is a 502 that says so and nothing more (%s)',
    async (path) => {
      for (const method of ['GET', 'HEAD']) {
        const answer = await ask(running.port, path, { method });
        expect(answer.status).toBe(502);
        expect(answer.headers).toMatchObject({
          'content-type': 'application/problem+json',
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
          ...(path.startsWith('/kept')
            ? { 'cache-status': 'leyden; fwd=miss; detail=connect', 'x-cache': 'MISS' }
            : { 'cache-status': 'leyden; fwd=bypass; detail=connect', 'x-cache': 'BYPASS' }),
        });
        expect(answer.headers['x-powered-by']).toBeUndefined();
        if (method === 'HEAD') continue;
        expect(JSON.parse(answer.body)).toEqual({
          type: 'urn:leyden:problem:connect',
          title: 'The upstream could not be reached.',
          status: 502,
          instance: `urn:leyden:request:${answer.headers['x-request-id']}`,
        });
      }
    },
  );

  it('case 116: says nothing of where the upstream is, what was asked, how it failed', async () => {
    const { body } = await ask(running.port, '/down/%3Cscript%3E?token=secret', {
      headers: { 'X-Request-Id': 'fine' },
    });
    expect(body).not.toMatch(/script|secret|127\.0\.0\.1|ECONN|at \w/);
  });
});
