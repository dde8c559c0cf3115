/** What the gate lets through, byte for byte over a real socket, and as what. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { rawClient, type RawAnswer } from '../fakes/raw-client.js';
import { openRecorder, type Recorder } from './kit.js';

let recorder: Recorder;
beforeAll(async () => {
  recorder = await openRecorder();
});
afterEach(() => {
  recorder.seen.length = 0;
});
afterAll(async () => {
  await recorder.close();
});

async function ask(bytes: string, answers = 1): Promise<RawAnswer[]> {
  const client = rawClient(recorder.port);
  client.write(bytes.replaceAll('{host}', recorder.host));
  const got = await client.until(
    (all) => all.length >= answers && all.every((answer) => answer.complete),
  );
  client.leave();
  return got;
}

const get = (target: string, ...lines: string[]): string =>
  `${['GET ' + target + ' HTTP/1.1', 'Host: {host}', ...lines].join('\r\n')}\r\n\r\n`;

describe('a request that is odd but has one reading is served', () => {
  const body = { method: 'POST', hasBody: true };
  it.each([
    [
      'a Content-Length with zeros',
      'POST /a HTTP/1.1\r\nHost: {host}\r\nContent-Length: 003\r\n\r\nabc',
      body,
      'abc',
    ],
    [
      'ChunKed',
      'POST /a HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: ChunKed\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
      body,
      'abc',
    ],
    [
      'a TAB before a value',
      get('/a', 'Authorization:\tBearer A  '),
      { authorization: 'Bearer A' },
      '',
    ],
    ['leading empty lines', `\r\n\r\n${get('/a')}`, { path: '/a' }, ''],
    ['two spaces after the method', get('/a').replace('GET', 'GET '), { path: '/a' }, ''],
    ['QUERY', get('/a').replace('GET', 'QUERY'), { method: 'QUERY', hasBody: false }, ''],
    ['PURGE', get('/a').replace('GET', 'PURGE'), { method: 'PURGE' }, ''],
    ['a length of zero with GET', get('/a', 'Content-Length: 0'), { hasBody: false }, ''],
    ['a field named __proto__', get('/a', '__proto__: x'), { path: '/a' }, ''],
    [
      'harmless connection options',
      get('/a', 'Connection: keep-alive, TE, X-Own,'),
      { path: '/a' },
      '',
    ],
    ['an empty query', get('/a?'), { path: '/a', query: '' }, ''],
    [
      'encoded bytes in path and query',
      get('/a%20b//c/...?x=%2F%00..#'.slice(0, -1)),
      { path: '/a%20b//c/...', query: 'x=%2F%00..' },
      '',
    ],
    ['a backslash in the query', get('/a?b\\c[]={}'), { query: 'b\\c[]={}' }, ''],
    [
      'another spelling of our name',
      get('/a').replace('127.0.0.1', 'LocalHost'),
      { path: '/a' },
      '',
    ],
    ['HTTP/1.0 with a Host', get('/a').replace('HTTP/1.1', 'HTTP/1.0'), { path: '/a' }, ''],
    [
      '100 fields',
      get('/a', ...Array.from({ length: 99 }, (_, index) => `X${index}: 1`)),
      { path: '/a' },
      '',
    ],
  ])('%s', async (_name, bytes, admitted, sent) => {
    const [answer] = await ask(bytes);

    expect(answer?.status).toBe(200);
    expect(recorder.seen).toHaveLength(1);
    expect(recorder.seen[0]?.admitted).toMatchObject(admitted);
    expect(recorder.seen[0]?.body).toBe(sent);
  });

  it('gives the same canonical host whatever the case of its letters', async () => {
    await ask(get('/a').replace('{host}', `LOCALHOST:${recorder.port}`));
    expect(recorder.seen[0]?.admitted.host).toBe(`localhost:${recorder.port}`);
  });

  it('case 85: a head one byte below the limit is served, one above gets 431', async () => {
    const empty = get('/a', 'X: ').replaceAll('{host}', recorder.host).length;
    // Node counts the bytes of the target, the names and the values, not their separators.
    const [below] = await ask(get('/a', `X: ${'x'.repeat(16_384 - empty)}`));
    const [above] = await ask(get('/a', `X: ${'x'.repeat(16_384)}`));
    expect([below?.status, above?.status]).toEqual([200, 431]);
  });
});

describe('an Expect field', () => {
  const head =
    'POST /a HTTP/1.1\r\nHost: {host}\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n';

  it('is met with 100 before the body is sent', async () => {
    const client = rawClient(recorder.port);
    client.write(head.replace('{host}', recorder.host));
    await client.until((answers) => answers[0]?.status === 100);
    client.write('abc');
    const answers = await client.until((all) => all[1]?.complete === true);
    client.leave();
    expect(answers.map((answer) => answer.status)).toEqual([100, 200]);
    expect(recorder.seen[0]?.body).toBe('abc');
  });

  it('without a body, or in HTTP/1.0, gets no interim answer', async () => {
    const [one] = await ask(get('/a', 'Expect: 100-continue'));
    const [two] = await ask(`${head.replace('HTTP/1.1', 'HTTP/1.0')}abc`);
    expect([one?.status, two?.status]).toEqual([200, 200]);
  });
});

describe('several requests in one write', () => {
  it('case 62: what is glued to an Upgrade is dropped, and the one answer says close', async () => {
    const upgrade = get('/a', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: x');
    const client = rawClient(recorder.port);
    client.write((upgrade + get('/b')).replaceAll('{host}', recorder.host));
    const answers = await client.closed();
    expect(answers.map((answer) => [answer.status, answer.body])).toEqual([[200, 'ok /a']]);
    expect(answers[0]?.headers.get('connection')).toBe('close');
    expect(answers[0]?.headers.has('upgrade')).toBe(false);
    expect(recorder.seen).toHaveLength(1);
  });

  it('an Upgrade beside a body is served too, body and all', async () => {
    const post = get('/a', 'Connection: Upgrade', 'Upgrade: h2c', 'Content-Length: 3');
    const [answer] = await ask(`${post.replace('GET', 'POST')}abc`);
    expect(answer?.headers.get('connection')).toBe('close');
    expect(recorder.seen[0]?.body).toBe('abc');
  });

  it('case 60: a body that looks like a request is never one', async () => {
    const glued = 'GET /admin/purge HTTP/1.1\r\nHost: {host}\r\n\r\n'.replace(
      '{host}',
      recorder.host,
    );
    const post = `POST /cached HTTP/1.1\r\nHost: {host}\r\nContent-Length: ${glued.length}\r\n\r\n`;
    const answers = await ask(post + glued + get('/next'), 2);
    expect(answers.map((answer) => answer.body)).toEqual(['ok /cached', 'ok /next']);
    expect(recorder.seen.map((seen) => seen.admitted.path)).toEqual(['/cached', '/next']);
  });

  it('case 73: fields that only insiders may set do not come through', async () => {
    await ask(
      get('/a', 'X-Leyden-Hit: 1', 'x-MIDDLEWARE-subrequest: a', 'X-Gw-Owner: 1', 'X-G: 1'),
    );
    expect(recorder.seen[0]?.rawHeaders).toEqual(['Host', recorder.host, 'X-G', '1']);
  });
});
