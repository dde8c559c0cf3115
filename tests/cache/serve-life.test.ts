/** The life of an answer under a lifetime rule: asked once, kept, old, refreshed, gone. */
import { describe, expect, it } from '@jest/globals';
import type { Outcome } from '../../src/message.js';
import { cached, openHouse, routeOf } from '../fakes/rooms.js';
import { settle, textOf } from '../fakes/waiting.js';

async function bodyOf(outcome: Outcome): Promise<string> {
  return 'reply' in outcome ? await textOf(outcome.reply.body) : outcome.kind;
}

function numbered(routes: Parameters<typeof openHouse>[0]['routes']) {
  const house = openHouse({ routes });
  house.upstream.always((_request, nth) => ({ body: `answer ${nth}` }));
  return house;
}

describe('an answer that is kept', () => {
  it('is computed once, then hit until its lifetime ends, then computed again', async () => {
    const { ask, clock, upstream } = numbered([cached('/r')]);
    const first = await ask('/r');
    expect(first).toMatchObject({ kind: 'miss', joined: false, refused: undefined, route: '/r' });
    clock.turn(29_999);
    const second = await ask('/r');
    expect(second).toMatchObject({ kind: 'hit', tier: 'l1', negative: false });
    expect(second).toMatchObject({ life: { ageMs: 29_999, ttlMs: 1 } });
    expect(await bodyOf(second)).toBe('answer 0');
    clock.turn(1);
    expect(await bodyOf(await ask('/r'))).toBe('answer 1');
    expect(upstream.calls).toHaveLength(2);
  });

  it('remembers what it cost, which a hit saves', async () => {
    const { ask, clock, upstream } = openHouse({ routes: [cached('/r')] });
    const first = ask('/r');
    const call = await upstream.call(0);
    clock.turn(700);
    call.answer();
    await first;
    expect(await ask('/r')).toMatchObject({ kind: 'hit', life: { costMs: 700, ageMs: 0 } });
  });

  it('case 26: HEAD is answered from GET, asks with GET, and fills what GET reads', async () => {
    const { ask, upstream } = numbered([cached('/r')]);
    expect((await ask('/r', { method: 'HEAD' })).kind).toBe('miss');
    expect(upstream.calls[0]?.request.method).toBe('GET');
    const got = await ask('/r');
    expect(got.kind).toBe('hit');
    expect(await bodyOf(got)).toBe('answer 0');
  });

  it('cases 24, 25 and 48: what only this request wants is not asked upstream', async () => {
    const { ask, upstream } = numbered([cached('/r')]);
    const headers = [
      'If-None-Match',
      '"x"',
      'Range',
      'bytes=0-0',
      'If-Match',
      '"y"',
      'Accept',
      'x',
    ];
    await ask('/r', { headers });
    const names = upstream.calls[0]?.request.headers.filter((_, at) => at % 2 === 0);
    expect(names).toEqual(['Accept-Encoding', 'X-Request-Id']);
    expect((await ask('/r')).kind).toBe('hit');
  });

  it('case 54: a client that asks for a fresh one gets what the rule says', async () => {
    const { ask, upstream } = numbered([cached('/r')]);
    await ask('/r');
    const headers = ['Cache-Control', 'no-cache', 'Pragma', 'no-cache'];
    expect((await ask('/r', { headers })).kind).toBe('hit');
    expect(upstream.calls).toHaveLength(1);
  });

  it('cases 1 to 3: is for the one who asked, with his credential or without any', async () => {
    const { ask, upstream } = numbered([cached('/me')]);
    const [a, b] = [
      ['Authorization', 'Bearer A'],
      ['Authorization', 'Bearer B'],
    ];
    const bodies = [];
    for (const headers of [[], a, b, [], a, b])
      bodies.push(await bodyOf(await ask('/me', { headers })));
    expect(bodies).toEqual([
      'answer 0',
      'answer 1',
      'answer 2',
      'answer 0',
      'answer 1',
      'answer 2',
    ]);
    expect(upstream.calls).toHaveLength(3);
    expect(upstream.calls[1]?.request.headers).toContain('Bearer A');
  });

  it('case 10: is never given to another partition, even under a key that collides', async () => {
    const { ask, rooms } = numbered([cached('/r')]);
    await ask('/r');
    const [entry] = [rooms.store.get((await keyOf(rooms)) ?? '')];
    expect(entry).toBeDefined();
    if (entry !== undefined) rooms.store.set({ ...entry, partition: 'somebody else' });
    const again = await ask('/r');
    expect(again.kind).toBe('miss');
    expect(await bodyOf(again)).toBe('answer 1');
  });

  it('case 31: is another one for another host', async () => {
    const { ask } = numbered([cached('/r')]);
    expect(await bodyOf(await ask('/r', { host: 'a' }))).toBe('answer 0');
    expect(await bodyOf(await ask('/r', { host: 'b' }))).toBe('answer 1');
    expect(await bodyOf(await ask('/r', { host: 'a' }))).toBe('answer 0');
  });

  it('has the age that its origin gave it, where the origin’s lifetime counts', async () => {
    const house = openHouse({ routes: [cached('/d', { origin: 'default' }), cached('/o')] });
    const headers = ['Age', '40', 'Cache-Control', 'max-age=50'];
    house.upstream.always(() => ({ headers }));
    await house.ask('/d');
    await house.ask('/o');
    expect(await house.ask('/d')).toMatchObject({ life: { ageMs: 40_000, ttlMs: 10_000 } });
    expect(await house.ask('/o')).toMatchObject({ life: { ageMs: 0, ttlMs: 30_000 } });
  });
});

async function keyOf(rooms: ReturnType<typeof openHouse>['rooms']): Promise<string | undefined> {
  const { keyUnderRule } = await import('../../src/policy/key.js');
  const { requestOf } = await import('../fakes/rooms.js');
  const [route] = rooms.rules.routes;
  if (route === undefined || typeof route.cache === 'string') return undefined;
  const made = keyUnderRule(route, route.cache, requestOf('/r'), rooms.credentials);
  return made.kind === 'keyed' ? made.key : undefined;
}

describe('an old answer', () => {
  const rule = { staleWhileRevalidate: 10_000 };

  it('goes out at once within its window while one refresh runs behind it', async () => {
    const { ask, clock, upstream } = openHouse({ routes: [cached('/r', rule)] });
    const first = ask('/r');
    (await upstream.call(0)).answer({ body: 'old' });
    await first;
    clock.turn(31_000);
    const answers = await Promise.all([ask('/r'), ask('/r'), ask('/r')]);
    for (const one of answers) {
      expect(one).toMatchObject({ kind: 'stale', reason: 'revalidating', life: { ttlMs: -1_000 } });
      expect(await bodyOf(one)).toBe('old');
    }
    expect(upstream.calls).toHaveLength(2);
    upstream.calls[1]?.answer({ body: 'new' });
    await settle();
    expect(await bodyOf(await ask('/r'))).toBe('new');
    expect(upstream.calls).toHaveLength(2);
  });

  it('is waited for once its window is over', async () => {
    const { ask, clock } = numbered([cached('/r', rule)]);
    await ask('/r');
    clock.turn(40_000);
    expect(await ask('/r')).toMatchObject({ kind: 'miss' });
  });

  it.each([
    ['a failure', 'reset' as const],
    ['a server error', { status: 503 }],
    [
      'a server error that nobody may keep',
      { status: 500, headers: ['Cache-Control', 'no-store'] },
    ],
  ])('whose refresh ends in %s stays, and is not refreshed again at once', async (_what, said) => {
    const { ask, clock, upstream } = numbered([cached('/r', rule)]);
    await ask('/r');
    upstream.always(() => said);
    clock.turn(31_000);
    for (let nth = 0; nth < 5; nth += 1) {
      expect((await ask('/r')).kind).toBe('stale');
      await settle();
    }
    expect(upstream.calls).toHaveLength(2);
    clock.turn(1_000);
    expect((await ask('/r')).kind).toBe('stale');
    await settle();
    expect(upstream.calls).toHaveLength(3);
  });

  it.each([
    ['a refusal', 403, []],
    ['an answer for one alone', 200, ['Set-Cookie', 'a=1']],
  ] as const)('case 23: whose refresh ends in %s is gone', async (_what, status, headers) => {
    const { ask, clock, upstream } = numbered([cached('/r', rule)]);
    await ask('/r');
    upstream.always(() => ({ status, headers }));
    clock.turn(31_000);
    expect((await ask('/r')).kind).toBe('stale');
    await settle();
    const after = await ask('/r');
    expect(after).toMatchObject({ kind: 'miss', reply: { status } });
  });
});

describe('a request that no rule keys', () => {
  it('has no route, or passes by and says why', async () => {
    const routes = [
      cached('/r', { authorization: 'bypass' }),
      routeOf('/plain'),
      { ...cached('/put'), methods: ['GET', 'PUT'] },
    ];
    const { ask, upstream } = numbered(routes);
    expect(await ask('/none')).toEqual({ kind: 'no-route', allow: [] });
    expect(await ask('/r', { method: 'PUT' })).toEqual({
      kind: 'no-route',
      allow: ['GET', 'HEAD'],
    });
    const reason = async (...asked: Parameters<typeof ask>): Promise<string> => {
      const outcome = await ask(...asked);
      return outcome.kind === 'bypass' ? outcome.reason : outcome.kind;
    };
    expect(await reason('/plain')).toBe('no-cache-rule');
    expect(await reason('/put', { method: 'PUT' })).toBe('method');
    expect(await reason('/r', { headers: ['Authorization', 'x'] })).toBe('credentials');
    expect(await reason('/r', { headers: ['Cookie', 'x=1'] })).toBe('cookies');
    upstream.always(() => 'connect');
    const failed = await ask('/plain');
    expect(failed).toMatchObject({ kind: 'failed', bypass: 'no-cache-rule' });
  });
});
