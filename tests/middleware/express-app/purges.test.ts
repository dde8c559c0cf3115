/** Purges take back what is stored and what is still being computed; the numbers tell of both. */
import { describe, expect, it } from '@jest/globals';
import { createCache, responseCache } from '../../../src/index.js';
import { ask } from '../../fakes/client.js';
import { turnedClock } from '../../fakes/hand-clock.js';
import { until } from '../../fakes/waiting.js';
import { gate, kept, keptCache, listening } from './kit.js';

async function counted() {
  const runs = { one: 0, two: 0 };
  const clock = turnedClock();
  const cache = keptCache(createCache({ clock }));
  const rule = { ttl: '30s', staleWhileRevalidate: '30s', cache } as const;
  const port = await listening((app) => {
    app.use(
      '/one',
      responseCache({ ...rule, name: 'one', tags: ['first'] }, (_req, res) => {
        runs.one += 1;
        res.set('Cache-Tag', 'said').send(`one ${runs.one}`);
      }),
    );
    app.use(
      '/two',
      responseCache({ ...rule, name: 'two' }, (_req, res) => {
        runs.two += 1;
        res.send(`two ${runs.two}`);
      }),
    );
  });
  const words = async (path: string): Promise<string> => {
    const { body, headers } = await ask(port, path);
    return `${headers['x-cache'] ?? ''} ${body}`;
  };
  return { cache, clock, words };
}

describe('purging', () => {
  it.each([
    [{ tags: ['first'] }, 'MISS one 2', 'HIT two 1'],
    [{ tags: ['said'] }, 'MISS one 2', 'HIT two 1'],
    [{ tags: ['route:one'] }, 'MISS one 2', 'HIT two 1'],
    [{ tags: ['nothing'] }, 'HIT one 1', 'HIT two 1'],
    [{ path: '/one/a' }, 'MISS one 2', 'HIT two 1'],
    [{ path: '/one' }, 'HIT one 1', 'HIT two 1'],
    [{ all: true as const }, 'MISS one 2', 'MISS two 2'],
    [{ all: true as const, mode: 'stale' as const }, 'STALE one 1', 'STALE two 1'],
  ])('by %j takes back exactly that', async (what, one, two) => {
    const { cache, words } = await counted();
    await words('/one/a?b=1');
    await words('/two/a');
    cache.purge(what);
    expect(await words('/one/a?b=1')).toBe(one);
    expect(await words('/two/a')).toBe(two);
  });

  it('gives nobody who asks later the answer that was being computed', async () => {
    const gates = [gate(), gate()];
    let runs = 0;
    const slow = kept(
      responseCache({ ttl: '30s' }, async (_req, res) => {
        const mine = runs;
        runs += 1;
        await gates[mine]?.opened;
        res.send(`run ${mine}`);
      }),
    );
    const port = await listening((app) => app.use(slow));
    const before = ask(port, '/a');
    await until(() => runs === 1);
    slow.cache.purge({ path: '/a' });
    const after = ask(port, '/a');
    await until(() => runs === 2);
    gates[1]?.open();
    expect((await after).body).toBe('run 1');
    gates[0]?.open();
    expect((await before).body).toBe('run 0');
    expect((await ask(port, '/a')).body).toBe('run 1');
  });
});

describe('the numbers', () => {
  it('have the names of http_cache in /metrics, and hold its identities', async () => {
    const { cache, words } = await counted();
    for (const path of ['/one', '/one', '/two', '/one']) await words(path);
    const stats = cache.stats();
    expect(Object.keys(stats)).toEqual([
      ...['hits', 'misses', 'errors', 'cache_errors', 'hit_rate_percent', 'total_requests'],
      ...['total_latency_saved_ms', 'avg_latency_saved_ms'],
      ...['compute_seconds_saved', 'compute_seconds_spent', 'compute_seconds_background'],
      ...['compute_seconds_unused', 'compute_seconds_net'],
      ...['coalesced', 'stale_served', 'bypassed', 'stored', 'refused', 'by_endpoint'],
      ...['memory', 'last_minute', 'held'],
    ]);
    expect(stats).toMatchObject({ hits: 2, misses: 2, total_requests: 4, hit_rate_percent: 50 });
    expect(stats.last_minute).toMatchObject({ hits: 2, misses: 2 });
    expect(stats.memory).toMatchObject({ entries: 2, max_entries: 100_000 });
    expect(stats.by_endpoint['one']).toMatchObject({ hits: 2, misses: 1 });
  });

  it('show an old answer that goes out while a new one is computed', async () => {
    const { cache, clock, words } = await counted();
    await words('/one');
    clock.turn(31_000);
    expect(await words('/one')).toBe('STALE one 1');
    await until(() => cache.stats().held['flights'] === 0);
    expect(await words('/one')).toBe('HIT one 2');
    expect(cache.stats()).toMatchObject({ stale_served: 1, hits: 2 });
  });
});
