/** Errors on the cache path: kept with their own status, covered by an old answer, never over. */
import { describe, expect, it } from '@jest/globals';
import type { FailureCode } from '../../src/errors.js';
import type { Outcome } from '../../src/message.js';
import { cached, openHouse } from '../fakes/rooms.js';
import type { Answer } from '../fakes/scripted-upstream.js';

const statusOf = (outcome: Outcome): number | string => {
  if (outcome.kind === 'failed') return outcome.failure.code;
  return outcome.kind === 'no-route' ? outcome.kind : outcome.reply.status;
};

/** A good answer that has just run out, and an upstream that says something else from now on. */
async function expired(said: Answer | FailureCode, rule: Parameters<typeof cached>[1] = {}) {
  const house = openHouse({ routes: [cached('/r', { staleIfError: 60_000, ...rule })] });
  house.upstream.always(() => ({ body: 'good' }));
  await house.ask('/r');
  house.clock.turn(31_000);
  house.upstream.always(() => said);
  return house;
}

describe('an old answer in place of an error', () => {
  const transport = [
    'connect',
    'reset',
    'truncated',
    'head_timeout',
    'busy',
    'upstream_sick',
  ] as const;
  it.each(transport)('goes out when the upstream fails by %s', async (code) => {
    const { ask } = await expired(code);
    const reason = code === 'busy' ? 'if-busy' : 'if-error';
    expect(await ask('/r')).toMatchObject({ kind: 'stale', reason });
  });

  it.each([
    ['plain', []],
    ['no-store', ['Cache-Control', 'no-store']],
    ['private', ['Cache-Control', 'private']],
    ['a cookie', ['Set-Cookie', 'a=1']],
  ])('goes out when the upstream answers 503 (%s)', async (_what, headers) => {
    const { ask } = await expired({ status: 503, headers }, { errorTtl: 10_000 });
    const both = await Promise.all([ask('/r'), ask('/r')]);
    for (const one of both) expect(one).toMatchObject({ kind: 'stale', reason: 'if-error' });
  });

  it.each([401, 403, 404, 410])(
    'case 23: never covers a %i, and is gone after it',
    async (status) => {
      const { ask, upstream } = await expired({ status });
      expect(statusOf(await ask('/r'))).toBe(status);
      upstream.always(() => 'connect');
      expect(statusOf(await ask('/r'))).toBe('connect');
    },
  );

  it('asks the upstream again only after a pause', async () => {
    const { ask, clock, upstream } = await expired('connect');
    for (let nth = 0; nth < 5; nth += 1) expect((await ask('/r')).kind).toBe('stale');
    expect(upstream.calls).toHaveLength(2);
    clock.turn(1_000);
    expect((await ask('/r')).kind).toBe('stale');
    expect(upstream.calls).toHaveLength(3);
  });

  it('is replaced as soon as the upstream is well again', async () => {
    const { ask, clock, upstream } = await expired('connect');
    await ask('/r');
    upstream.always(() => ({ body: 'well' }));
    clock.turn(1_000);
    expect((await ask('/r')).kind).toBe('miss');
    expect((await ask('/r')).kind).toBe('hit');
  });

  it('ends with its window', async () => {
    const { ask, clock } = await expired('connect');
    clock.turn(59_000);
    expect(statusOf(await ask('/r'))).toBe('connect');
  });

  it('is no hit after a delete, and no cover either', async () => {
    const { ask, rooms } = await expired('connect');
    rooms.purges.purge(['route:/r'], 'delete');
    expect(statusOf(await ask('/r'))).toBe('connect');
  });

  it('does not stand in for a caller who has gone', async () => {
    const { ask } = await expired('abandoned');
    expect(statusOf(await ask('/r'))).toBe('abandoned');
  });
});

describe('an error that is kept', () => {
  it.each([404, 410, 500, 503])(
    'is hit with its own status %i for its own time',
    async (status) => {
      const house = openHouse({
        routes: [cached('/r', { errorTtl: 10_000, staleIfError: 60_000 })],
      });
      house.upstream.always(() => ({ status, body: 'sorry' }));
      expect((await house.ask('/r')).kind).toBe('miss');
      const hit = await house.ask('/r');
      expect(hit).toMatchObject({ kind: 'hit', negative: true, reply: { status } });
      house.clock.turn(10_000);
      expect((await house.ask('/r')).kind).toBe('miss');
      expect(house.upstream.calls).toHaveLength(2);
    },
  );

  it.each([400, 401, 403, 405, 429, 431])('case 45: is none of %i', async (status) => {
    const house = openHouse({ routes: [cached('/r', { errorTtl: 10_000 })] });
    house.upstream.always(() => ({ status, headers: ['Cache-Control', 'public, max-age=60'] }));
    expect(await house.ask('/r')).toMatchObject({ kind: 'miss', refused: 'status' });
    expect(await house.ask('/r')).toMatchObject({ kind: 'miss', reply: { status } });
    expect(house.rooms.store.stats().entries).toBe(0);
  });

  it('never takes the place of a good answer that may still stand in', async () => {
    const { ask, rooms } = await expired({ status: 500 }, { errorTtl: 10_000 });
    expect((await ask('/r')).kind).toBe('stale');
    expect(rooms.tallies.of('/r').refused.get('good-kept')).toBe(1);
    expect((await ask('/r')).kind).toBe('stale');
  });

  it('takes the place of a good answer whose windows are over', async () => {
    const { ask, clock } = await expired({ status: 500 }, { errorTtl: 10_000 });
    clock.turn(60_000);
    expect(statusOf(await ask('/r'))).toBe(500);
    expect(await ask('/r')).toMatchObject({ kind: 'hit', negative: true });
  });

  it('gives way to a good answer', async () => {
    const house = openHouse({ routes: [cached('/r', { errorTtl: 10_000 })] });
    house.upstream.always((_request, nth) => ({ status: nth === 0 ? 500 : 200 }));
    await house.ask('/r');
    house.clock.turn(10_000);
    await house.ask('/r');
    expect(await house.ask('/r')).toMatchObject({ kind: 'hit', negative: false });
  });
});
