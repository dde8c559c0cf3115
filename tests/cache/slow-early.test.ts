/** Answers computed again before they get old: drawn, scheduled, or for the next window. */
import { describe, expect, it } from '@jest/globals';
import { freshEntry } from '../../src/cache/flying.js';
import { windowEndMs } from '../../src/policy/spread.js';
import { cached, openHouse, wordsOf, type House } from '../fakes/rooms.js';
import { settle } from '../fakes/waiting.js';

type Rule = Parameters<typeof cached>[1];

/** A house where computing takes so long each time; the answers are numbered. */
async function slow(costMs: number, rule: Rule, random: () => number = () => 0.5) {
  const house = openHouse({ routes: [cached('/r', rule)], random });
  const land = async (nth: number): Promise<void> => {
    const call = await house.upstream.call(nth);
    house.clock.turn(costMs);
    call.answer({ body: `answer ${nth}` });
    await settle();
  };
  const first = house.ask('/r');
  await land(0);
  await first;
  return { ...house, land };
}

/** Asks each second, without an answer from the upstream: the second of the first refresh. */
async function firstRefresh({ ask, clock, upstream }: House, seconds: number): Promise<number> {
  for (let second = 0; second < seconds; second += 1) {
    expect((await ask('/r')).kind).toBe('hit');
    if (upstream.calls.length > 1) return second;
    clock.turn(1_000);
  }
  return Infinity;
}

const AUTO = { ttl: 60_000, early: 'auto' } as const;

describe('an answer that takes a small part of its lifetime to compute', () => {
  it('is drawn near its end: never before five times its cost, surely at the last', async () => {
    // 1 − random is 0.0001: the draw is −δ·ln(0.0001) = 9.2 δ, so whoever may draw is drawn.
    const eager = await slow(2_000, AUTO, () => 0.9999);
    expect(await firstRefresh(eager, 60)).toBe(50);
    // 1 − random is 0.99: the draw is 0.01 δ, so only the last 20 ms would be.
    expect(await firstRefresh(await slow(2_000, AUTO, () => 0.01), 60)).toBe(Infinity);
    // 1 − random is e⁻¹: a draw of one δ.
    const even = await slow(2_000, AUTO, () => 1 - Math.exp(-1));
    expect(await firstRefresh(even, 60)).toBe(58);
  });

  it('goes out while one computation runs behind it, which then takes its place', async () => {
    const house = await slow(2_000, AUTO, () => 0.9999);
    const { ask, clock, land, rooms, upstream } = house;
    clock.turn(50_000);
    const hits = await Promise.all([ask('/r'), ask('/r'), ask('/r')]);
    expect(hits.map(({ kind }) => kind)).toEqual(['hit', 'hit', 'hit']);
    expect(upstream.calls).toHaveLength(2);
    expect(upstream.calls[1]?.request.priority).toBe('revalidate');
    await land(1);
    expect(wordsOf(await ask('/r'))).toBe('answer 1');
    expect([...rooms.tallies.of('/r').refreshed]).toEqual([['early', 1]]);
    // Its lifetime is a whole one again.
    clock.turn(49_999);
    await ask('/r');
    expect(upstream.calls).toHaveLength(2);
  });

  it('leaves the fast lane only for the hit that is drawn', async () => {
    const draws = [0.01, 0.01, 0.9999];
    const { ask, clock, rooms, upstream } = await slow(2_000, AUTO, () => draws.shift() ?? 0);
    const [entry] = [...{ [Symbol.iterator]: () => rooms.store.entries() }];
    const look = () => freshEntry(rooms, entry?.key ?? '', entry?.partition ?? '', clock.nowMs());
    clock.turn(49_999);
    expect(look()).toBe(entry);
    expect(draws).toHaveLength(3);
    clock.turn(1);
    expect([look(), look(), look()]).toEqual([entry, entry, undefined]);
    // The slow path need not draw again, and then the lane is free.
    expect((await ask('/r')).kind).toBe('hit');
    expect(upstream.calls).toHaveLength(2);
    expect(look()).toBe(entry);
    expect(draws).toHaveLength(0);
  });

  it('is not replaced by an error, and not tried again at once', async () => {
    const { ask, clock, rooms, upstream } = await slow(2_000, AUTO, () => 0.9999);
    clock.turn(50_000);
    upstream.always(() => ({ status: 500 }));
    for (let nth = 0; nth < 5; nth += 1) {
      expect(await ask('/r')).toMatchObject({ kind: 'hit', negative: false });
      await settle();
    }
    expect(upstream.calls).toHaveLength(2);
    clock.turn(1_000);
    await ask('/r');
    await settle();
    expect(upstream.calls).toHaveLength(3);
    expect(rooms.tallies.of('/r').refreshesFailed).toBe(2);
  });

  it('is left to its end where the rule says off, and errors always are', async () => {
    const off = await slow(2_000, { ttl: 60_000, early: 'off' }, () => 0.9999);
    expect(await firstRefresh(off, 60)).toBe(Infinity);
    const house = openHouse({
      routes: [cached('/r', { ...AUTO, errorTtl: 60_000 })],
      random: () => 0.9999,
    });
    const first = house.ask('/r');
    const call = await house.upstream.call(0);
    house.clock.turn(2_000);
    call.answer({ status: 404 });
    await first;
    expect(await firstRefresh(house, 60)).toBe(Infinity);
  });
});

describe('an answer that takes more than a third of its lifetime to compute', () => {
  it('is not drawn as soon as it is stored: the next one begins in time for its end', async () => {
    const house = await slow(16_800, { ttl: 30_000, early: 'auto' }, () => 0.9999);
    // 30 − 1.2 · 16.8 = 9.84 s
    expect(await firstRefresh(house, 30)).toBe(10);
    await house.land(1);
    const next = await house.ask('/r');
    expect([next.kind, wordsOf(next)]).toEqual(['hit', 'answer 1']);
    expect([...house.rooms.tallies.of('/r').refreshed]).toEqual([['scheduled', 1]]);
  });

  it('begins earlier when its times spread, by what it learnt of them', async () => {
    const { ask, clock, rooms, upstream } = await slow(10_000, { ttl: 27_000, early: 'auto' });
    clock.turn(27_000);
    const second = ask('/r');
    const call = await upstream.call(1);
    clock.turn(14_000);
    call.answer();
    await second;
    const [entry] = [...{ [Symbol.iterator]: () => rooms.store.entries() }];
    expect(entry?.usual).toEqual({ meanMs: 11_000, deviationMs: 1_000 });
    expect((entry?.freshUntilMs ?? 0) - (entry?.earlyFromMs ?? 0)).toBeCloseTo(1.2 * 13_000, 6);
  });

  it('that nobody asks for is not computed', async () => {
    const { clock, upstream } = await slow(16_800, { ttl: 30_000, early: 'auto' });
    clock.turn(30_000);
    await settle();
    expect(upstream.calls).toHaveLength(1);
  });
});

describe('an answer in a window of time', () => {
  const WINDOW = { window: 60_000, ttl: 5_000 } as const;
  const onlyEntry = ({ rooms }: House) =>
    [...{ [Symbol.iterator]: () => rooms.store.entries() }][0];
  const endOf = (house: House): number => onlyEntry(house)?.freshUntilMs ?? 0;

  it('is fresh until the end of its key’s window, which all nodes agree upon', async () => {
    const house = await slow(0, WINDOW);
    const { key = '' } = onlyEntry(house) ?? {};
    expect(endOf(house)).toBe(windowEndMs(key, 60_000, house.clock.wallMs()));
    house.clock.turn(endOf(house) - house.clock.nowMs() - 1);
    expect((await house.ask('/r')).kind).toBe('hit');
    house.clock.turn(1);
    const again = house.ask('/r');
    await house.land(1);
    expect((await again).kind).toBe('miss');
    expect(endOf(house) - house.clock.nowMs()).toBe(60_000);
  });

  it('belongs to the window in which it is stored, not to that in which it was asked', async () => {
    const house = await slow(0, WINDOW);
    const end = endOf(house);
    house.rooms.purges.purge(['route:/r'], 'delete');
    house.clock.turn(end - house.clock.nowMs() - 5_000);
    const asked = house.ask('/r');
    const call = await house.upstream.call(1);
    house.clock.turn(10_000);
    call.answer();
    await asked;
    expect(endOf(house)).toBe(end + 60_000);
  });

  it('is the old one of the next window', async () => {
    const house = await slow(0, { ...WINDOW, staleWhileRevalidate: 10_000 });
    house.clock.turn(endOf(house) - house.clock.nowMs());
    expect(await house.ask('/r')).toMatchObject({ kind: 'stale', reason: 'revalidating' });
  });

  it('is computed ahead for the next window when somebody asks near the end', async () => {
    const house = await slow(5_000, WINDOW);
    const { ask, clock, rooms, upstream } = house;
    // A whole window, for the first answer may have come late in its own.
    const end = endOf(house);
    clock.turn(Math.max(0, end - clock.nowMs() - 6_001));
    await ask('/r');
    expect(upstream.calls).toHaveLength(1);
    clock.turn(1);
    expect((await ask('/r')).kind).toBe('hit');
    expect(upstream.calls).toHaveLength(2);
    await house.land(1);
    // It landed a second before the roll, and holds until the end of the next window.
    expect(clock.nowMs()).toBe(end - 1_000);
    expect(endOf(house)).toBe(end + 60_000);
    expect(wordsOf(await ask('/r'))).toBe('answer 1');
    expect([...rooms.tallies.of('/r').refreshed]).toEqual([['window', 1]]);
    clock.turn(1_000);
    expect((await ask('/r')).kind).toBe('hit');
    expect(upstream.calls).toHaveLength(2);
  });

  it('never runs further ahead than one window, however long computing takes', async () => {
    const house = await slow(100_000, { window: 60_000, ttl: 60_000 });
    const { ask, clock, upstream } = house;
    for (let nth = 1; nth < 8; nth += 1) {
      await ask('/r');
      if (upstream.calls.length <= nth) break;
      const call = await upstream.call(nth);
      clock.turn(1_000);
      call.answer();
      await settle();
      expect(endOf(house) - clock.nowMs()).toBeLessThanOrEqual(120_000);
    }
  });
});

describe('lifetimes that begin together', () => {
  it('case 91: end apart: no second sees twice the mean of the computations', async () => {
    const rule = { ttl: 30_000, jitter: 0.1 };
    const { ask, clock, upstream } = openHouse({
      routes: [cached('/**', rule)],
      bytesMax: 10_000_000,
    });
    upstream.always(() => ({}));
    for (let nth = 0; nth < 1_000; nth += 1) {
      await ask(`/${nth}`);
      clock.turn(1);
    }
    clock.turn(25_000);
    const perSecond: number[] = [];
    for (let second = 0; second < 9; second += 1) {
      const before = upstream.calls.length;
      for (let nth = 0; nth < 1_000; nth += 1) await ask(`/${nth}`);
      perSecond.push(upstream.calls.length - before);
      clock.turn(1_000);
    }
    expect(perSecond.reduce((sum, count) => sum + count)).toBe(1_000);
    // From 27 s to 33 s after the second in which they were stored: 7 seconds.
    for (const count of perSecond) expect(count).toBeLessThan(2 * (1_000 / 7));
  });
});
