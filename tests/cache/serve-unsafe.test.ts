/** Case 53: a request that changes something makes the stored answers about it wrong. */
import { describe, expect, it } from '@jest/globals';
import { cached, openHouse, wordsOf } from '../fakes/rooms.js';

const as = (token: string) => ({ headers: ['Authorization', token] });

/** An anonymous answer and those of A and B about one path, all stored. */
async function stored() {
  const methods = ['GET', 'PUT', 'DELETE', 'PATCH'];
  const house = openHouse({ routes: [{ ...cached('/**'), methods }] });
  house.upstream.always((_request, nth) => ({ body: `answer ${nth}` }));
  for (const asked of [{}, as('A'), as('B')]) await house.ask('/r', asked);
  await house.ask('/other');
  const kinds = async (): Promise<string[]> => {
    const kept = [];
    for (const asked of [{}, as('A'), as('B')]) kept.push((await house.ask('/r', asked)).kind);
    return [...kept, (await house.ask('/other')).kind];
  };
  return { ...house, kinds };
}

describe('case 53: an unsafe request', () => {
  it.each(['PUT', 'DELETE', 'PATCH'])(
    '%s that succeeds takes away the caller’s own answer and the anonymous one, and no other',
    async (method) => {
      const { ask, kinds } = await stored();
      expect((await ask('/r', { method, ...as('A') })).kind).toBe('bypass');
      expect(await kinds()).toEqual(['miss', 'miss', 'hit', 'hit']);
    },
  );

  it.each([400, 403, 404, 409, 500, 503])('that ends in %i changes nothing', async (status) => {
    const { ask, kinds, upstream } = await stored();
    upstream.always(() => ({ status }));
    await ask('/r', { method: 'DELETE', ...as('A') });
    expect(await kinds()).toEqual(['hit', 'hit', 'hit', 'hit']);
  });

  it('that redirects has changed something', async () => {
    const { ask, kinds, upstream } = await stored();
    upstream.always(() => ({ status: 303 }));
    await ask('/r', { method: 'DELETE', ...as('A') });
    upstream.always(() => ({}));
    expect(await kinds()).toEqual(['miss', 'miss', 'hit', 'hit']);
  });

  it('that fails on the way changes nothing', async () => {
    const { ask, kinds, upstream } = await stored();
    upstream.always(() => 'connect');
    expect((await ask('/r', { method: 'DELETE', ...as('A') })).kind).toBe('failed');
    expect(await kinds()).toEqual(['hit', 'hit', 'hit', 'hit']);
  });

  it('reaches the computation that is under way', async () => {
    const { ask, clock, upstream } = await stored();
    clock.turn(31_000);
    upstream.byHand();
    const before = ask('/r');
    const first = await upstream.call(4);
    const act = ask('/r', { method: 'PUT' });
    (await upstream.call(5)).answer({ body: 'done' });
    await act;
    const after = ask('/r');
    (await upstream.call(6)).answer({ body: 'new' });
    first.answer({ body: 'old' });
    expect(wordsOf(await before)).toBe('old');
    expect(wordsOf(await after)).toBe('new');
    expect(wordsOf(await ask('/r'))).toBe('new');
  });
});
