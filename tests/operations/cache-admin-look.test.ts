/** Looking into the cache by the admin API: entries, flights and explanations. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '../fakes/waiting.js';
import { openDesk, type CacheDesk } from './cache-kit.js';

interface Listed {
  readonly entries: readonly { readonly key: string; readonly path: string }[];
  readonly cursor: string | null;
}

let desk: CacheDesk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk.close());
beforeEach(async () => {
  await desk.invalidate({ type: 'all', mode: 'delete' });
});

describe('GET /admin/cache/entries', () => {
  it('lists what is stored in pages, by tag, route and the beginning of the path', async () => {
    for (const path of ['/c/1', '/c/2', '/c/30', '/slow', '/x/1']) await desk.get(path);
    const paths = async (query: string): Promise<string[]> =>
      (await desk.admin<Listed>(`entries?${query}`)).entries.map(({ path }) => path).sort();
    expect(await paths('')).toEqual(['/c/1', '/c/2', '/c/30', '/slow']);
    expect(await paths('tag=c')).toEqual(['/c/1', '/c/2', '/c/30']);
    expect(await paths(`route=${encodeURIComponent('/c/**')}`)).toHaveLength(3);
    expect(await paths('prefix=/c/3')).toEqual(['/c/30']);
    for (const odd of ['*', '?', '[a-z]', '\\', '..', '/c/..'].map(encodeURIComponent)) {
      expect(await paths(`prefix=${odd}`)).toEqual([]);
    }
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const more: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const page: Listed = await desk.admin<Listed>(`entries?limit=3${more}`);
      seen.push(...page.entries.map(({ path }) => path));
      ({ cursor } = page);
    }
    expect(seen.sort()).toEqual(['/c/1', '/c/2', '/c/30', '/slow']);
  });

  it('shows one answer without its body or whose it is', async () => {
    await desk.get('/c/1', { Authorization: 'Bearer canary' });
    const { entries } = await desk.admin<Listed>('entries');
    const one = await desk.admin<object>(`entries/${entries[0]?.key ?? ''}`);
    expect(one).toMatchObject({
      path: '/c/1',
      status: 200,
      state: 'fresh',
      tags: expect.any(Array),
    });
    expect(JSON.stringify(one)).toMatch(/"partition":"\(hmac\) .{4}\W/);
    expect(JSON.stringify(one)).not.toMatch(/canary|serial/);
    expect(await desk.statusOf('entries/none')).toBe(404);
  });

  it.each(['limit=0', 'limit=1001', 'limit=x', 'limit=1&limit=2', 'tag=', 'nothing=1'])(
    '%s is 422',
    async (query) => {
      expect(await desk.statusOf(`entries?${query}`)).toBe(422);
    },
  );
});

describe('GET /admin/cache/flights', () => {
  it('shows what is being computed, and how many wait', async () => {
    const held: (() => void)[] = [];
    desk.origin.answer((_req, res) => held.push(() => res.end('done')));
    const waiting = [desk.get('/slow?a=1'), desk.get('/slow?a=1')];
    await until(() => held.length > 0);
    interface Shown {
      readonly flights: readonly { readonly waiters: number }[];
    }
    let shown: Shown = { flights: [] };
    while ((shown.flights[0]?.waiters ?? 0) < 2) shown = await desk.admin<Shown>('flights');
    expect(shown).toMatchObject({
      count: 1,
      flights: [{ route: '/slow', path: '/slow', query: 'a=1', partition: 'anon', waiters: 2 }],
    });
    for (const end of held) end();
    await Promise.all(waiting);
    desk.origin.answer(undefined);
    expect(await desk.admin<Shown>('flights')).toEqual({ count: 0, flights: [] });
  });
});

describe('GET /admin/cache/explain', () => {
  it('says what would become of a request, and asks nobody', async () => {
    const asked = desk.origin.calls.length;
    const query = new URLSearchParams({ url: '/c/1?a=1' });
    query.append('header', 'Authorization: Bearer canary');
    query.append('header', 'Accept: */*');
    const before = await desk.admin<object>(`explain?${query.toString()}`);
    expect(before).toMatchObject({ verdict: 'miss', route: '/c/**', upstream: 'some' });
    expect(JSON.stringify(before)).not.toContain('canary');
    expect(desk.origin.calls).toHaveLength(asked);
    await desk.get('/c/1?a=1', { Authorization: 'Bearer canary' });
    expect(await desk.admin<object>(`explain?${query.toString()}`)).toMatchObject({
      verdict: 'hit',
    });
    expect(await desk.admin<object>('explain?url=/c/1')).toMatchObject({ verdict: 'miss' });
    expect(await desk.admin<object>('explain?url=/x/1&method=delete')).toMatchObject({
      verdict: 'no-route',
    });
  });

  it.each([
    ['http://elsewhere.example/c/1', /421/],
    ['/c/../x', /400/],
    ['//c', /400/],
  ])('of %s says that the gate refuses it', async (url, why) => {
    const said = await desk.admin<{ verdict: string; why: string[] }>(
      `explain?url=${encodeURIComponent(url)}`,
    );
    expect(said.verdict).toBe('refused');
    expect(said.why.join()).toMatch(why);
  });

  it.each(['', 'url=', 'url=/c&method=%20', 'url=/c&header=nonsense', 'url=/c&what=1'])(
    'with %j is 422',
    async (query) => {
      expect(await desk.statusOf(`explain?${query}`)).toBe(422);
    },
  );
});
