/** Old answers under `cache: http`: when they may still go out, and when never. */
import { describe, expect, it } from '@jest/globals';
import type { FailureCode } from '../../src/errors.js';
import type { House } from '../fakes/rooms.js';
import type { Answer } from '../fakes/scripted-upstream.js';
import { settle } from '../fakes/waiting.js';
import { asking, calls, cc, httpHouse, inTurn, kinds, saying, see, valueOf } from './http-kit.js';

/** Stored for 10 s, then so many seconds older, with the upstream answering otherwise. */
async function old(word: string, seconds: number, then: Answer | FailureCode): Promise<House> {
  const house = httpHouse();
  inTurn(house, [{ headers: [...cc(`max-age=10${word}`), 'ETag', '"e"'], body: 'old' }]);
  await see(house, '/r');
  house.clock.turn((10 + seconds) * 1_000);
  house.upstream.always(() => then);
  return house;
}

const NEW = { headers: cc('max-age=10'), body: 'new' };

describe('stale-while-revalidate', () => {
  it('lets an old answer out at once, and one question behind it', async () => {
    const house = await old(', stale-while-revalidate=20', 5, NEW);
    const seen = await see(house, '/r');
    expect([seen.kind, seen.words]).toEqual(['stale', 'old']);
    expect(valueOf(seen, 'cache-status')).toBe('leyden; hit; ttl=-5; detail=revalidating');
    expect(valueOf(seen, 'age')).toBe('15');
    await settle();
    expect(await see(house, '/r')).toMatchObject({ kind: 'hit', words: 'new' });
    expect(calls(house)).toBe(2);
  });

  it('ends with its window', async () => {
    const inside = await old(', stale-while-revalidate=20', 19, NEW);
    expect((await see(inside, '/r')).kind).toBe('stale');
    const outside = await old(', stale-while-revalidate=20', 20, NEW);
    expect(await see(outside, '/r')).toMatchObject({ kind: 'miss', words: 'new' });
  });

  it.each(['must-revalidate', 'proxy-revalidate', 's-maxage=10', 'no-cache'])(
    'is nothing beside %s',
    async (word) => {
      const house = await old(`, stale-while-revalidate=20, ${word}`, 5, NEW);
      expect(await see(house, '/r')).toMatchObject({ kind: 'miss', words: 'new' });
    },
  );

  it.each(['no-cache', 'max-age=5', 'min-fresh=1'])(
    'is nothing to a request that asks %s',
    async (word) => {
      const house = await old(', stale-while-revalidate=20', 5, NEW);
      expect(await see(house, '/r', asking(word))).toMatchObject({ kind: 'miss', words: 'new' });
    },
  );

  it('is renewed by the 304 that comes behind it', async () => {
    const headers = [...cc('max-age=10, stale-while-revalidate=20'), 'ETag', '"e"'];
    const house = await old(', stale-while-revalidate=20', 5, { status: 304, headers });
    expect((await see(house, '/r')).kind).toBe('stale');
    await settle();
    expect(await see(house, '/r')).toMatchObject({ kind: 'hit', words: 'old' });
  });

  it('outlives a question that fails, and asks no more at once', async () => {
    const house = await old(', stale-while-revalidate=20', 5, 'connect');
    expect((await see(house, '/r')).kind).toBe('stale');
    await settle();
    expect(await kinds(house, '/r', {}, {})).toBe('stale stale');
    expect(calls(house)).toBe(2);
  });
});

describe('stale-if-error', () => {
  const failures: readonly [string, Answer | FailureCode][] = [
    ['500', { status: 500 }],
    ['502', { status: 502 }],
    ['503', { status: 503 }],
    ['504', { status: 504 }],
    ['a broken connection', 'reset'],
    ['silence', 'head_timeout'],
  ];

  it.each(failures)('covers %s within its window', async (_what, failure) => {
    const house = await old(', stale-if-error=20', 5, failure);
    const seen = await see(house, '/r');
    expect([seen.kind, seen.words, seen.status]).toEqual(['stale', 'old', 200]);
    expect(valueOf(seen, 'cache-status')).toBe('leyden; hit; ttl=-5; detail=if-error');
  });

  it.each([500, 503])('does not cover %i after its window, nor without one', async (status) => {
    for (const word of [', stale-if-error=4', '']) {
      const house = await old(word, 5, { status });
      expect((await see(house, '/r')).status).toBe(status);
    }
  });

  it('may be asked for by the request', async () => {
    const house = await old('', 5, { status: 503 });
    expect((await see(house, '/r', asking('stale-if-error=4'))).status).toBe(503);
    expect((await see(house, '/r', asking('stale-if-error=20'))).status).toBe(200);
  });

  it('case 54: needs the same word where a fresh one was declined', async () => {
    for (const [word, status] of [
      ['', 500],
      [', stale-if-error=20', 200],
    ] as const) {
      const house = await old(word, -5, { status: 500 });
      expect((await see(house, '/r', asking('max-age=1'))).status).toBe(status);
    }
    // Where nobody can be reached at all, it is better than nothing (RFC 9111 section 4.2.4).
    expect((await see(await old('', -5, 'connect'), '/r', asking('max-age=1'))).status).toBe(200);
  });

  it.each([400, 401, 403, 404, 410, 429, 501, 505])('case 23: never covers %i', async (status) => {
    const house = await old(', stale-if-error=20', 5, { status });
    expect((await see(house, '/r')).status).toBe(status);
  });

  it.each(['must-revalidate', 'proxy-revalidate', 's-maxage=10', 'no-cache'])(
    'is nothing beside %s, even when nobody can be reached',
    async (word) => {
      for (const failure of [{ status: 503 }, 'connect'] as const) {
        const house = await old(`, stale-if-error=20, ${word}`, 5, failure);
        expect((await see(house, '/r')).status).toBeGreaterThanOrEqual(500);
      }
    },
  );

  it('is not needed where nobody answers, but is where an error was the answer', async () => {
    expect((await see(await old('', 5, 'connect'), '/r')).kind).toBe('stale');
    expect((await see(await old('', 5, { status: 500 }), '/r')).status).toBe(500);
    const unwilling = await old('', 5, 'connect');
    expect((await see(unwilling, '/r', asking('no-cache'))).status).toBe(502);
  });

  it('case 49: an error with a lifetime of its own does not replace what stands in', async () => {
    const failing = { status: 503, headers: cc('max-age=60'), body: 'sorry' };
    const house = await old(', stale-if-error=20', 5, failing);
    expect(await kinds(house, '/r', {}, {})).toBe('stale stale');
  });
});

describe('case 23: an old answer whose origin now refuses', () => {
  it.each([401, 403, 404])('with %i is gone', async (status) => {
    const house = await old(', stale-while-revalidate=60, stale-if-error=60', 5, { status });
    expect((await see(house, '/r')).kind).toBe('stale');
    await settle();
    expect((await see(house, '/r')).status).toBe(status);
    house.upstream.always(() => 'connect');
    expect((await see(house, '/r')).status).toBe(502);
  });
});

describe('case 52: a purge during a revalidation', () => {
  it('to delete is not undone by the 304, and the next one gets what is new', async () => {
    const house = httpHouse();
    const headers = [...cc('max-age=10'), 'ETag', '"e"', 'Cache-Tag', 't'];
    inTurn(house, [{ headers, body: 'old' }]);
    await see(house, '/r');
    house.clock.turn(11_000);
    house.upstream.byHand();
    const before = see(house, '/r');
    const call = await house.upstream.call(1);
    house.rooms.purges.purge(['t'], 'delete');
    const next = see(house, '/r');
    call.answer({ status: 304, headers });
    const fresh = await house.upstream.call(2);
    expect(fresh.request.headers).not.toContain('If-None-Match');
    fresh.answer({ headers, body: 'new' });
    expect((await before).words).toBe('old');
    expect((await next).words).toBe('new');
    expect(await see(house, '/r')).toMatchObject({ kind: 'hit', words: 'new' });
  });

  it('to stale makes the next one ask whether it still holds', async () => {
    const house = saying([...cc('max-age=60'), 'ETag', '"e"', 'Cache-Tag', 't']);
    await see(house, '/r');
    house.rooms.purges.purge(['t'], 'stale');
    expect((await see(house, '/r')).kind).toBe('miss');
    expect(house.upstream.calls[1]?.request.headers).toContain('If-None-Match');
  });
});
