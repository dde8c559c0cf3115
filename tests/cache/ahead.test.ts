/** Answers that are computed before their end although no hit comes in the last moment. */
import { describe, expect, it } from '@jest/globals';
import { cached, wordsOf } from '../fakes/rooms.js';
import { settle } from '../fakes/waiting.js';
import { askFirst, watched } from './ahead-kit.js';

const SLOW = { ttl: 30_000, early: 'auto' } as const;
const COST_MS = 12_000;

describe('an answer that takes more than a third of its lifetime to compute', () => {
  it('is there again when somebody asks after its end, if somebody asked before', async () => {
    const house = watched(cached('/r', SLOW));
    await askFirst(house, COST_MS);
    await house.pass(5_000, COST_MS);
    expect((await house.ask('/r')).kind).toBe('hit');
    // 30 − 1.2 · 12 = 15.6 s: nobody asks from 5 s to 31 s.
    await house.pass(10_500, COST_MS);
    expect(house.upstream.calls).toHaveLength(1);
    await house.pass(200, COST_MS);
    expect(house.upstream.calls).toHaveLength(2);
    expect(house.upstream.calls[1]?.request.priority).toBe('revalidate');
    await house.pass(15_300, COST_MS);
    const next = await house.ask('/r');
    expect([next.kind, wordsOf(next)]).toEqual(['hit', 'answer 1']);
    expect([...house.tally.refreshed]).toEqual([['scheduled', 1]]);
    expect(house.tally.misses).toBe(0);
  });

  it('is let go when a lifetime passes without a hit', async () => {
    const house = watched(cached('/r', SLOW));
    await askFirst(house, COST_MS);
    await house.ask('/r');
    await house.pass(16_000, COST_MS);
    expect(house.upstream.calls).toHaveLength(2);
    // The second one is never asked for: there is no third.
    await house.pass(200_000, COST_MS);
    expect(house.upstream.calls).toHaveLength(2);
    expect(house.clock.pending()).toBe(0);
    expect([...house.tally.unusedMs]).toEqual([['scheduled', COST_MS]]);
  });

  it('is not computed when it was asked for once', async () => {
    const house = watched(cached('/r', SLOW));
    await askFirst(house, COST_MS);
    await house.pass(100_000, COST_MS);
    expect(house.upstream.calls).toHaveLength(1);
  });

  it('counts a hit that came while the next one was computed', async () => {
    const house = watched(cached('/r', SLOW));
    await askFirst(house, COST_MS);
    await house.ask('/r');
    await house.pass(20_000, COST_MS);
    expect((await house.ask('/r')).kind).toBe('hit');
    await house.pass(10_000, COST_MS);
    expect(wordsOf(await house.ask('/r'))).toBe('answer 1');
    await house.pass(16_000, COST_MS);
    expect(house.upstream.calls).toHaveLength(3);
  });

  it('is computed once, whether a hit or the schedule was first', async () => {
    const house = watched(cached('/r', SLOW));
    await askFirst(house, COST_MS);
    await house.ask('/r');
    for (let second = 0; second < 26; second += 1) {
      await house.pass(1_000, COST_MS);
      expect((await house.ask('/r')).kind).toBe('hit');
    }
    expect(house.upstream.calls).toHaveLength(2);
  });

  it('of one caller’s own is never asked for without him', async () => {
    const house = watched(cached('/r', SLOW));
    const headers = ['Authorization', 'Bearer mine'];
    const mine = house.ask('/r', { headers });
    await settle();
    await house.pass(COST_MS, COST_MS);
    await mine;
    expect((await house.ask('/r', { headers })).kind).toBe('hit');
    await house.pass(60_000, COST_MS);
    expect(house.upstream.calls).toHaveLength(1);
  });

  it('is tried again after a failure, with growing pauses, until its end', async () => {
    const house = watched(cached('/r', SLOW));
    await askFirst(house, COST_MS);
    await house.ask('/r');
    house.upstream.always(() => 'connect');
    await house.pass(60_000, COST_MS);
    // At 15.6 s, then 1, 2, 4 s later; 8 s after that would be beyond 30 s.
    expect(house.upstream.calls).toHaveLength(5);
    expect(house.tally.refreshesFailed).toBe(4);
  });

  it('is not computed after a purge, nor after the house was closed', async () => {
    const purged = watched(cached('/r', SLOW));
    await askFirst(purged, COST_MS);
    await purged.ask('/r');
    purged.rooms.purges.purge(['route:/r'], 'stale');
    await purged.pass(60_000, COST_MS);
    expect(purged.upstream.calls).toHaveLength(1);
    const closed = watched(cached('/r', SLOW));
    await askFirst(closed, COST_MS);
    await closed.ask('/r');
    closed.rooms.ahead?.close();
    await closed.pass(60_000, COST_MS);
    expect([closed.upstream.calls.length, closed.clock.pending()]).toEqual([1, 0]);
  });

  it('is left to the hits where it costs too little to be worth a timer', async () => {
    const house = watched(cached('/r', { ttl: 1_000, early: 'auto' }), { costMinMs: 1_000 });
    await askFirst(house, 500);
    await house.ask('/r');
    expect([house.rooms.ahead?.stats().watched, house.clock.pending()]).toEqual([0, 0]);
  });
});

describe('an answer in a window of time', () => {
  it('is computed for the next window if it was asked for in this one', async () => {
    const house = watched(cached('/r', { window: 60_000, ttl: 1_000 }));
    await askFirst(house, 5_000);
    await house.ask('/r');
    const endMs = house.entry()?.freshUntilMs ?? 0;
    await house.pass(endMs - house.clock.nowMs() + 100, 5_000);
    expect((await house.ask('/r')).kind).toBe('hit');
    expect([...house.tally.refreshed]).toEqual([['window', 1]]);
    expect(house.entry()?.freshUntilMs).toBe(endMs + 60_000);
  });
});

describe('many answers whose end is near', () => {
  const three = async (options: Parameters<typeof watched>[1]) => {
    const house = watched(cached('/*', SLOW), options);
    const asked = ['/a', '/b', '/c'].map((path) => house.ask(path));
    await settle();
    await house.pass(COST_MS, COST_MS);
    await Promise.all(asked);
    for (const path of ['/a', '/b', '/c']) await house.ask(path);
    return house;
  };

  it('are computed so many at once and no more', async () => {
    const house = await three({ concurrent: 1 });
    await house.pass(16_000, COST_MS);
    expect(house.upstream.calls).toHaveLength(4);
    await house.pass(12_000, COST_MS);
    expect(house.upstream.calls).toHaveLength(5);
    // The third would have come after its end.
    await house.pass(60_000, COST_MS);
    expect(house.upstream.calls).toHaveLength(5);
  });

  it('are watched up to a ceiling, by one timer, and the others are left to the hits', async () => {
    const house = await three({ watchedMax: 2 });
    expect(house.clock.pending()).toBe(1);
    expect(house.rooms.ahead?.stats()).toMatchObject({ watched: 2, watchedMax: 2, refused: 1 });
    await house.pass(16_000, COST_MS);
    expect(house.upstream.calls).toHaveLength(5);
  });

  it('are forgotten with the answer', async () => {
    const house = await three({});
    expect(house.rooms.ahead?.stats().watched).toBe(3);
    house.rooms.store.delete(house.entry()?.key ?? '');
    expect(house.rooms.ahead?.stats().watched).toBe(2);
  });
});
