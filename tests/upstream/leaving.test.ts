/** Callers who leave, and bodies larger than anybody wants in memory. */
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { closed, closeOrigins, codeOf, handBody, origin, request, settle, text } from './kit.js';
import { answer, closeRawOrigins, raw } from './raw-origin.js';

afterEach(async () => {
  await closeOrigins();
  await closeRawOrigins();
});

describe('a caller who leaves', () => {
  it('before the head: gets 499 at once, and the upstream sees its socket close', async () => {
    const server = await raw(() => undefined);
    const one = origin(server.url);
    const gone = new AbortController();
    const failed = codeOf(one.fetch(request({ signal: gone.signal })));
    await server.heardHeads(1);
    gone.abort();
    expect(await failed).toBe('abandoned');
    await closed(server.sockets[0]!);
    expect(one.stats()).toMatchObject({ inUse: 0, abandoned: 1, retries: 0, errors: {} });
  });

  it('during the body: breaks it, and the upstream sees its socket close', async () => {
    const server = await raw((socket) => socket.write(answer('12345').slice(0, -2)));
    const one = origin(server.url);
    const gone = new AbortController();
    const reply = await one.fetch(request({ signal: gone.signal }));
    const read = codeOf(text(reply.body));
    gone.abort();
    expect(await read).toBe('abandoned');
    await closed(server.sockets[0]!);
    expect(one.stats()).toMatchObject({ inUse: 0, abandoned: 1 });
  });

  it('by destroying the body: the upstream sees its socket close', async () => {
    const server = await raw((socket) => socket.write(answer('12345').slice(0, -2)));
    const one = origin(server.url);
    const reply = await one.fetch(request());
    if (reply.body === undefined || Buffer.isBuffer(reply.body)) throw new Error('no stream');
    reply.body.destroy();
    await closed(server.sockets[0]!);
    expect(one.stats()).toMatchObject({ inUse: 0, abandoned: 1 });
  });

  it('while waiting for a socket: leaves the queue, and nothing is sent for it', async () => {
    const server = await raw(() => undefined);
    const one = origin(server.url, { connections: 1 });
    const first = new AbortController();
    const second = new AbortController();
    const firstFailed = codeOf(one.fetch(request({ signal: first.signal })));
    const secondFailed = codeOf(one.fetch(request({ signal: second.signal })));
    await server.heardHeads(1);
    expect(one.stats()).toMatchObject({ inUse: 1, waiting: 1 });
    second.abort();
    expect(await secondFailed).toBe('abandoned');
    first.abort();
    expect(await firstFailed).toBe('abandoned');
    await settle();
    expect(server.heads).toHaveLength(1);
    expect(await codeOf(one.fetch(request({ signal: first.signal })))).toBe('abandoned');
  });
});

describe('a body larger than anybody wants in memory', () => {
  it('U17: waits in the origin while the reader does not read', async () => {
    const total = 64 * 1024 * 1024;
    let written = 0;
    const server = await raw((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
      const block = Buffer.alloc(1024 * 1024);
      const more = (): void => {
        while (written < total) {
          written += block.length;
          if (!socket.write(block)) return;
        }
      };
      socket.on('drain', more);
      more();
    });
    const reply = await origin(server.url).fetch(request());
    await settle(50);
    // What both kernels buffer on loopback is some megabytes; the rest has not been sent.
    expect(written).toBeLessThan(total / 2);
    if (reply.body === undefined || Buffer.isBuffer(reply.body)) throw new Error('no stream');
    let read = 0;
    reply.body.on('data', (chunk: Buffer) => {
      read += chunk.length;
    });
    await once(reply.body, 'end');
    expect([read, written]).toEqual([total, total]);
  });

  it('U17: waits in the caller while the origin does not read', async () => {
    const server = await raw((socket) => socket.pause());
    const body = handBody();
    const sent = codeOf(origin(server.url).fetch(request({ method: 'POST', body })));
    const block = Buffer.alloc(1024 * 1024);
    let pushed = 0;
    for (; pushed < 64; pushed += 1) {
      body.push(block);
      await settle(3);
      if (body.readableLength > 4 * block.length) break;
    }
    expect(pushed).toBeLessThan(64);
    await closeOrigins();
    expect(await sent).toBe('draining');
  });
});
