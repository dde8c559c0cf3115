/** Requests that the gate must refuse: the bytes, and the status of their one answer. */

export interface RefusedRow {
  readonly name: string;
  /** `{host}` stands for the listener's own host; every line end is written out. */
  readonly bytes: string;
  readonly status: number;
}

const row = (status: number, name: string, bytes: string): RefusedRow => ({ name, bytes, status });

/** A request with these lines after the Host line. */
const get = (target: string, ...lines: string[]): string =>
  `${['GET ' + target + ' HTTP/1.1', 'Host: {host}', ...lines].join('\r\n')}\r\n\r\n`;
const post = (lines: readonly string[], body = ''): string =>
  `${['POST /a HTTP/1.1', 'Host: {host}', ...lines].join('\r\n')}\r\n\r\n${body}`;
const chunked = (body: string): string => post(['Transfer-Encoding: chunked'], body);

const framing: RefusedRow[] = [
  ...[
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked', 'Content-Length: 5'],
    ['Content-Length: 3', 'Content-Length: 3'],
    ['Content-Length: 3', 'Content-Length: 4'],
    ['Content-Length: 3, 3'],
    ['Content-Length: +3'],
    ['Content-Length: -1'],
    ['Content-Length: 0x3'],
    ['Content-Length: 3 4'],
    ['Content-Length: 99999999999999999999'],
    ['Content-Length:'],
    ['Content-Length : 3'],
    [' Content-Length: 3'],
    ['Transfer-Encoding: xchunked'],
    ['Transfer-Encoding: chunked, identity'],
    ['Transfer-Encoding: identity', 'Content-Length: 3'],
    ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: \x0bchunked'],
    ['Transfer-Encoding: chunked;a=b'],
    ['Transfer-Encoding:', ' chunked'],
    ['Transfer-Encoding:'],
  ].map((lines) => row(400, lines.join(' + '), post(lines, '3\r\nabc\r\n0\r\n\r\n'))),
  row(501, 'gzip before chunked', post(['Transfer-Encoding: gzip, chunked'], '0\r\n\r\n')),
  row(501, 'an empty coding before chunked', post(['Transfer-Encoding: , chunked'], '0\r\n\r\n')),
  row(
    400,
    'a transfer coding in HTTP/1.0',
    'POST /a HTTP/1.0\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ),
];

const chunks: RefusedRow[] = [
  row(400, 'a bare LF after a chunk size', chunked('3\nabc\r\n0\r\n\r\n')),
  row(400, 'a bare LF after a chunk extension', chunked('3;a=b\nabc\r\n0\r\n\r\n')),
  row(400, 'an LF inside a chunk extension', chunked('3;\nxx\r\nabc\r\n0\r\n\r\n')),
  row(400, 'chunk data without CRLF behind it', chunked('3\r\nabcX0\r\n\r\n')),
  row(400, 'a negative chunk size', chunked('-3\r\nabc\r\n0\r\n\r\n')),
  row(400, 'a chunk size with 0x', chunked('0x3\r\nabc\r\n0\r\n\r\n')),
  row(400, 'a space after a chunk size', chunked('3 \r\nabc\r\n0\r\n\r\n')),
  row(400, 'a chunk size of 17 digits', chunked(`${'F'.repeat(17)}\r\nabc\r\n0\r\n\r\n`)),
  row(400, 'a chunk extension of 20 KB', chunked(`3;${'x'.repeat(20_000)}\r\nabc\r\n0\r\n\r\n`)),
  row(400, 'a Content-Length in a trailer', chunked('0\r\nContent-Length: 3\r\n\r\n')),
];

const lines: RefusedRow[] = [
  row(400, 'bare LF as line ends', 'GET /a HTTP/1.1\nHost: {host}\n\n'),
  row(400, 'a bare CR in a value', get('/a', 'X: a\rb')),
  row(400, 'a NUL in a value', get('/a', 'X: a\0b')),
  row(400, 'a BEL in a value', get('/a', 'X: a\x07b')),
  row(400, 'an empty name', get('/a', ': x')),
  row(400, 'a name with a space', get('/a', 'X y: z')),
  row(400, 'a folded line', get('/a', 'X: a', ' b')),
];

const hosts: RefusedRow[] = [
  row(400, 'two Host lines', get('/a', 'Host: {host}')),
  row(400, 'two different Host lines', get('/a', 'Host: evil.example')),
  ...[
    '',
    'x@evil',
    'a/evil',
    'a b',
    '{host}:1',
    'a:',
    'a:0',
    'a:99999',
    '[::1',
    'a%41',
    '[v1.x]',
  ].map((host) => row(400, `Host "${host}"`, `GET /a HTTP/1.1\r\nHost: ${host}\r\n\r\n`)),
  row(400, 'no Host', 'GET /a HTTP/1.1\r\n\r\n'),
  row(400, 'no Host in HTTP/1.0', 'GET /a HTTP/1.0\r\n\r\n'),
  ...[
    'evil.example',
    '127.0.0.1:1',
    '127.0.0.1',
    'localhost',
    'localhost.',
    'admin',
    '[::1]:80',
  ].map((host) => row(421, `Host "${host}"`, `GET /a HTTP/1.1\r\nHost: ${host}\r\n\r\n`)),
];

const credentials: RefusedRow[] = [
  row(
    400,
    'case 18: two Authorization lines',
    get('/a', 'Authorization: Bearer A', 'Authorization: Bearer B'),
  ),
  row(400, 'two equal ones', get('/a', 'authorization: Bearer A', 'AUTHORIZATION: Bearer A')),
  row(400, 'case 19: an empty Authorization', get('/a', 'Authorization:')),
  row(400, 'an Authorization of spaces', get('/a', 'Authorization:   ')),
  row(400, 'two X-Api-Key lines', get('/a', 'X-Api-Key: a', 'x-api-key: b')),
  row(
    400,
    'two Proxy-Authorization',
    get('/a', 'Proxy-Authorization: a', 'Proxy-Authorization: b'),
  ),
  ...[
    ...['Authorization', 'close, authorization', 'Host', 'Cookie', 'cache-control', 'Content-Type'],
    ...['X-Forwarded-For', 'keep-alive,X-API-Key', 'If-None-Match', '"close"', 'a b'],
  ].map((value) => row(400, `case 21: Connection: ${value}`, get('/a', `Connection: ${value}`))),
];

const targets: RefusedRow[] = [
  ...[
    ...[
      'http://evil.example/',
      'http://{host}/',
      'https://evil',
      '//evil/x',
      '//',
      '/a\\b',
      '/a#f',
    ],
    ...['*', '/a/../b', '/..', '/.', '/a/.', '/a/./b', '/a/..?q', '/a/..;x/b', '/a/%2e%2e/b'],
    ...[
      '/a%2Fb',
      '/a%00',
      '/a%5cb',
      '/%zz',
      '/a%',
      '/a%4',
      '/a?%zz',
      '/a?x=%',
      '/a?b#c',
      '/\xc3\xa9',
    ],
    ...['foo', '?a', '/a b', '/a\tb', '/a\x7f'],
  ].map((target) => row(400, `case 42: target ${target}`, get(target))),
  row(400, 'OPTIONS *', 'OPTIONS * HTTP/1.1\r\nHost: {host}\r\n\r\n'),
];

const versionsAndMethods: RefusedRow[] = [
  row(400, 'HTTP/0.9', 'GET /a HTTP/0.9\r\nHost: {host}\r\n\r\n'),
  row(400, 'a line without a version', 'GET /a\r\n\r\n'),
  row(505, 'an HTTP/2.0 line', 'GET /a HTTP/2.0\r\nHost: {host}\r\n\r\n'),
  row(400, 'HTTP/1.2', 'GET /a HTTP/1.2\r\nHost: {host}\r\n\r\n'),
  row(400, 'case 67: the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  row(400, 'case 67: a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
  row(405, 'TRACE', 'TRACE /a HTTP/1.1\r\nHost: {host}\r\n\r\n'),
  row(405, 'CONNECT', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n'),
  row(501, 'an unknown method', 'BREW /a HTTP/1.1\r\nHost: {host}\r\n\r\n'),
  row(501, 'a method of RTSP', 'DESCRIBE /a RTSP/1.0\r\nHost: {host}\r\n\r\n'),
  row(400, 'the same in HTTP', 'DESCRIBE /a HTTP/1.1\r\nHost: {host}\r\n\r\n'),
  row(400, 'a lower-case method', 'get /a HTTP/1.1\r\nHost: {host}\r\n\r\n'),
  row(400, 'GET with a body', `${get('/a', 'Content-Length: 3')}abc`),
  row(400, 'GET with a chunked body', `${get('/a', 'Transfer-Encoding: chunked')}0\r\n\r\n`),
  row(400, 'HEAD with a body', get('/a', 'Content-Length: 3').replace('GET', 'HEAD') + 'abc'),
];

const filler = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `X${index}: 1`);

const expectationsAndSizes: RefusedRow[] = [
  ...['foo', 'y 100-continue', '100-continue, foo', '200-ok', ''].map((value) =>
    row(417, `Expect: ${value}`, post([`Expect: ${value}`, 'Content-Length: 3'], 'abc')),
  ),
  row(417, 'Expect: y 100-continue with GET', get('/a', 'Expect: y 100-continue')),
  row(417, 'two Expect lines', get('/a', 'Expect: 100-continue', 'Expect: 100-continue')),
  row(431, 'case 85: 101 fields', get('/a', ...filler(100))),
  row(
    431,
    'case 20: 1,502 fields, Authorization last',
    get('/a', ...filler(1500), 'Authorization: x'),
  ),
  row(431, 'case 85: a field of 20 KB', get('/a', `X: ${'x'.repeat(20_000)}`)),
  row(431, 'case 85: a target of 20 KB', get(`/${'a'.repeat(20_000)}`)),
];

export const refusedRows: readonly RefusedRow[] = [
  ...framing,
  ...chunks,
  ...lines,
  ...hosts,
  ...credentials,
  ...targets,
  ...versionsAndMethods,
  ...expectationsAndSizes,
];
