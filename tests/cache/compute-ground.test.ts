/** Computing time: what a caller waited for is told apart from what ran behind an old answer. */
import { describe, expect, it } from '@jest/globals';
import { cached, openHouse } from '../fakes/rooms.js';
import { settle } from '../fakes/waiting.js';

describe('the computing time of a route', () => {
  it('is spent in front of a caller or behind an old answer, and both are all of it', async () => {
    const route = cached('/r', { staleWhileRevalidate: 10_000 });
    const { ask, clock, upstream, rooms } = openHouse({ routes: [route] });
    const first = ask('/r');
    const call = await upstream.call(0);
    clock.turn(2_000);
    call.answer({ body: 'old' });
    await first;
    const tally = rooms.tallies.of('/r');
    expect([tally.computeSpentMs, tally.computeBehindMs]).toEqual([2_000, 0]);

    clock.turn(31_000);
    expect(await ask('/r')).toMatchObject({ kind: 'stale' });
    const refresh = await upstream.call(1);
    clock.turn(3_000);
    refresh.answer({ body: 'new' });
    await settle();
    expect([tally.computeSpentMs, tally.computeBehindMs]).toEqual([5_000, 3_000]);
  });

  it('of a refresh is behind although a caller joins it', async () => {
    const route = cached('/r', { staleWhileRevalidate: 10_000 });
    const { ask, clock, upstream, rooms } = openHouse({ routes: [route] });
    const first = ask('/r');
    (await upstream.call(0)).answer({ body: 'old' });
    await first;
    clock.turn(31_000);
    await ask('/r');
    const refresh = await upstream.call(1);
    clock.turn(20_000);
    const joined = ask('/r');
    refresh.answer({ body: 'new' });
    expect(await joined).toMatchObject({ kind: 'miss', joined: true });
    expect(rooms.tallies.of('/r').computeBehindMs).toBe(20_000);
  });
});
