/** `/admin/cache/warm` and `/admin/cache/top` of a gateway that runs, with an origin behind it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask, type ClientAnswer } from '../fakes/client.js';
import { openGateway, TOKEN, type RunningGateway } from '../fakes/gateway.js';
import { openOrigin, type Origin } from '../fakes/origin.js';
import { until } from '../fakes/waiting.js';
import { JSON_TYPE, RIGHT } from './cache-kit.js';

interface Begun {
  readonly id: string;
  readonly accepted: number;
  readonly refused: readonly { readonly url: string; readonly reason: string }[];
}

let origin: Origin;
let running: RunningGateway;
let folder = '';
beforeAll(async () => {
  origin = await openOrigin();
  folder = mkdtempSync(join(tmpdir(), 'leyden-warm-'));
  writeFileSync(join(folder, 'list.txt'), '# what everybody asks for\n\n/c/from-file\n/x/no\n');
  const yaml = `
upstreams: { some: { url: "${origin.url}" } }
warm: { urls: [/c/at-start], file: "${join(folder, 'list.txt')}", waiting: 1000 }
routes:
  - { path: /c/**, upstream: some, cache: { ttl: 30s, errorTtl: 30s } }
  - { path: /x/**, upstream: some }
`;
  running = await openGateway(yaml, { environment: { OPERATIONS_TOKEN: TOKEN } });
});
afterAll(async () => {
  await running.close();
  await origin.close();
  rmSync(folder, { recursive: true, force: true });
});

function send(body: unknown, headers: object = RIGHT): Promise<ClientAnswer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const more = { method: 'POST', headers: { ...headers, ...JSON_TYPE }, body: text };
  return ask(running.operationsPort, '/admin/cache/warm', more);
}

async function look(path: string): Promise<Record<string, unknown> & { status: number }> {
  const answer = await ask(running.operationsPort, `/admin/cache/${path}`, { headers: RIGHT });
  return { ...(JSON.parse(answer.body) as object), status: answer.status };
}

const kindOf = async (path: string): Promise<string | undefined> =>
  (await ask(running.port, path)).headers['x-cache'];

describe('the addresses of the settings', () => {
  it('are computed after the start, those of the file too', async () => {
    await until(() => origin.countOf('/c/at-start') + origin.countOf('/c/from-file') === 2);
    expect(await kindOf('/c/at-start')).toBe('HIT');
    expect(origin.countOf('/x/no')).toBe(0);
    const line = running.lines().find((one) => one.includes('warm_began')) ?? '';
    expect(JSON.parse(line)).toMatchObject({ accepted: 2, refused: 1, reasons: 'no-cache-rule' });
  });
});

describe('GET /admin/cache/top', () => {
  it('lists what hits have saved, and no error however often it is asked for', async () => {
    origin.answer((req, res) => {
      res.statusCode = req.url === '/c/broken' ? 404 : 200;
      res.end('x');
    });
    for (const path of ['/c/broken', '/c/broken', '/c/broken', '/c/wanted', '/c/wanted']) {
      await kindOf(path);
    }
    origin.answer(undefined);
    expect(await kindOf('/c/broken')).toBe('HIT');
    const { entries } = (await look('top')) as unknown as { entries: readonly { path: string }[] };
    const paths = entries.map(({ path }) => path);
    expect(paths).toContain('/c/wanted');
    expect(paths).not.toContain('/c/broken');
  });
});

describe('POST /admin/cache/warm', () => {
  it('has the answers computed and says where it can be asked how far it is', async () => {
    const here = `http://127.0.0.1:${running.port}`;
    const answer = await send({ urls: ['/c/1?a=1', `${here}/c/2`, `${here}/c/2`] });
    const { id, accepted, refused } = JSON.parse(answer.body) as Begun;
    expect([answer.status, accepted, refused]).toEqual([202, 3, []]);
    expect(answer.headers['location']).toBe(`/admin/cache/warm/${id}`);
    const after = await look(`warm/${id}?wait=20`);
    expect(after).toMatchObject({ status: 200, state: 'done', done: 3, computed: 2, fresh: 1 });
    expect([await kindOf('/c/1?a=1'), await kindOf('/c/2')]).toEqual(['HIT', 'HIT']);
    expect(origin.countOf('/c/2')).toBe(1);
    const [call] = origin.calls.filter(({ target }) => target === '/c/2');
    expect(call?.rawHeaders.map((text) => text.toLowerCase())).not.toContain('authorization');
  });

  it('warms nothing that the gate or the rules would refuse', async () => {
    const urls = [
      ...['/c/../x', '/c/%2e%2e/x', '//c/1', 'c/1', '/c/a b', '/c/\r\nx: y', '/c/#frag'],
      ...['http://elsewhere.test/c/1', 'http://user:secret@127.0.0.1/c/1', 'ftp://127.0.0.1/c/1'],
      ...['/metrics', '/health', '/.leyden/answers/1', '/x/1', '/none'],
    ];
    const before = origin.calls.length;
    const { accepted, refused } = JSON.parse((await send({ urls })).body) as Begun;
    expect(refused.map(({ url }) => url)).toEqual(urls);
    expect([accepted, origin.calls.length]).toEqual([0, before]);
  });

  it.each([
    ['no addresses', { urls: [] }],
    ['too many', { urls: Array.from({ length: 1_001 }, (_, nth) => `/c/${nth}`) }],
    ['something else', { urls: [1] }],
    ['headers', { urls: ['/c/1'], headers: { authorization: 'x' } }],
    ['a top of nothing', { top: 0 }],
    ['both', { urls: ['/c/1'], top: 1 }],
  ])('refuses an order of %s with 422', async (_name, order) => {
    expect((await send(order)).status).toBe(422);
  });

  it('needs the token, and JSON', async () => {
    expect((await send({ urls: ['/c/1'] }, {})).status).toBe(401);
    expect((await send('{"urls":', RIGHT)).status).toBe(400);
    expect((await ask(running.operationsPort, '/admin/cache/top')).status).toBe(401);
  });

  it('takes a thousand long addresses, and answers 429 when too many wait', async () => {
    const long = (nth: number): string => `/c/${nth}?q=${'x'.repeat(500)}`;
    origin.answer(() => undefined);
    const urls = Array.from({ length: 1_000 }, (_, nth) => long(nth));
    const first = await send({ urls });
    expect(first.status).toBe(202);
    const second = await send({ urls });
    expect([second.status, second.headers['retry-after']]).toEqual([429, '30']);
    expect((await look('warm/none')).status).toBe(404);
    const { held } = JSON.parse(
      (await ask(running.operationsPort, '/metrics', { headers: RIGHT })).body,
    ) as { held: Record<string, number> };
    expect([held['warm_waiting'], held['warm_waiting_max']]).toEqual([996, 1_000]);
    // Whoever shuts down does not wait for the rest.
    const { id } = JSON.parse(first.body) as Begun;
    const waiting = look(`warm/${id}?wait=20`);
    // Asked on the same listener, so it has come in before this one is answered.
    await look('top');
    const closing = running.close();
    expect(await waiting).toMatchObject({ state: 'running', failed: { cancelled: 996 } });
    origin.answer(undefined);
    await closing;
    expect(origin.calls.length).toBeLessThan(100);
  });
});
