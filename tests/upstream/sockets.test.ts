/** Whose answer comes over a socket that was used before: retries, strays, early answers. */
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  closed,
  closeOrigins,
  codeOf,
  handBody,
  origin,
  request,
  settle,
  text,
  until,
} from './kit.js';
import { answer, closeRawOrigins, raw } from './raw-origin.js';

afterEach(async () => {
  await closeOrigins();
  await closeRawOrigins();
});

/** Holds the event loop until the kernel has surely delivered what was written on loopback. */
function blockLoop(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 80);
}

describe('a socket that dies before a byte came back', () => {
  it.each(['GET', 'HEAD'])('U6: %s is asked once more, on a new socket', async (method) => {
    const server = await raw((socket, _head, nth) => {
      if (nth === 1) socket.resetAndDestroy();
      else socket.end(method === 'GET' ? answer('ok') : 'HTTP/1.1 200 OK\r\n\r\n');
    });
    const one = origin(server.url);
    const reply = await one.fetch(request({ method }));
    expect(reply.status).toBe(200);
    expect(await text(reply.body)).toBe(method === 'GET' ? 'ok' : '');
    expect(server.sockets).toHaveLength(2);
    await until(() => one.stats().inUse === 0);
    expect(one.stats()).toMatchObject({ retries: 1, errors: {} });
  });

  it('U6: a second reset is a 502, and there is no third try', async () => {
    const server = await raw((socket) => socket.resetAndDestroy());
    const one = origin(server.url);
    expect(await codeOf(one.fetch(request()))).toBe('reset');
    expect(server.heads).toHaveLength(2);
    expect(one.stats()).toMatchObject({ inUse: 0, retries: 1, errors: { reset: 1 } });
  });

  it('U6: nothing is asked again once a single byte has come back', async () => {
    const server = await raw((socket) => socket.write('H', () => socket.end()));
    expect(await codeOf(origin(server.url).fetch(request()))).toBe('reset');
    expect(server.heads).toHaveLength(1);
  });

  it.each(['POST', 'PUT', 'DELETE', 'QUERY'])('U6: %s is never asked again', async (method) => {
    const server = await raw((socket) => socket.resetAndDestroy());
    const one = origin(server.url);
    expect(await codeOf(one.fetch(request({ method })))).toBe('reset');
    expect(server.heads).toHaveLength(1);
  });

  it.each([
    ['GET', 'none', 3],
    ['POST', 'reset', 2],
  ])('U22: %s on a kept socket that closes as we send ends as %s', async (method, code, heads) => {
    const server = await raw((socket, _head, nth) => {
      if (nth === 2) socket.resetAndDestroy();
      else socket.write(answer('ok'));
    });
    const one = origin(server.url, { connections: 1 });
    await text((await one.fetch(request())).body);
    const second = one.fetch(request({ method }));
    expect(await codeOf(second.then((reply) => text(reply.body)))).toBe(code);
    expect(server.heads).toHaveLength(heads);
    expect(server.sockets).toHaveLength(heads - 1);
  });
});

describe('bytes that nobody asked for', () => {
  it('U23, case 15: a second answer on the idle socket never reaches the next caller', async () => {
    const server = await raw((socket, _head, nth) => socket.write(answer(`answer ${nth}`)));
    const one = origin(server.url, { connections: 1 });
    for (let round = 1; round <= 20; round += 1) {
      const nth = server.heads.length + 1;
      expect(await text((await one.fetch(request())).body)).toBe(`answer ${nth}`);
      await settle();
      // 1. The origin writes once more. 2. The loop is blocked, so nobody sees it arrive.
      server.sockets.at(-1)!.write(answer('POISON'));
      blockLoop();
      // 3. The next caller comes before the poison is read.
      const reply = await one.fetch(request());
      expect(await text(reply.body)).toBe(`answer ${nth + 1}`);
    }
    expect(server.sockets).toHaveLength(21);
  });

  it('U23, case 15: an answer glued behind another never reaches the next caller', async () => {
    const server = await raw((socket, _head, nth) => {
      socket.write(answer(`answer ${nth}`) + (nth === 1 ? answer('POISON') : ''));
    });
    const one = origin(server.url, { connections: 1 });
    const [first, second] = await Promise.all([
      one.fetch(request()).then((reply) => text(reply.body)),
      one.fetch(request()).then((reply) => text(reply.body)),
    ]);
    expect([first, second]).toEqual(['answer 1', 'answer 2']);
    expect(server.sockets).toHaveLength(2);
  });

  it('U23, case 16: a 408 on the idle socket is never the answer of the next caller', async () => {
    const server = await raw((socket, _head, nth) => socket.write(answer(`answer ${nth}`)));
    const one = origin(server.url, { connections: 1 });
    await text((await one.fetch(request())).body);
    await settle();
    server.sockets[0]!.end(answer('late', 'Connection: close\r\n', '408 Request Timeout'));
    blockLoop();
    const reply = await one.fetch(request());
    expect([reply.status, await text(reply.body)]).toEqual([200, 'answer 2']);
  });

  it.each([
    ['GET', 'answer 3', 'none'],
    ['POST', undefined, 'reset'],
  ])('case 16: %s crossing such a 408 on the wire gets %s (%s)', async (method, body, code) => {
    const server = await raw((socket, _head, nth) => {
      if (nth !== 2) socket.write(answer(`answer ${nth}`));
      else socket.end(answer('late', 'Connection: close\r\n', '408 Request Timeout'));
    });
    const one = origin(server.url, { connections: 1 });
    await text((await one.fetch(request())).body);
    const second = one.fetch(request({ method })).then((reply) => text(reply.body));
    if (body !== undefined) expect(await second).toBe(body);
    else expect(await codeOf(second)).toBe(code);
  });

  it('a 408 on a fresh socket is an answer like any other', async () => {
    const server = await raw((socket) => socket.write(answer('slow', '', '408 Request Timeout')));
    expect((await origin(server.url).fetch(request())).status).toBe(408);
  });

  it('nor is it a stray on the fresh socket of a connection that was used before', async () => {
    const server = await raw((socket, _head, nth) => {
      if (nth === 1) socket.end(answer('ok', 'Connection: close\r\n'));
      else socket.write(answer('slow', '', '408 Request Timeout'));
    });
    const one = origin(server.url, { connections: 1 });
    await text((await one.fetch(request())).body);
    await until(() => one.stats().open === 0);
    expect((await one.fetch(request())).status).toBe(408);
    expect(one.stats().retries).toBe(0);
  });
});

describe('an answer that comes before the request was read', () => {
  it('U20, case 61: is delivered, and its socket is not used again', async () => {
    const server = await raw((socket, _head, nth) => {
      socket.write(nth === 1 ? answer('no', '', '413 Too Large') : answer('second'));
    });
    const one = origin(server.url, { connections: 1 });
    const body = handBody();
    body.push(Buffer.alloc(100_000));
    const headers = ['Content-Length', '1000000'];
    const reply = await one.fetch(request({ method: 'POST', headers, body }));
    expect([reply.status, await text(reply.body)]).toEqual([413, 'no']);
    await closed(server.sockets[0]!);
    expect(await text((await one.fetch(request())).body)).toBe('second');
    expect(server.sockets).toHaveLength(2);
    expect(body.destroyed).toBe(false);
  });
});
