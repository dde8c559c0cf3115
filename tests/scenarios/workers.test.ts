/** Two worker processes: one port, one cache as far as anybody can see, and one truthful sum. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { endEverything } from '../fakes/leyden-process.js';
import { answererOf, startWorkers, untilSo, type Workers } from './workers-kit.js';

let all: Workers;
beforeAll(async () => {
  all = await startWorkers();
});
afterAll(async () => {
  await endEverything();
  await all.origin.close();
});

/** Asks until both workers hold it; the word that the first caller got. */
async function inBoth(path: string): Promise<string> {
  const first = await all.word(path);
  await untilSo(
    () => all.word(path),
    (word) => word === 'hit; detail=l2',
  );
  return first;
}

describe('two workers behind one port', () => {
  it('both answer, and one computation serves them both', async () => {
    const first = await all.get('/kept/one');
    const other = await untilSo(
      () => all.get('/kept/one'),
      (answer) => answererOf(answer) !== answererOf(first),
    );
    expect([first.headers['x-cache'], other.headers['x-cache']]).toEqual(['MISS', 'HIT']);
    expect(other.body).toBe(first.body);
    expect(all.origin.countOf('/kept/one')).toBe(1);
  });

  it('many callers of one cold answer wait for one computation, in whichever worker', async () => {
    let release = (): void => undefined;
    all.origin.answer((_req, res) => {
      release = () => res.end('computed once');
    });
    const before = all.origin.calls.length;
    const callers = Array.from({ length: 8 }, () => all.get('/kept/cold'));
    await all.origin.asked(before + 1);
    await untilSo(all.metrics, ({ held }) => held['waiters'] === 8);
    release();
    const answers = await Promise.all(callers);
    all.origin.answer(undefined);
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['computed once']));
    expect(all.origin.countOf('/kept/cold')).toBe(1);
  });

  it('an answer of one caller is given to no other, whichever worker he meets', async () => {
    const mine = { headers: { Authorization: 'Bearer mine' } };
    const yours = { headers: { Authorization: 'Bearer yours' } };
    const seen = [];
    for (const who of [mine, yours, mine, yours, yours, mine]) {
      const { body, headers } = await all.get('/kept/own', who);
      seen.push([who === mine, (JSON.parse(body) as { owner: string }).owner, headers['x-owner']]);
    }
    expect(new Set(seen.map(([isMine, owner]) => `${isMine} ${owner}`)).size).toBe(2);
    expect(all.origin.countOf('/kept/own')).toBe(2);
  });

  it('/metrics is the sum, on either listener, and its identities hold', async () => {
    const before = (await all.metrics()).http_cache;
    for (let nth = 0; nth < 10; nth += 1) await all.get(`/kept/sum-${nth % 3}`);
    const { workers, http_cache: cache } = await all.metrics();
    expect(workers).toBe(2);
    expect(cache.total_requests - before.total_requests).toBe(10);
    expect(cache.misses - before.misses).toBe(3);
    expect(cache.total_requests).toBe(cache.hits + cache.misses);
    expect(cache.by_endpoint['/kept/**']?.hits).toBe(cache.hits);
    const seen = JSON.parse((await ask(all.port, '/metrics')).body) as { http_cache: unknown };
    expect(seen.http_cache).toMatchObject({ hits: cache.hits, misses: cache.misses });
    const text = await ask(all.operationsPort, '/metrics', { headers: { Accept: 'text/plain' } });
    expect(text.body).toMatch(/^leyden_workers 2$/m);
    const hits = [...text.body.matchAll(/^leyden_hits_total\{.*?\} (\d+)$/gm)];
    expect(hits.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(cache.hits);
  });
});

describe('an acknowledged delete', () => {
  it.each([
    ['path', '/kept/gone-path', { type: 'path', selectors: ['/kept/gone-path'] }],
    ['tag', '/kept/gone-tag', { type: 'tag', selectors: ['kept'] }],
    ['pattern', '/kept/gone-pattern', { type: 'pattern', selectors: ['/kept/**'] }],
    ['route', '/kept/gone-route', { type: 'route', selectors: ['/kept/**'] }],
    ['all', '/kept/gone-all', { type: 'all' }],
  ])('by %s holds in every worker', async (_type, path, order) => {
    expect(await inBoth(path)).toBe('fwd=uri-miss; stored');
    const purged = await all.operate('POST', '/admin/cache/invalidate', {
      ...{ ...order, mode: 'delete' },
    });
    expect(purged.status).toBe(200);
    expect(purged.body).toMatchObject({ acked: 2, pending: 0 });
    if (_type === 'path') expect(purged.body['matched']).toBe(2);
    expect(await inBoth(path)).toBe('fwd=uri-miss; stored');
    expect(all.origin.countOf(path)).toBe(2);
    const past = await all.operate(
      'GET',
      `/admin/cache/invalidations/${String(purged.body['id'])}`,
    );
    expect(past.body).toMatchObject({ acked: 2, pending: 0 });
  });

  it('leaves nothing old behind where it is only made stale', async () => {
    await inBoth('/kept/staled');
    await all.operate('POST', '/admin/cache/invalidate', { type: 'tag', selectors: ['kept'] });
    expect(await inBoth('/kept/staled')).toMatch(/stored$/);
    expect(all.origin.countOf('/kept/staled')).toBe(2);
  });

  it('follows a change that came through one worker, and PURGE does the same', async () => {
    await inBoth('/kept/changed');
    await all.get('/kept/changed', { method: 'POST', body: 'x' });
    await untilSo(
      () => all.operate('GET', '/admin/cache/entries?prefix=/kept/changed'),
      ({ body }) => (body['entries'] as unknown[]).length === 0,
    );
    expect(await inBoth('/kept/changed')).toBe('fwd=uri-miss; stored');
    const purged = await all.operate('PURGE', '/kept/changed');
    expect(purged).toMatchObject({ status: 200, body: { acked: 2, matched: 2 } });
    expect(await inBoth('/kept/changed')).toBe('fwd=uri-miss; stored');
  });
});

describe('the operator', () => {
  it('sees the answers of all workers, each once, and why one is kept', async () => {
    await inBoth('/kept/listed');
    const { body } = await all.operate('GET', '/admin/cache/entries?prefix=/kept/listed');
    expect(body).toMatchObject({ entries: [{ path: '/kept/listed', workers: [1, 2] }] });
    const why = await all.operate('GET', '/admin/cache/explain?url=/kept/listed');
    expect(why.body).toMatchObject({ verdict: 'hit' });
    const unknown = await all.operate('GET', '/admin/cache/entries?colour=red');
    expect(unknown.status).toBe(422);
    const ready = await all.operate('GET', '/health/ready');
    expect(ready.body).toMatchObject({ parts: { workers: 'healthy' } });
  });

  it('sets the level of all logs at once, and is refused without the token', async () => {
    expect((await all.operate('PUT', '/admin/log-level', { level: 'warn' })).status).toBe(200);
    await inBoth('/kept/quiet');
    await all.operate('PUT', '/admin/log-level', { level: 'info' });
    await inBoth('/kept/loud');
    const { body } = await all.operate('GET', '/metrics');
    expect(body['workers']).toBe(2);
    await all.said(/"path":"\/kept\/loud"/);
    const [lines] = await all.said(/"event"[^]*/);
    expect(lines).not.toContain('/kept/quiet');
    expect((await ask(all.operationsPort, '/admin/cache/entries')).status).toBe(401);
  });

  it('finds an answer that was promised for later, whichever worker promised it', async () => {
    const headers = { Prefer: 'respond-async' };
    let release = (): void => undefined;
    all.origin.answer((_req, res) => {
      release = () => res.end('later');
    });
    const before = all.origin.calls.length;
    const promised = await all.get('/kept/later', { headers });
    expect(promised.status).toBe(202);
    const place = promised.headers['location'] ?? '';
    await all.origin.asked(before + 1);
    for (let nth = 0; nth < 4; nth += 1) expect((await all.get(place)).status).toBe(200);
    release();
    all.origin.answer(undefined);
    const done = await untilSo(
      () => all.get(place),
      ({ status }) => status === 303,
    );
    const bodies = [];
    for (let nth = 0; nth < 2; nth += 1)
      bodies.push((await all.get(done.headers['location'] ?? '')).body);
    expect(bodies).toEqual(['later', 'later']);
  });
});
