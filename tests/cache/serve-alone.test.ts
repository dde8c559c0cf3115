/** Answers that speak of one caller: nobody else gets them, and nothing of them is kept. */
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Outcome } from '../../src/message.js';
import { allValues } from '../../src/policy/headers.js';
import { cached, openHouse, wordsOf, type House } from '../fakes/rooms.js';
import { settle, textOf, until } from '../fakes/waiting.js';

const thrown: unknown[] = [];
const note = (what: unknown): void => void thrown.push(what);
beforeEach(() => {
  thrown.length = 0;
  process.on('unhandledRejection', note).on('uncaughtException', note);
});
afterEach(async () => {
  await settle();
  process.off('unhandledRejection', note).off('uncaughtException', note);
  expect(thrown).toEqual([]);
});

const cookieOf = (outcome: Outcome): string =>
  'reply' in outcome ? (allValues(outcome.reply.headers, 'set-cookie')[0] ?? 'none') : outcome.kind;

async function crowd(house: House, size: number): Promise<Outcome[]> {
  return await Promise.all(Array.from({ length: size }, () => house.ask('/r')));
}

describe('case 6: what one caller was told', () => {
  it.each([200, 302, 401, 403, 404, 500, 503])(
    'fifty at once get fifty cookies with status %i, and none is kept',
    async (status) => {
      const house = openHouse({ routes: [cached('/r', { errorTtl: 10_000 })] });
      house.upstream.always((_request, nth) => ({ status, headers: ['Set-Cookie', `s=${nth}`] }));
      const cookies = (await crowd(house, 50)).map(cookieOf);
      expect(new Set(cookies).size).toBe(50);
      expect(house.rooms.store.stats().entries).toBe(0);
    },
  );

  it('fifty at once get fifty cookies from a rule that keeps no errors', async () => {
    const house = openHouse({ routes: [cached('/r')] });
    const headers = (nth: number) => ['Set-Cookie', `s=${nth}`];
    house.upstream.always((_request, nth) => ({ status: 500, headers: headers(nth) }));
    expect(new Set((await crowd(house, 50)).map(cookieOf)).size).toBe(50);
  });

  it.each([
    ['no-store', ['Cache-Control', 'no-store'], {}],
    ['private', ['Cache-Control', 'private'], {}],
    ['private', ['Cache-Control', 'PRIVATE="x"'], {}],
    ['private', ['Cache-Control', 'private', 'cache-control', 'max-age=9'], {}],
    ['no-cache', ['Cache-Control', 'no-cache="set-cookie"'], {}],
    ['no-cache', ['Cache-Control', 'no-cache'], {}],
    ['vary', ['Vary', '*'], {}],
    ['vary', ['Vary', 'X-Tenant'], {}],
    ['vary', ['Vary', 'Accept, *'], {}],
    ['partial', ['Content-Range', 'bytes 0-0/2'], { status: 206 }],
    ['unframed', [], { framed: false }],
  ])('cases 28 to 30: %s by %j %j is shared with nobody', async (refused, headers, more) => {
    const house = openHouse({ routes: [cached('/r')] });
    house.upstream.always((_request, nth) => ({ headers, body: `mine ${nth}`, ...more }));
    const outcomes = await crowd(house, 20);
    const bodies = outcomes.map(wordsOf);
    expect(new Set(bodies).size).toBe(20);
    expect(outcomes.some((one) => one.kind === 'miss' && one.refused === refused)).toBe(true);
    expect(house.rooms.store.stats().entries).toBe(0);
    expect(house.rooms.tallies.of('/r').refused.get(refused as 'vary')).toBeGreaterThan(0);
  });

  it('case 29: ten thousand strange bytes of Cache-Control harm nobody', async () => {
    const house = openHouse({ routes: [cached('/r')] });
    house.upstream.always(() => ({ headers: ['Cache-Control', '=,;"\\'.repeat(2_000)] }));
    expect(await house.ask('/r')).toMatchObject({ kind: 'miss', refused: 'unparsable' });
  });

  it('case 30: Vary by what the key covers is kept', async () => {
    const house = openHouse({ routes: [cached('/r', { headers: ['x-tenant'] })] });
    house.upstream.always(() => ({
      headers: ['Vary', 'Authorization, X-TENANT, Accept-Encoding'],
    }));
    await house.ask('/r', { headers: ['X-Tenant', 'a'] });
    expect((await house.ask('/r', { headers: ['X-Tenant', 'a'] })).kind).toBe('hit');
    expect((await house.ask('/r', { headers: ['X-Tenant', 'b'] })).kind).toBe('miss');
  });
});

describe('case 88: an answer that is too large to keep', () => {
  const large = (): Readable =>
    Readable.from(Array.from({ length: 40 }, (_, nth) => Buffer.alloc(100, 65 + (nth % 26))));

  it('streams whole to whoever asked first, and the others ask for themselves', async () => {
    const house = openHouse({ routes: [cached('/r', { maxBytes: 1_000 })] });
    house.upstream.always(() => ({ body: large() }));
    const outcomes = await crowd(house, 3);
    const texts = [];
    for (const one of outcomes)
      texts.push('reply' in one ? await textOf(one.reply.body) : one.kind);
    expect(texts.map((text) => text.length)).toEqual([4_000, 4_000, 4_000]);
    expect(outcomes[0]).toMatchObject({ kind: 'miss', refused: 'too-large' });
    expect(house.upstream.calls).toHaveLength(3);
    expect(house.rooms.store.stats().entries).toBe(0);
  });

  it('takes the older, smaller one away', async () => {
    const rule = { maxBytes: 1_000, staleWhileRevalidate: 60_000 };
    const house = openHouse({ routes: [cached('/r', rule)] });
    house.upstream.always((_request, nth) => ({ body: nth === 0 ? 'small' : large() }));
    await house.ask('/r');
    house.clock.turn(31_000);
    expect((await house.ask('/r')).kind).toBe('stale');
    await until(() => house.rooms.tallies.of('/r').refused.has('too-large'));
    await settle();
    expect((await house.ask('/r')).kind).toBe('miss');
  });

  it('lets go of the upstream when nobody claims it', async () => {
    const house = openHouse({ routes: [cached('/r', { maxBytes: 1_000 })] });
    const body = new Readable({ read: () => undefined });
    house.upstream.always(() => ({ body }));
    const gone = new AbortController();
    const asked = house.ask('/r', { gone: gone.signal });
    await settle();
    gone.abort();
    expect(await asked).toMatchObject({ kind: 'failed', failure: { code: 'abandoned' } });
    body.push(Buffer.alloc(2_000));
    await settle();
    house.clock.turn(1_000);
    await until(() => body.destroyed);
  });

  it('that breaks off before anybody claims it harms nobody', async () => {
    const house = openHouse({ routes: [cached('/r', { maxBytes: 1_000 })] });
    const body = new Readable({ read: () => undefined }).on('error', () => undefined);
    house.upstream.always(() => ({ body }));
    const gone = new AbortController();
    const asked = house.ask('/r', { gone: gone.signal });
    await settle();
    gone.abort();
    await asked;
    body.push(Buffer.alloc(2_000));
    await settle();
    body.destroy(new Error('cut'));
    await settle();
    house.clock.turn(1_000);
  });
});
