/** Taking answers back by the admin API: what is read, what is refused, what is written down. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ask } from '../fakes/client.js';
import { TOKEN } from '../fakes/gateway.js';
import { JSON_TYPE, openDesk, RIGHT, type CacheDesk } from './cache-kit.js';

let desk: CacheDesk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk.close());
beforeEach(async () => {
  await desk.invalidate({ type: 'all', mode: 'delete' });
});

describe('POST /admin/cache/invalidate', () => {
  it('takes answers back, says how many, and remembers that it did', async () => {
    await desk.get('/c/1');
    await desk.get('/c/1', { Authorization: 'Bearer somebody' });
    const done = await desk.invalidate({ type: 'path', selectors: ['/c/1'], mode: 'delete' });
    expect(done).toEqual({ id: done.id, matched: 2, acked: 1, pending: 0 });
    expect(await desk.kindOf('/c/1')).toBe('MISS');
    const past = await desk.admin<object>(`invalidations/${done.id}`);
    expect(past).toMatchObject({ ...done, type: 'path', mode: 'delete', selectors: 1 });
    expect(await desk.statusOf('invalidations/none')).toBe(404);
  });

  it('makes old where no mode is named, and takes `wait` for one node or all', async () => {
    await desk.get('/c/1');
    const done = await desk.invalidate({ type: 'tag', selectors: ['c'], wait: 'cluster' });
    expect(done.matched).toBeNull();
    const { entries } = await desk.admin<{ entries: readonly object[] }>('entries');
    expect(entries).toMatchObject([{ path: '/c/1', state: 'expired' }]);
  });

  it.each<[number, string, RegExp]>([
    [400, '{"type":{"$gt":""},"selectors":["/c"]}', /type/],
    [400, '{"type":"path","selectors":"/c/1"}', /selectors/],
    [400, '{"type":"path","selectors":[{"$gt":""}]}', /selectors\.0/],
    [400, '{"type":"path","selectors":[1]}', /selectors\.0/],
    [400, '{"selectors":["/c/1"]}', /type/],
    [400, '{"type":"all","prefix":"/"}', /not known/],
    [400, '[]', /object/],
    [400, '{"type":', /JSON/],
    [422, '{"type":"prefix","selectors":["/"]}', /type/],
    [422, '{"type":"all","mode":"purge"}', /mode/],
    [422, '{"type":"all","wait":"ever"}', /wait/],
    [422, '{"type":"all","selectors":["/c/1"]}', /selectors\.0/],
    [422, '{"type":"path","selectors":[]}', /selectors/],
    [422, '{"type":"path"}', /selectors/],
    [422, '{"type":"path","selectors":["/ok","c/1"]}', /selectors\.1/],
    [422, '{"type":"path","selectors":["//c/1"]}', /selectors\.0/],
    [422, '{"type":"path","selectors":["/c\\\\1"]}', /selectors\.0/],
    [422, '{"type":"path","selectors":["/c/ü"]}', /selectors\.0/],
    [422, `{"type":"path","selectors":["/${'c'.repeat(10_240)}"]}`, /selectors\.0/],
    [422, '{"type":"pattern","selectors":["/c/1*"]}', /selectors\.0/],
    [422, '{"type":"pattern","selectors":["/**/c"]}', /selectors\.0/],
    [422, '{"type":"pattern","selectors":["/c/[0-9]"]}', /selectors\.0/],
    [422, '{"type":"pattern","selectors":["/c?"]}', /selectors\.0/],
    [422, '{"type":"pattern","selectors":["/c/../x"]}', /selectors\.0/],
    [422, '{"type":"tag","selectors":["c\\n"]}', /selectors\.0/],
    [422, '{"type":"key","selectors":["../k"]}', /selectors\.0/],
  ])('case 107: %i to %s, and nothing is purged', async (status, body, named) => {
    await desk.get('/c/1');
    const answer = await desk.send(body);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect((JSON.parse(answer.body) as { detail: string }).detail).toMatch(named);
    expect(answer.body).not.toMatch(/\$gt|prefix|ccc/);
    expect(await desk.kindOf('/c/1')).toBe('HIT');
  });

  it.each<[string, object, string | undefined, number]>([
    ['GET', RIGHT, undefined, 404],
    ['POST', { ...JSON_TYPE, Cookie: `token=${TOKEN}` }, '{"type":"all"}', 401],
    ['POST', { ...RIGHT, 'Content-Type': 'text/plain' }, '{"type":"all"}', 415],
    ['POST', RIGHT, '{"type":"all"}', 415],
  ])('case 109: %s with %j is refused', async (method, headers, body, status) => {
    const more = body === undefined ? {} : { body };
    const path = '/admin/cache/invalidate';
    const options = { method, headers: { ...headers }, ...more };
    expect((await ask(desk.running.operationsPort, path, options)).status).toBe(status);
  });

  it('case 110: each purge is one line that says who, what, how many and when', async () => {
    await desk.get('/c/1');
    const who = createHash('sha256').update(TOKEN).digest('hex').slice(0, 8);
    const lines = () => desk.running.lines().filter((line) => line.includes('"invalidated"'));
    const before = lines().length;
    const order = { type: 'path', selectors: ['/c/1?secret=canary'], mode: 'delete' };
    const { id } = await desk.invalidate(order);
    await desk.send('{"type":"nothing"}');
    const said = lines().slice(before);
    expect(said).toHaveLength(1);
    expect(JSON.parse(said[0] ?? '')).toMatchObject({
      ...{ who, scope: 'path: /c/1?…', mode: 'delete', count: 0, id, level: 'warn' },
      epoch: expect.any(Number),
    });
    expect(desk.running.lines().join('')).not.toContain(TOKEN);
    expect(desk.running.lines().join('')).not.toContain('canary');
  });
});
