/** What simulations found, each told again as the story of those whom it would have hurt. */
import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { openInvalidations } from '../../src/cache/invalidate.js';
import { cached, openHouse, routeOf, wordsOf } from '../fakes/rooms.js';
import { settle } from '../fakes/waiting.js';

const http = () => openHouse({ routes: [routeOf('/r', { cache: 'http' })] });

describe('under `cache: http`', () => {
  it('a caller who waits never gets the private answer of the one who left', async () => {
    const { ask, upstream } = http();
    const leaves = new AbortController();
    const first = ask('/r', { headers: ['Cookie', 'session=one'], gone: leaves.signal });
    const second = ask('/r', { headers: ['Cookie', 'session=two'] });
    const call = await upstream.call(0);
    leaves.abort();
    upstream.always(({ headers }) => ({
      headers: ['Cache-Control', 'private'],
      body: headers.find((text) => text.startsWith('session=')) ?? 'nobody’s',
    }));
    const headers = ['Cache-Control', 'private', 'Set-Cookie', 'session=one'];
    call.answer({ headers, body: 'session=one' });
    expect(wordsOf(await second)).toBe('session=two');
    expect((await first).kind).toBe('failed');
  });

  it('an answer grows older while its content comes in', async () => {
    const { ask, clock, upstream } = http();
    const body = new Readable({ read: () => undefined });
    const first = ask('/r');
    (await upstream.call(0)).answer({ headers: ['Cache-Control', 'max-age=60'], body });
    await settle();
    clock.turn(50_000);
    body.push(null);
    await first;
    clock.turn(9_000);
    expect(await ask('/r')).toMatchObject({ kind: 'hit', life: { ageMs: 59_000, ttlMs: 1_000 } });
    clock.turn(1_000);
    upstream.always(() => ({ body: 'new' }));
    expect((await ask('/r')).kind).toBe('miss');
  });
});

describe('a failure that is remembered', () => {
  it('is not one that began before a purge and came after it', async () => {
    const { ask, clock, rooms, upstream } = openHouse({
      routes: [cached('/r', { errorTtl: 60_000 })],
    });
    const before = ask('/r');
    const call = await upstream.call(0);
    const invalidations = openInvalidations(rooms);
    invalidations.invalidate({ type: 'pattern', selectors: ['/**'], mode: 'delete' });
    call.fail('connect');
    expect((await before).kind).toBe('failed');
    // The pattern is needed no more, and forgotten.
    clock.turn(10_000);
    upstream.always(() => ({ body: 'well again' }));
    expect(wordsOf(await ask('/r'))).toBe('well again');
    invalidations.close();
  });

  it.each([
    { type: 'path', selectors: ['/r'] } as const,
    { type: 'pattern', selectors: ['/**'] } as const,
    { type: 'tag', selectors: ['t'] } as const,
    { type: 'all', selectors: [] } as const,
  ])('is forgotten by a purge by $type, and the upstream is asked', async (order) => {
    const { ask, clock, rooms, upstream } = openHouse({
      routes: [cached('/r', { errorTtl: 60_000, tags: ['t'] })],
    });
    upstream.always(() => 'connect');
    expect((await ask('/r')).kind).toBe('failed');
    const invalidations = openInvalidations(rooms);
    invalidations.invalidate({ ...order, mode: 'delete' });
    // What goes over the store behind a purge is through.
    clock.turn(10_000);
    upstream.always(() => ({ body: 'well again' }));
    expect(wordsOf(await ask('/r'))).toBe('well again');
    invalidations.close();
  });
});
