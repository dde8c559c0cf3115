/** Explaining: what would become of a request, told without asking or changing anything. */
import { describe, expect, it } from '@jest/globals';
import { explain, type Explanation } from '../../src/cache/explain.js';
import { cached, openHouse, requestOf, routeOf, type Asked } from '../fakes/rooms.js';
import { settle } from '../fakes/waiting.js';

const ROUTES = [
  cached('/rule', {
    staleWhileRevalidate: 60_000,
    query: 'sorted',
    headers: ['accept-language', 'x-api-key'],
    cookies: ['session'],
  }),
  cached('/plain'),
  routeOf('/http', { cache: 'http' }),
  routeOf('/through'),
];

function open() {
  const house = openHouse({ routes: ROUTES });
  const headers = ['Cache-Control', 'max-age=60'];
  house.upstream.always(() => ({ headers, body: 'canary-body' }));
  return {
    ...house,
    explained: (path: string, asked?: Asked): Explanation =>
      explain(house.rooms, requestOf(path, asked)),
  };
}

describe('an explanation', () => {
  it.each<[string, Asked, Partial<Explanation>]>([
    ['/none', {}, { verdict: 'no-route', route: null, cache_status: null }],
    ['/rule', { method: 'POST' }, { verdict: 'no-route' }],
    ['/through', {}, { verdict: 'bypass', cache: 'none', route: '/through' }],
    ['/plain', { headers: ['Cookie', 'a=b'] }, { verdict: 'bypass', cache: 'rule', key: null }],
    ['/plain', { headers: ['X-Api-Key', 'a'] }, { verdict: 'bypass' }],
    ['/http', { headers: ['If-Match', '"e"'] }, { verdict: 'bypass', cache: 'http' }],
    ['/http', { headers: ['Range', 'bytes=0-1'] }, { verdict: 'bypass' }],
    ['/http', { headers: ['Cache-Control', 'only-if-cached'] }, { verdict: 'failed' }],
    ['/plain', {}, { verdict: 'miss', cache_status: 'leyden; fwd=uri-miss', stored: null }],
  ])('of %s %j says what would become of it', (path, asked, wanted) => {
    const { explained, upstream } = open();
    const explanation = explained(path, asked);
    expect(explanation).toMatchObject(wanted);
    expect(explanation.why.join(' ')).not.toBe('');
    expect(upstream.calls).toHaveLength(0);
  });

  it('of what is stored says its state, its age and what Cache-Status would say', async () => {
    const { explained, ask, clock, rooms } = open();
    await ask('/rule');
    clock.turn(10_000);
    expect(explained('/rule')).toMatchObject({
      verdict: 'hit',
      cache_status: 'leyden; hit; ttl=20; detail=l1',
      stored: { state: 'fresh', age_seconds: 10, ttl_seconds: 20, hits: 0 },
      lifetime: { source: 'rule' },
    });
    clock.turn(25_000);
    expect(explained('/rule')).toMatchObject({
      verdict: 'stale',
      cache_status: 'leyden; hit; ttl=-5; detail=revalidating',
      stored: { state: 'stale' },
    });
    rooms.purges.purge(['route:/rule'], 'delete');
    expect(explained('/rule')).toMatchObject({ verdict: 'miss', stored: null });
    // It was not cleared out, nor counted as asked for.
    expect(rooms.store.stats().entries).toBe(1);
  });

  it('says the very words that the answer then carries', async () => {
    const { explained, ask } = open();
    expect([explained('/http').verdict, (await ask('/http')).kind]).toEqual(['miss', 'miss']);
    expect([explained('/http').verdict, (await ask('/http')).kind]).toEqual(['hit', 'hit']);
    expect(explained('/http').lifetime).toMatchObject({ source: 'max-age' });
  });

  it('names the parts of the key, and no credential and no body', async () => {
    const { explained, ask } = open();
    const asked: Asked = {
      query: 'b=2&a=1',
      partition: 'qLmv8dK0hmacOfTheCredential',
      headers: [
        ...['Authorization', 'Bearer canary-token', 'Cookie', 'session=canary-cookie; x=1'],
        ...['X-Api-Key', 'canary-key', 'Accept-Language', 'de'],
      ],
    };
    await ask('/rule', asked);
    const explanation = explained('/rule', asked);
    expect(explanation.verdict).toBe('hit');
    expect(explanation.key).toMatchObject({
      partition: '(hmac) qLmv…',
      parts: {
        host: 'here',
        path: '/rule',
        query: 'a=1&b=2',
        authorization: '(hmac) qLmv…',
        cookie: 'session=(hidden)',
        'x-api-key': '(hidden)',
        'accept-language': 'de',
      },
    });
    expect(JSON.stringify(explanation)).not.toMatch(/canary|OfTheCredential/);
  });

  it('says how many computations are under way', async () => {
    const { explained, ask, upstream } = open();
    upstream.byHand();
    const waiting = ask('/plain');
    await settle();
    expect(explained('/plain').computing).toBe(1);
    (await upstream.call(0)).answer();
    await waiting;
    expect(explained('/plain').computing).toBe(0);
  });

  it('of a key that remembers something says what, and what that means', async () => {
    const routes = [cached('/**', { errorTtl: 10_000 })];
    const { ask, rooms, upstream } = openHouse({ routes });
    const whyOf = (path: string): Explanation => explain(rooms, requestOf(path));
    upstream.always(() => ({ headers: ['Cache-Control', 'no-store'] }));
    await ask('/alone');
    expect(whyOf('/alone')).toMatchObject({ verdict: 'miss' });
    expect(whyOf('/alone').why.join(' ')).toContain(
      '(no-store): for 120 s callers ask side by side',
    );
    upstream.always(() => 'connect');
    await ask('/failed');
    expect(whyOf('/failed')).toMatchObject({ verdict: 'failed', cache_status: null });
    expect(whyOf('/failed').why.join(' ')).toContain('(connect), 1 in a row');
  });
});
