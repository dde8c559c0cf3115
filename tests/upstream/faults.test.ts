/** What callers get when an origin breaks the rules of HTTP: the fault matrix, in bytes. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { closed, closeOrigins, codeOf, origin, request, text } from './kit.js';
import { answer, closeRawOrigins, raw } from './raw-origin.js';

afterEach(async () => {
  await closeOrigins();
  await closeRawOrigins();
});

const says = (bytes: string) => raw((socket) => socket.write(bytes, 'latin1'));
const OK = 'HTTP/1.1 200 OK\r\n';

const many = Array.from({ length: 300 }, (_, at) => `X-${at}: 1\r\n`).join('');
const INVALID: [string, string, string][] = [
  [
    'U10, case 64: a length and chunks at once',
    'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok',
    'protocol',
  ],
  [
    'U10, case 64: chunks and a length at once',
    'Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\nok',
    'protocol',
  ],
  ['U10, case 64: two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\nok', 'protocol'],
  ['U10: a length below zero', 'Content-Length: -1\r\n\r\nok', 'protocol'],
  [
    'U10: a coding beneath the chunks',
    'Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    'protocol',
  ],
  ['U10: a coding without chunks', 'Transfer-Encoding: gzip\r\n\r\nok', 'protocol'],
  ['U14, case 75: NUL in a value', 'X: a\0b\r\nContent-Length: 2\r\n\r\nok', 'headers'],
  ['U14, case 75: a control in a value', 'X: a\x07b\r\nContent-Length: 2\r\n\r\nok', 'headers'],
  ['U14, case 75: DEL in a value', 'X: a\x7fb\r\nContent-Length: 2\r\n\r\nok', 'headers'],
  ['U14, case 75: a folded line', 'X: a\r\n b\r\nContent-Length: 2\r\n\r\nok', 'headers'],
  ['U14, case 75: a blank before the colon', 'X : a\r\nContent-Length: 2\r\n\r\nok', 'headers'],
  [
    'U14, case 75: 20 KB in one field',
    `X: ${'a'.repeat(20_000)}\r\nContent-Length: 2\r\n\r\nok`,
    'headers',
  ],
  ['U14, case 75: 300 fields', `${many}Content-Length: 2\r\n\r\nok`, 'headers'],
  [
    'U14: two types',
    'Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 2\r\n\r\nok',
    'headers',
  ],
  ['U14: two locations', 'Location: /a\r\nLocation: /b\r\nContent-Length: 2\r\n\r\nok', 'headers'],
];

describe('an answer that is not valid', () => {
  it.each(INVALID)('%s is a 502 and its socket is destroyed', async (_name, rest, code) => {
    const server = await says(OK + rest);
    expect(await codeOf(origin(server.url).fetch(request()))).toBe(code);
    await closed(server.sockets[0]!);
    expect(server.heads).toHaveLength(1);
  });

  it('U14: the same Content-Type twice contradicts nothing', async () => {
    const server = await says(answer('ok', 'Content-Type: a/b\r\nContent-Type: a/b\r\n'));
    expect(await text((await origin(server.url).fetch(request())).body)).toBe('ok');
  });

  it.each([
    ['99', 'status'],
    ['099', 'status'],
    ['000', 'status'],
    ['600', 'status'],
    ['999', 'status'],
    ['1000', 'status'],
    ['abc', 'status'],
    ['299', 'none'],
    ['599', 'none'],
  ])('U13: status %s ends as %s', async (status, code) => {
    const server = await says(answer('ok', '', `${status} X`));
    expect(await codeOf(origin(server.url).fetch(request()))).toBe(code);
  });

  it.each([
    ['a banner of another protocol', 'SSH-2.0-x\r\n\r\n', 'protocol'],
    [
      'U12, case 63: a 101 that nobody asked for',
      'HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n',
      'protocol',
    ],
    [
      'U12, case 63: a 101 that does not even say what to',
      'HTTP/1.1 101 X\r\nUpgrade: h2c\r\n\r\n',
      'protocol',
    ],
    [
      'U12, case 63: a thousand times 100',
      'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000) + answer('ok'),
      'informational',
    ],
    [
      'U12, case 63: 33 times 103',
      'HTTP/1.1 103 X\r\nLink: </a>\r\n\r\n'.repeat(33) + answer('ok'),
      'informational',
    ],
  ])('%s is a 502', async (_name, bytes, code) => {
    const server = await says(bytes);
    expect(await codeOf(origin(server.url).fetch(request()))).toBe(code);
    await closed(server.sockets[0]!);
  });

  it('U12, case 63: 32 times 103 are dropped and the answer behind them is delivered', async () => {
    const server = await says('HTTP/1.1 103 X\r\nLink: </a>\r\n\r\n'.repeat(32) + answer('ok'));
    const reply = await origin(server.url).fetch(request());
    expect(reply).toMatchObject({ status: 200, headers: ['Content-Length', '2'] });
    expect(await text(reply.body)).toBe('ok');
  });
});

describe('a body that does not end as its head said', () => {
  it.each([
    ['U7: FIN after 3 bytes of 10', 'Content-Length: 10\r\n\r\nabc', 'end'],
    ['U7: RST after 3 bytes of 10', 'Content-Length: 10\r\n\r\nabc', 'reset'],
    ['U7: FIN before the last chunk', 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n', 'end'],
    ['U7: RST before the last chunk', 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n', 'reset'],
    ['U7: FIN, and Connection: close', 'Connection: close\r\nContent-Length: 10\r\n\r\nabc', 'end'],
    [
      'U10: a chunk size that is none',
      'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n',
      'stay',
    ],
    [
      'U10: a chunk longer than it said',
      'Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n',
      'stay',
    ],
  ])('%s breaks the body, never ends it cleanly', async (_name, rest, then) => {
    const server = await raw((socket) => {
      socket.write(OK + rest, () => {
        if (then === 'end') socket.end();
      });
    });
    const one = origin(server.url);
    const reply = await one.fetch(request());
    expect(reply.framed).toBe(true);
    const read = codeOf(text(reply.body));
    if (then === 'reset') server.sockets[0]!.resetAndDestroy();
    expect(await read).toBe('truncated');
    expect(one.stats()).toMatchObject({ inUse: 0, errors: { truncated: 1 } });
  });

  it('U8: a body that ends with the connection is marked as unframed', async () => {
    const server = await raw((socket) => socket.end(`${OK}\r\nall of it`));
    const reply = await origin(server.url).fetch(request());
    expect(reply.framed).toBe(false);
    expect(await text(reply.body)).toBe('all of it');
  });

  it('U9, case 17: bytes after the body are cut off, the socket is not reused', async () => {
    const server = await raw((socket, _head, nth) =>
      socket.write(nth === 1 ? `${OK}Content-Length: 2\r\n\r\nokEXTRA` : answer('second')),
    );
    const one = origin(server.url, { connections: 1 });
    expect(await text((await one.fetch(request())).body)).toBe('ok');
    expect(await text((await one.fetch(request())).body)).toBe('second');
    expect(server.sockets).toHaveLength(2);
  });

  it.each([
    ['GET', '204 No Content'],
    ['GET', '304 Not Modified'],
    ['HEAD', '200 OK'],
  ])('U11, case 64: a body behind %s %s reaches nobody', async (method, status) => {
    const server = await raw((socket, _head, nth) =>
      socket.write(nth === 1 ? answer('HTTP/1.1 200 POISON\r\n\r\n', '', status) : answer('good')),
    );
    const one = origin(server.url, { connections: 1 });
    const reply = await one.fetch(request({ method }));
    expect(reply).toMatchObject({ status: Number(status.slice(0, 3)), framed: true });
    expect(reply.body).toBeUndefined();
    expect(await text((await one.fetch(request())).body)).toBe('good');
  });

  it('a 204 loses the length that it must not have, a 304 keeps it', async () => {
    const server = await raw((socket, _head, nth) =>
      socket.write(
        `HTTP/1.1 ${nth === 1 ? 204 : 304} X\r\nContent-Length: ${nth === 1 ? 0 : 9}\r\n\r\n`,
      ),
    );
    const one = origin(server.url);
    expect((await one.fetch(request())).headers).toEqual([]);
    expect((await one.fetch(request())).headers).toEqual(['Content-Length', '9']);
  });
});
