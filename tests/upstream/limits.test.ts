/** The limits of an exchange, by a clock turned by hand: which one ends the wait, what is left. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { OPTIONS, closed, closeOrigins, codeOf, handBody, openHandClock, origin } from './kit.js';
import { request, settle, text, until } from './kit.js';
import { answer, closeRawOrigins, openRawOrigin, raw } from './raw-origin.js';

afterEach(async () => {
  await closeOrigins();
  await closeRawOrigins();
});

describe('the time limits', () => {
  it('U1: a refused connection is a 502 at once', async () => {
    const server = await openRawOrigin(() => undefined);
    await server.close();
    const one = origin(server.url);
    expect(await codeOf(one.fetch(request()))).toBe('connect');
    expect(one.stats()).toMatchObject({ inUse: 0, retries: 0, errors: { connect: 1 } });
  });

  it('U1: a name that nobody knows is a 502', async () => {
    expect(await codeOf(origin('http://no-such-host.invalid').fetch(request()))).toBe('connect');
  });

  it('U2: an origin that never completes the connection is a 504', async () => {
    // A TCP server that never answers the TLS handshake: the same limit covers both.
    const server = createServer(() => server.emit('met')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const clock = openHandClock();
    const port = (server.address() as AddressInfo).port;
    const one = origin(`https://127.0.0.1:${port}`, {}, clock);
    const met = once(server, 'met');
    const failed = codeOf(one.fetch(request()));
    await met;
    clock.turn(OPTIONS.connectMs);
    expect(await failed).toBe('connect_timeout');
    expect(one.stats()).toMatchObject({ inUse: 0, errors: { connect_timeout: 1 } });
    expect(clock.pending()).toBe(0);
    server.close();
  });

  it('U3: an origin that accepts and never answers is a 504, its socket destroyed', async () => {
    const server = await raw(() => undefined);
    const clock = openHandClock();
    const one = origin(server.url, {}, clock);
    const failed = codeOf(one.fetch(request()));
    await server.heardHeads(1);
    clock.turn(OPTIONS.headMs - 1);
    await settle();
    expect(one.stats()).toMatchObject({ inUse: 1 });
    clock.turn(1);
    expect(await failed).toBe('head_timeout');
    await closed(server.sockets[0]!);
    expect(server.heads).toHaveLength(1);
    expect(one.stats()).toMatchObject({ inUse: 0, retries: 0, errors: { head_timeout: 1 } });
  });

  it('U25: a POST that times out is a 504 and is not sent again', async () => {
    const server = await raw(() => undefined);
    const clock = openHandClock();
    const one = origin(server.url, {}, clock);
    const body = Buffer.from('x');
    const failed = codeOf(one.fetch(request({ method: 'POST', body })));
    await server.heardHeads(1);
    clock.turn(OPTIONS.headMs);
    expect(await failed).toBe('head_timeout');
    await settle();
    expect(server.heads).toHaveLength(1);
  });

  it('U5: each byte of a body starts the idle limit anew, and there is no total', async () => {
    const server = await raw((socket) => socket.write(answer('123456').slice(0, -6)));
    const clock = openHandClock();
    const one = origin(server.url, {}, clock);
    const reply = await one.fetch(request());
    if (reply.body === undefined || Buffer.isBuffer(reply.body)) throw new Error('no stream');
    const { body } = reply;
    let read = '';
    body.on('data', (chunk: Buffer) => {
      read += chunk.toString();
    });
    for (const byte of '12345') {
      clock.turn(OPTIONS.idleBodyMs - 1);
      server.sockets[0]!.write(byte);
      await until(() => read.endsWith(byte));
    }
    const failed = once(body, 'end');
    clock.turn(OPTIONS.idleBodyMs);
    expect(await codeOf(failed)).toBe('body_timeout');
    await closed(server.sockets[0]!);
    expect(one.stats()).toMatchObject({ inUse: 0, errors: { body_timeout: 1 } });
    expect(clock.pending()).toBe(0);
  });

  it('a reader who does not read is not taken for an origin that does not send', async () => {
    const server = await raw((socket) => socket.write(answer('x'.repeat(1_000_000))));
    const clock = openHandClock();
    const reply = await origin(server.url, {}, clock).fetch(request());
    await until(() => clock.pending() === 0);
    clock.turn(OPTIONS.idleBodyMs * 10);
    expect((await text(reply.body)).length).toBe(1_000_000);
  });

  it('a caller who stops sending gets a 408, and the origin is not blamed', async () => {
    const server = await raw(() => undefined);
    const clock = openHandClock();
    const one = origin(server.url, {}, clock);
    const body = handBody();
    const failed = codeOf(one.fetch(request({ method: 'POST', body })));
    body.push('some');
    await server.heardHeads(1);
    clock.turn(OPTIONS.headMs - 1);
    body.push('more');
    await settle();
    clock.turn(OPTIONS.headMs - 1);
    await settle();
    expect(one.stats().inUse).toBe(1);
    clock.turn(1);
    expect(await failed).toBe('request_timeout');
  });
});

describe('the limits on callers', () => {
  it('one more than the queue holds is a 503 that says when to come again', async () => {
    const server = await raw(() => undefined);
    const one = origin(server.url, { connections: 1, queued: 1 });
    const first = codeOf(one.fetch(request()));
    const second = codeOf(one.fetch(request()));
    expect(await codeOf(one.fetch(request()))).toBe('busy');
    expect(one.stats()).toMatchObject({ inUse: 1, waiting: 1, max: 1, errors: { busy: 1 } });
    await server.heardHeads(1);
    server.sockets[0]!.write(answer(''));
    await server.heardHeads(2);
    server.sockets[0]!.write(answer(''));
    expect([await first, await second]).toEqual(['none', 'none']);
  });

  it('never more sockets than allowed are open, and all callers are served', async () => {
    let open = 0;
    let most = 0;
    const server = await raw((socket, _head, nth) => {
      open += 1;
      most = Math.max(most, open);
      setImmediate(() => {
        open -= 1;
        socket.write(answer(String(nth)));
      });
    });
    const one = origin(server.url, { connections: 4 });
    const all = Array.from({ length: 100 }, async () => text((await one.fetch(request())).body));
    const bodies = await Promise.all(all);
    expect(new Set(bodies).size).toBe(100);
    expect(most).toBeLessThanOrEqual(4);
    expect(server.sockets.length).toBeLessThanOrEqual(4);
    expect(one.stats()).toMatchObject({ inUse: 0, waiting: 0, opened: server.sockets.length });
  });
});
