/** The operator's listener: who may look, who may act, and what a stranger learns. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { openGateway, TOKEN, type RunningGateway } from '../fakes/gateway.js';
import { exchange } from '../fakes/raw-client.js';

const YAML = `
upstreams: { some: { url: "http://127.0.0.1:1" } }
routes: [{ path: /**, upstream: some, methods: any }]
`;
const RIGHT = { Authorization: `Bearer ${TOKEN}` };
const JSON_TYPE = { 'Content-Type': 'application/json' };

let running: RunningGateway;
beforeAll(async () => {
  running = await openGateway(YAML, { environment: { OPERATIONS_TOKEN: TOKEN } });
});
afterAll(() => running.close());
/** A minute later wrong tokens are forgiven. */
beforeEach(() => {
  running.clock.turn(61_000);
});

async function statusOf(
  path: string,
  headers = {},
  method = 'GET',
  body?: string,
): Promise<number> {
  const more = body === undefined ? {} : { body };
  return (await ask(running.operationsPort, path, { method, headers, ...more })).status;
}

describe('without the token', () => {
  it.each(['/health', '/health/ready', '/metrics', '/metrics/prometheus'])(
    'anybody on this machine may look at %s',
    async (path) => {
      expect(await statusOf(path)).toBe(200);
    },
  );

  it.each([
    ['GET', '/admin/config'],
    ['POST', '/admin/drain'],
    ['PUT', '/admin/log-level'],
    ['GET', '/admin/nothing'],
    ['POST', '/metrics'],
    ['DELETE', '/health'],
    ['PURGE', '/energy'],
    ['GET', '/'],
    ['GET', '/metrics/'],
    ['GET', '/METRICS'],
  ])('cases 109 and 118: %s %s is 401', async (method, path) => {
    const answer = await ask(running.operationsPort, path, { method, headers: JSON_TYPE });
    expect(answer.status).toBe(401);
    expect(answer.headers).toMatchObject({
      'www-authenticate': 'Bearer',
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
    });
  });

  it('case 109: a cookie, a query or another scheme is no token', async () => {
    expect(await statusOf('/admin/config', { Cookie: `token=${TOKEN}` })).toBe(401);
    expect(await statusOf(`/admin/config?token=${TOKEN}`)).toBe(401);
    expect(await statusOf('/admin/config', { Authorization: `Basic ${TOKEN}` })).toBe(401);
    expect(await statusOf('/admin/config', { Authorization: TOKEN })).toBe(401);
  });
});

describe('case 103: a token that is not quite right', () => {
  const lengths = [0, 1, 31, 32, 33, 4_096];
  it.each([
    ...lengths.map((length) => `Bearer ${'x'.repeat(length)}`),
    `Bearer ${TOKEN.slice(0, -1)}`,
    `Bearer ${TOKEN}x`,
    `Bearer  ${TOKEN}`,
    `bearer ${TOKEN}`,
    `Bearer ${TOKEN.toUpperCase()}`,
    'Bearer \u00e9\u00ff',
  ])('%s is 401, and nothing breaks', async (authorization) => {
    const bytes = `GET /admin/config HTTP/1.1\r\nHost: 127.0.0.1:${running.operationsPort}\r\n`;
    const end = 'Connection: close\r\n\r\n';
    const answers = await exchange(
      running.operationsPort,
      `${bytes}Authorization: ${authorization}\r\n${end}`,
    );
    expect(answers.map(({ status }) => status)).toEqual([401]);
  });

  it('beside the right one is 400: nobody can tell which one counts', async () => {
    const bytes = `GET /admin/config HTTP/1.1\r\nHost: 127.0.0.1:${running.operationsPort}\r\n`;
    const answers = await exchange(
      running.operationsPort,
      `${bytes}Authorization: Bearer ${TOKEN}\r\nAuthorization: Bearer x\r\n\r\n`,
    );
    expect(answers.map(({ status }) => status)).toEqual([400]);
  });

  it('is not even good for a page that is open to everybody', async () => {
    expect(await statusOf('/metrics', { Authorization: 'Bearer wrong' })).toBe(401);
    expect(await statusOf('/metrics', RIGHT)).toBe(200);
  });

  it('case 106: ten times a minute, then the address has to wait', async () => {
    const wrong = { Authorization: 'Bearer wrong' };
    for (let nth = 0; nth < 10; nth += 1) expect(await statusOf('/admin/config', wrong)).toBe(401);
    const answer = await ask(running.operationsPort, '/admin/config', { headers: wrong });
    expect(answer.status).toBe(429);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(await statusOf('/admin/config', RIGHT)).toBe(200);
    expect(await statusOf('/metrics')).toBe(200);
    running.clock.turn(61_000);
    expect(await statusOf('/admin/config', RIGHT)).toBe(200);
  });
});

describe('with the token', () => {
  it('the settings in force are shown, and none of their secrets', async () => {
    const answer = await ask(running.operationsPort, '/admin/config', { headers: RIGHT });
    expect(answer.status).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(JSON.parse(answer.body)).toMatchObject({ server: { port: 0 } });
    expect(answer.body).not.toContain(TOKEN);
  });

  it('the log level changes at once', async () => {
    const headers = { ...RIGHT, ...JSON_TYPE };
    const put = (body: string) =>
      ask(running.operationsPort, '/admin/log-level', { method: 'PUT', headers, body });
    const changed = await put('{"level":"debug"}');
    expect([changed.status, JSON.parse(changed.body)]).toEqual([
      200,
      { level: 'debug', before: 'info' },
    ]);
    expect(running.gateway.log.level()).toBe('debug');
    expect((await put('{"level":"info"}')).status).toBe(200);
    const wrong = [
      '{"level":"loud"}',
      '{}',
      '{"level":"info","also":1}',
      '[]',
      '{"level":{"$gt":""}}',
    ];
    for (const body of wrong) expect((await put(body)).status).toBe(422);
    expect((await put('{"level":')).status).toBe(400);
    expect((await put(`{"level":"${'x'.repeat(200_000)}"}`)).status).toBe(413);
    expect(running.gateway.log.level()).toBe('info');
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', ''])(
    'case 109: an act in %j is 415',
    async (type) => {
      const headers = { ...RIGHT, ...(type === '' ? {} : { 'Content-Type': type }) };
      expect(await statusOf('/admin/log-level', headers, 'PUT', '{"level":"error"}')).toBe(415);
      expect(running.gateway.log.level()).toBe('info');
    },
  );

  it('JSON with a character set is JSON', async () => {
    const headers = { ...RIGHT, 'Content-Type': 'application/json; charset=utf-8' };
    expect(await statusOf('/admin/log-level', headers, 'PUT', '{"level":"info"}')).toBe(200);
  });

  it('a drain is asked for once it is asked for, and not before', async () => {
    expect(running.askedToStop()).toBe(0);
    expect(await statusOf('/admin/drain', JSON_TYPE, 'POST', '{}')).toBe(401);
    expect(running.askedToStop()).toBe(0);
    expect(await statusOf('/admin/drain', { ...RIGHT, ...JSON_TYPE }, 'POST', '{}')).toBe(202);
    expect(running.askedToStop()).toBe(1);
  });

  it('what is not there is 404, without a word about what was asked', async () => {
    const path = '/admin/%3Cscript%3E';
    const answer = await ask(running.operationsPort, path, { headers: RIGHT });
    expect(answer.status).toBe(404);
    expect(answer.body).not.toMatch(/script/);
  });

  it.each(['evil.example', `evil.example:80`, '127.0.0.1:1'])(
    'case 69: a Host that is not ours (%s) is 421, token or not',
    async (Host) => {
      expect(await statusOf('/admin/config', { ...RIGHT, Host })).toBe(421);
      expect(await statusOf('/metrics', { Host })).toBe(421);
    },
  );
});

describe('case 102: on the public listener', () => {
  it.each(['/admin/config', '/admin/drain', '/%61dmin/config', '/ADMIN/config', '/dashboard'])(
    '%s is an ordinary path, with the token or without',
    async (path) => {
      const answer = await ask(running.port, path, { headers: RIGHT });
      expect(answer.status).toBe(502);
    },
  );

  it.each(['//admin/config', '/x/../admin/config', '/x/%2e%2e/admin/config'])(
    '%s is 400',
    async (path) => {
      expect((await ask(running.port, path)).status).toBe(400);
    },
  );

  it('PURGE is 405 and says what is offered', async () => {
    const answer = await ask(running.port, '/x', { method: 'PURGE', headers: RIGHT });
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toMatch(/GET/);
    expect(answer.headers['allow']).not.toMatch(/PURGE/);
  });
});
