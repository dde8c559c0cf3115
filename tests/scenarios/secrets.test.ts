/** Case 114: what must stay secret is looked for in everything that leaves the gateway. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { openGateway, type RunningGateway } from '../fakes/gateway.js';
import { openOrigin, type Origin } from '../fakes/origin.js';
import { exchange } from '../fakes/raw-client.js';

const canary = (name: string): string => `canary-${name}-Zk3uX8rVn6PqC1tJw5MdGb7LyFhSe0Ka`;
const sent = {
  authorization: `Bearer ${canary('bearer')}`,
  cookie: `sid=${canary('cookie')}`,
  apiKey: canary('api-key'),
  query: canary('query'),
  body: canary('body'),
  proxy: `Basic ${Buffer.from(`user:${canary('proxy')}`).toString('base64')}`,
};
const configured = {
  OPERATIONS_TOKEN: canary('operations'),
  LEYDEN_SECRET: canary('secret'),
  REDIS_PASSWORD: canary('redis'),
  PG_DSN: `postgres://leyden:${canary('postgres')}@127.0.0.1:1/energy`,
  MYSQL_PASSWORD: canary('mysql'),
  NEO4J_PASSWORD: canary('neo4j'),
};

let origin: Origin;
let running: RunningGateway;
const replies: string[] = [];
beforeAll(async () => {
  origin = await openOrigin();
  running = await openGateway(
    `
log: { level: debug }
upstreams:
  some: { url: "${origin.url}" }
  down: { url: "http://127.0.0.1:1", sick: { failures: 3 } }
routes:
  - { path: /down/**, upstream: down, methods: any }
  - { path: /kept-down/**, upstream: down, cache: { ttl: 30s, query: exact } }
  - { path: /pass/**, upstream: some, methods: any }
  - path: /**
    upstream: some
    methods: [GET, POST]
    cache: { ttl: 30s, staleIfError: 1m, staleWhileRevalidate: 5s }
`,
    { environment: configured },
  );
});
afterAll(async () => {
  await running.close();
  await origin.close();
});

/** Every request that there is, each with everything that is secret. */
async function traffic(): Promise<void> {
  const all = { Authorization: sent.authorization, Cookie: sent.cookie, 'X-API-Key': sent.apiKey };
  const sets: Record<string, string>[] = [
    {},
    { Authorization: sent.authorization },
    { Cookie: sent.cookie },
    all,
  ];
  sets.push({ 'Proxy-Authorization': sent.proxy, Authorization: sent.authorization });
  for (const path of [
    '/kept',
    '/pass/x',
    '/down/x',
    '/kept-down/x',
    '/none',
    '/health',
    '/metrics',
  ]) {
    for (const headers of sets) {
      for (const method of ['GET', 'HEAD', 'POST', 'PURGE']) {
        const body = method === 'POST' ? { body: sent.body } : {};
        const target = `${path}?access_token=${sent.query}`;
        const answer = await ask(running.port, target, { method, headers, ...body });
        // What the upstream says to its own caller is the caller's; everything else is ours.
        const isOurs = answer.headers['x-owner'] === undefined;
        if (isOurs) replies.push(answer.rawHeaders.join('\n'), answer.body);
      }
    }
  }
}

async function faults(): Promise<void> {
  const host = `Host: 127.0.0.1:${running.port}`;
  const auth = `Authorization: ${sent.authorization}`;
  const bad = [
    `GET /kept?access_token=${sent.query} HTTP/1.1\r\n${host}\r\n${auth}\r\n${auth}x\r\n\r\n`,
    `GET /kept HTTP/1.1\r\nHost: ${canary('host')}.example\r\n${auth}\r\n\r\n`,
    `GET /kept HTTP/1.1\r\n${host}\r\n${auth}\r\nConnection: Authorization\r\n\r\n`,
    `GET /kept HTTP/1.1\r\n${host}\r\n${auth}\r\nBad Name: ${sent.apiKey}\r\n\r\n`,
    `POST /pass/x HTTP/1.1\r\n${host}\r\n${auth}\r\nContent-Length: x\r\n\r\n${sent.body}`,
    `GET //${sent.query}/x HTTP/1.1\r\n${host}\r\n\r\n`,
    `${sent.apiKey} / HTTP/1.1\r\n${host}\r\n\r\n`,
  ];
  for (const bytes of bad) {
    for (const { headers, body } of await exchange(running.port, bytes)) {
      replies.push([...headers].join('\n'), body);
    }
  }
  // Stale, refreshing, broken off, and a body that never ends.
  await ask(running.port, '/kept', { headers: { Authorization: sent.authorization } });
  origin.answer((req) => req.socket.destroy());
  running.clock.turn(31_000);
  const headers = { Authorization: sent.authorization };
  for (let nth = 0; nth < 3; nth += 1) await ask(running.port, '/kept', { headers });
  replies.push((await ask(running.port, `/new?access_token=${sent.query}`, { headers })).body);
  origin.answer((_req, res) => {
    res.writeHead(200, { 'Content-Length': 99 }).write(sent.body);
    res.destroy();
  });
  await ask(running.port, '/pass/cut', { headers }).catch(() => undefined);
  origin.answer(undefined);
}

async function operations(): Promise<void> {
  const right = { Authorization: `Bearer ${configured.OPERATIONS_TOKEN}` };
  const json = { 'Content-Type': 'application/json' };
  const acts = [
    { headers: { Authorization: sent.authorization } },
    { headers: { ...right, ...json }, method: 'PUT', body: `{"level":"${sent.body}"}` },
    { headers: { ...right, ...json }, method: 'PUT', body: sent.body },
    { headers: { ...right, Cookie: sent.cookie } },
  ];
  for (const path of ['/admin/config', '/admin/log-level', `/admin/x?token=${sent.query}`]) {
    for (const act of acts) {
      const answer = await ask(running.operationsPort, path, act);
      replies.push(answer.rawHeaders.join('\n'), answer.body);
    }
  }
  for (const Accept of ['application/json', 'text/plain']) {
    replies.push((await ask(running.operationsPort, '/metrics', { headers: { Accept } })).body);
  }
}

/** As it is, and in every form in which it may have slipped through. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const digests = ['sha256', 'md5', 'sha1'].flatMap((name) => {
    const made = createHash(name).update(secret).digest();
    return [made.toString('hex'), made.toString('base64'), made.toString('base64url')];
  });
  const base64 = bytes.toString('base64').replace(/=+$/, '').slice(0, -1);
  return [secret, base64, bytes.toString('hex'), encodeURIComponent(secret), ...digests];
}

describe('case 114: after all sorts of traffic and faults', () => {
  it('no secret, in no form, is in log, metrics, answers or shown settings', async () => {
    await traffic();
    await faults();
    await operations();
    await running.close();
    const leaked: string[] = [];
    const everything = [...running.lines(), ...replies, running.gateway.greeting].join('\n');
    expect(everything).toContain('"event":"request"');
    expect(everything).toContain('urn:leyden:problem:connect');
    expect(everything).toContain('http_cache');
    expect(replies.some((text) => text.includes('"operations"'))).toBe(true);
    const secrets: Record<string, string> = { ...sent, ...configured };
    for (const value of [...Object.values(sent), ...Object.values(configured)]) {
      const bare = /canary-[\w-]+/.exec(value)?.[0];
      if (bare !== undefined) secrets[bare] = bare;
    }
    for (const [name, secret] of Object.entries(secrets)) {
      if (formsOf(secret).some((form) => everything.includes(form))) leaked.push(name);
    }
    expect(leaked).toEqual([]);
  });
});
