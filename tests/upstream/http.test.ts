/** What goes over the wire between the gateway and one origin, and what comes back. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { parseOrigin } from '../../src/upstream/http.js';
import { closed, closeOrigins, codeOf, handBody, origin, request } from './kit.js';
import { settle, text } from './kit.js';
import { answer, closeRawOrigins, raw } from './raw-origin.js';

const servers: Server[] = [];
afterEach(async () => {
  await closeOrigins();
  await closeRawOrigins();
  for (const server of servers.splice(0)) server.close();
});

describe('a request on its way to the origin', () => {
  it('keeps order, case and repetition of its fields, and has the Host of the origin', async () => {
    const server = await raw((socket) => socket.write(answer('ok')));
    const headers = ['X-B', '1', 'x-a', '2', 'X-B', '3', 'Host', 'evil.example'];
    const reply = await origin(server.url).fetch(request({ target: '/p?q=%20', headers }));
    expect(await text(reply.body)).toBe('ok');
    expect(server.heads).toEqual([
      `GET /p?q=%20 HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\n` +
        'connection: keep-alive\r\nX-B: 1\r\nx-a: 2\r\nX-B: 3\r\n\r\n',
    ]);
  });

  it('case 71: loses every field that is meant for one connection only', async () => {
    const server = await raw((socket) => socket.write(answer('ok')));
    const headers = ['Connection', 'X-Once, close', 'X-Once', '1', 'Keep-Alive', 'timeout=9'];
    headers.push('TE', 'trailers', 'Trailer', 'X-T', 'Transfer-Encoding', 'chunked');
    headers.push('Upgrade', 'h2c', 'Proxy-Authorization', 'Basic eA==', 'Proxy-Connection', 'x');
    headers.push('Expect', '100-continue', 'X-Kept', 'yes');
    const reply = await origin(server.url).fetch(request({ headers }));
    expect(await text(reply.body)).toBe('ok');
    expect(server.heads[0]?.split('\r\n').slice(2)).toEqual([
      'connection: keep-alive',
      'X-Kept: yes',
      '',
      '',
    ]);
  });

  it('case 68: never leaves its origin, whatever the target looks like', async () => {
    const server = await raw((socket) => socket.write(answer('ok')));
    const canary = await raw((socket) => socket.write(answer('canary')));
    const one = origin(server.url);
    for (const target of [
      `//127.0.0.1:${canary.port}/`,
      `/\\127.0.0.1:${canary.port}/`,
      `/@127.0.0.1:${canary.port}/`,
      `/..//127.0.0.1:${canary.port}`,
    ]) {
      expect(await text((await one.fetch(request({ target }))).body)).toBe('ok');
      expect(server.heads.at(-1)?.startsWith(`GET ${target} HTTP/1.1\r\n`)).toBe(true);
    }
    for (const target of [`http://127.0.0.1:${canary.port}/`, '*', '', '/a b', '/a\r\nX: y']) {
      expect(await codeOf(one.fetch(request({ target })))).toBe('bad_target');
    }
    expect(canary.sockets).toHaveLength(0);
  });

  it('case 74: is refused when a field could end its line early, at no cost', async () => {
    const server = await raw((socket) => socket.write(answer('ok')));
    const one = origin(server.url, { connections: 1 });
    for (const headers of [
      ['X', 'a\r\nSet-Cookie: b'],
      ['X\0', 'a'],
      ['X', 'a\u0100'],
    ]) {
      expect(await codeOf(one.fetch(request({ headers })))).toBe('bad_request');
    }
    expect(await text((await one.fetch(request())).body)).toBe('ok');
    expect(server.sockets).toHaveLength(1);
  });

  it('case 77: sends a body with its own length, or in chunks, byte for byte', async () => {
    const seen: { length: string | undefined; coding: string | undefined; body: string }[] = [];
    const server = createServer((incoming, outgoing) => {
      void text(incoming).then((body) => {
        const { 'content-length': length, 'transfer-encoding': coding } = incoming.headers;
        seen.push({ length, coding, body });
        outgoing.end('done');
      });
    }).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    const one = origin(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const post = { method: 'POST', headers: ['Content-Length', '5'] };
    const stream = (): Readable =>
      Readable.from([Buffer.from('a\r\n'), Buffer.from('\xe9b', 'latin1')]);
    await text((await one.fetch(request({ ...post, body: stream() }))).body);
    await text((await one.fetch(request({ ...post, headers: [], body: stream() }))).body);
    await text((await one.fetch(request({ ...post, body: Buffer.from('12345') }))).body);
    await text((await one.fetch(request({ ...post, headers: [] }))).body);
    expect(seen).toEqual([
      { length: '5', coding: undefined, body: 'a\r\n\xe9b' },
      { length: undefined, coding: 'chunked', body: 'a\r\n\xe9b' },
      { length: '5', coding: undefined, body: '12345' },
      { length: '0', coding: undefined, body: '' },
    ]);
  });

  it('does not destroy the stream of a caller whose upload the origin cut short', async () => {
    const server = await raw((socket) => socket.resetAndDestroy());
    const body = handBody();
    body.push('first');
    const failed = codeOf(origin(server.url).fetch(request({ method: 'POST', body })));
    expect(await failed).toBe('reset');
    await settle();
    expect(body.destroyed).toBe(false);
  });
});

describe('a body that its caller does not complete', () => {
  it('breaks the connection to the origin, never ends there as if it were whole', async () => {
    const server = await raw(() => undefined);
    const body = handBody();
    body.push('part');
    const one = origin(server.url);
    const failed = codeOf(one.fetch(request({ method: 'POST', body })));
    await server.heardHeads(1);
    let sent = '';
    server.sockets[0]!.on('data', (chunk) => (sent += chunk.toString()));
    body.destroy();
    expect(await failed).toBe('abandoned');
    await closed(server.sockets[0]!);
    expect(sent).not.toContain('0\r\n\r\n');
    expect(one.stats()).toMatchObject({ inUse: 0, abandoned: 1, errors: {} });
  });

  it.each(['3', '9'])('is a 400 when %s bytes were promised and 5 came', async (promised) => {
    const server = await raw((socket, head) => {
      if (head.startsWith('GET')) socket.write(answer('next'));
    });
    const headers = ['Content-Length', promised];
    const one = origin(server.url, { connections: 1 });
    const body = handBody();
    body.push('a');
    const failed = codeOf(one.fetch(request({ method: 'POST', headers, body })));
    await server.heardHeads(1);
    body.push('bcde');
    body.push(null);
    expect(await failed).toBe('bad_framing');
    await closed(server.sockets[0]!);
    // Known to be wrong before a byte was sent, it is not sent at all.
    const whole = Readable.from([Buffer.from('abcde')]);
    expect(await codeOf(one.fetch(request({ method: 'POST', headers, body: whole })))).toBe(
      'bad_framing',
    );
    expect(await text((await one.fetch(request())).body)).toBe('next');
  });
});

describe('an answer on its way back', () => {
  it('keeps order, case, repetition and bytes of its fields', async () => {
    const fields = 'X-B: 1\r\nx-a: \xe9\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n';
    const server = await raw((socket) => socket.write(answer('ok', fields), 'latin1'));
    const reply = await origin(server.url).fetch(request());
    expect(reply.headers).toEqual([
      ...['Content-Length', '2', 'X-B', '1', 'x-a', '\xe9'],
      ...['Set-Cookie', 'a', 'Set-Cookie', 'b'],
    ]);
    expect(await text(reply.body)).toBe('ok');
  });

  it('case 71: loses every field that is meant for one connection only', async () => {
    const fields =
      'Connection: X-Once, keep-alive\r\nX-Once: 1\r\nKeep-Alive: timeout=5\r\nUpgrade: h2c\r\n' +
      'Trailer: X-T\r\nTE: x\r\nProxy-Authenticate: Basic\r\nX-Kept: yes\r\n';
    const server = await raw((socket) => socket.write(answer('ok', fields)));
    const reply = await origin(server.url).fetch(request());
    expect(reply.headers).toEqual(['Content-Length', '2', 'X-Kept', 'yes']);
    expect(await text(reply.body)).toBe('ok');
  });

  it('case 70: a redirect is passed on and never followed', async () => {
    const canary = await raw((socket) => socket.write(answer('canary')));
    const server = await raw((socket) =>
      socket.write(answer('', `Location: ${canary.url}/\r\n`, '302 Found')),
    );
    const reply = await origin(server.url).fetch(request());
    expect(reply.status).toBe(302);
    expect(reply.headers).toEqual(['Content-Length', '0', 'Location', `${canary.url}/`]);
    expect(canary.sockets).toHaveLength(0);
  });

  it('U15, case 78: trailers are dropped', async () => {
    const server = await raw((socket) =>
      socket.write(
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Set-Cookie\r\n\r\n' +
          '2\r\nok\r\n0\r\nSet-Cookie: a=b\r\nAuthorization: x\r\n\r\n',
      ),
    );
    const reply = await origin(server.url).fetch(request());
    expect(await text(reply.body)).toBe('ok');
    expect(reply).toMatchObject({ headers: [], framed: true });
  });

  it('U16: an encoded body is passed on unopened', async () => {
    const server = await raw((socket) =>
      socket.write(answer('\x1f\x8bnot gzip', 'Content-Encoding: gzip\r\n'), 'latin1'),
    );
    const reply = await origin(server.url).fetch(request());
    expect(await text(reply.body)).toBe('\x1f\x8bnot gzip');
  });
});

describe('the address of an origin', () => {
  it.each(['ftp://a', 'http://a/path', 'http://u:p@a', 'http://a?x', 'a:80', ''])(
    'is refused when it is more than scheme, host and port: %s',
    (url) => {
      expect(() => parseOrigin(url)).toThrow('An upstream url must be');
    },
  );
});
