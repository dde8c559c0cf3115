/** How the running gateway goes down: what is under way is finished, what asks twice is obeyed. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ask, head } from '../fakes/client.js';
import { endEverything, leydenStart, type RunningLeyden } from '../fakes/leyden-process.js';
import { openOrigin, type Origin } from '../fakes/origin.js';
import { TOKEN } from '../fakes/gateway.js';
import { pipelinedClient } from '../fakes/pipelined-client.js';
import { rawClient } from '../fakes/raw-client.js';
import { bytesOf } from '../fakes/waiting.js';

let origin: Origin;
let release = (): void => undefined;
beforeAll(async () => {
  origin = await openOrigin();
});
afterEach(() => {
  release = () => undefined;
  origin.answer(undefined);
});
afterAll(async () => {
  await endEverything();
  await origin.close();
});

const yaml = (server = ''): string => `
server: { ${server} }
upstreams: { some: { url: "${origin.url}" } }
routes:
  - { path: /kept/**, upstream: some, cache: { ttl: 30s } }
  - { path: /**, upstream: some, methods: any }
`;

/** A request that is under way: the origin has it and does not answer before `release`. */
async function underWay(gateway: RunningLeyden, path = '/held') {
  origin.answer((_req, res) => {
    release = () => res.end('finished');
  });
  const before = origin.calls.length;
  const client = rawClient(gateway.port);
  client.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\n\r\n`);
  await origin.asked(before + 1);
  return client;
}

const readiness = async ({ operationsPort }: RunningLeyden): Promise<string> => {
  const { status, body } = await ask(operationsPort, '/health/ready');
  return `${status} ${(JSON.parse(body) as { reason?: string }).reason ?? 'ready'}`;
};

describe('SIGTERM', () => {
  it('finishes what is under way, not ready at once, says close, and ends with 0', async () => {
    const gateway = await leydenStart(yaml());
    expect(await readiness(gateway)).toBe('200 ready');
    const client = await underWay(gateway);
    const idle = rawClient(gateway.port);
    idle.write(`GET /health HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\n\r\n`);
    await idle.until((answers) => answers[0]?.complete === true);
    gateway.signal('SIGTERM');
    await gateway.said(/"event":"shutdown_begins","signal":"SIGTERM"/);
    expect(await readiness(gateway)).toBe('503 draining');
    expect((await ask(gateway.operationsPort, '/health')).status).toBe(200);
    await idle.closed();
    await expect(head(gateway.port, '/late')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    release();
    const [answer] = await client.closed();
    expect(answer).toMatchObject({ status: 200, body: 'finished', complete: true });
    expect(answer?.headers.get('connection')).toBe('close');
    const { code, stderr } = await gateway.ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(/"event":"drained","forced":0/);
  });

  it('a second one leaves at once with 143', async () => {
    const gateway = await leydenStart(yaml());
    const client = await underWay(gateway);
    gateway.signal('SIGTERM');
    await gateway.said(/shutdown_begins/);
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toMatchObject({ code: 143, signal: null });
    await client.closed();
    expect(client.answers()).toEqual([]);
  });

  it.each(['/held', '/kept/held'])('does not wait longer than the limit for %s', async (path) => {
    const gateway = await leydenStart(yaml('drain: 300ms'));
    const client = await underWay(gateway, path);
    gateway.signal('SIGTERM');
    const { code, stderr } = await gateway.ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(/"event":"drained","forced":1/);
    await client.closed();
    expect(client.answers()).toEqual([]);
  });

  it('takes new connections for as long as load balancers need to look away', async () => {
    const gateway = await leydenStart(yaml('preStop: 60s, drain: 70s'));
    gateway.signal('SIGTERM');
    await gateway.said(/shutdown_begins/);
    expect(await readiness(gateway)).toBe('503 draining');
    const answer = await ask(gateway.port, '/late');
    expect(answer.status).toBe(200);
    expect(answer.headers['connection']).toBe('close');
    gateway.signal('SIGTERM');
    expect((await gateway.ended).code).toBe(143);
  });
});

describe('SIGINT', () => {
  it('ends it with 0 as SIGTERM does, and the echo of a terminal is one wish', async () => {
    const gateway = await leydenStart(yaml());
    const client = await underWay(gateway);
    gateway.signal('SIGINT');
    await gateway.said(/shutdown_begins/);
    gateway.signal('SIGINT');
    release();
    expect(await client.closed()).toMatchObject([{ status: 200, body: 'finished' }]);
    expect((await gateway.ended).code).toBe(0);
  });
});

describe('an operator', () => {
  it('who asks for a drain gets one', async () => {
    const gateway = await leydenStart(yaml(), { OPERATIONS_TOKEN: TOKEN });
    const headers = { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' };
    const more = { method: 'POST', headers, body: '{}' };
    expect((await ask(gateway.operationsPort, '/admin/drain', more)).status).toBe(202);
    expect((await gateway.ended).code).toBe(0);
  });
});

describe('what nobody reads', () => {
  it('costs its lines and not the gateway', async () => {
    const gateway = await leydenStart(yaml());
    gateway.child.stderr?.destroy();
    for (let nth = 0; nth < 20; nth += 1) {
      const answer = await head(gateway.port, `/kept/${nth}`);
      expect((await bytesOf(answer)).length).toBeGreaterThan(0);
    }
    gateway.signal('SIGTERM');
    expect((await gateway.ended).code).toBe(0);
  });
});

describe('a reader of the log who has stopped reading', () => {
  it('keeps nobody waiting, callers as little as whoever stops the gateway', async () => {
    const gateway = await leydenStart(`log: { flush: 1ms }\n${yaml()}`);
    const { child } = gateway;
    child.stderr?.pause();
    child.once('exit', () => child.stderr?.resume());
    const client = pipelinedClient(gateway.port);
    const host = `Host: 127.0.0.1:${gateway.port}`;
    const request = `GET /health/${'x'.repeat(900)} HTTP/1.1\r\n${host}\r\n\r\n`;
    origin.answer((_req, res) => res.setHeader('Content-Length', 0).end());
    for (let nth = 0; nth < 60; nth += 1) await client.ask(Array<string>(50).fill(request));
    client.close();
    gateway.signal('SIGTERM');
    expect((await gateway.ended).code).toBe(0);
  });
});

describe('case 113: the log', () => {
  it('is one JSON object a line and 2 KiB at most, whatever callers send', async () => {
    const gateway = await leydenStart(yaml());
    const odd = [
      '/%0a%1b[31m',
      `/${'x'.repeat(9_000)}`,
      "/'%E2%80%A8",
      '/a%22b',
      `/?${'q'.repeat(8_000)}`,
    ];
    for (const path of odd) {
      await ask(gateway.port, path, {
        headers: { 'User-Agent': 'a\u00ff"}\\', 'X-Request-Id': '\u001b'.slice(1) },
      });
    }
    gateway.signal('SIGTERM');
    const { stderr } = await gateway.ended;
    const lines = stderr.split('\n').filter((line) => line !== '');
    expect(lines.filter((line) => line.includes('"event":"request"')).length).toBeGreaterThan(2);
    for (const line of lines) {
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(2_048);
      expect(JSON.parse(line)).toMatchObject({
        level: expect.any(String),
        time: expect.any(String),
      });
    }
  });
});
