/** Errors that come again and again: held longer each time, asked about by one, told to all. */
import { describe, expect, it } from '@jest/globals';
import { hitStatus } from '../../src/policy/cache-status.js';
import { openMemoryStore } from '../../src/cache/memory-store.js';
import { present } from '../../src/cache/present.js';
import type { Outcome } from '../../src/message.js';
import { firstValue } from '../../src/policy/headers.js';
import { breakableStore } from '../fakes/broken-store.js';
import { cached, openHouse, type House } from '../fakes/rooms.js';
import { settle } from '../fakes/waiting.js';
import type { Answer } from '../fakes/scripted-upstream.js';
import type { FailureCode } from '../../src/errors.js';

function failing(said: Answer | FailureCode, rule: Parameters<typeof cached>[1] = {}): House {
  const house = openHouse({ routes: [cached('/r', { errorTtl: 10_000, ...rule })] });
  house.upstream.always(() => said);
  return house;
}

/** How long nobody asks the upstream after it has been asked, so many times in a row. */
async function holds({ ask, clock, upstream }: House, rounds: number): Promise<number[]> {
  const held: number[] = [];
  for (let nth = 0; nth < rounds; nth += 1) {
    await ask('/r');
    const asked = upstream.calls.length;
    let seconds = 0;
    for (; seconds < 4_000; seconds += 1) {
      clock.turn(1_000);
      await ask('/r');
      if (upstream.calls.length > asked) break;
    }
    held.push(seconds + 1);
    // The one who found it over has asked already.
  }
  return held;
}

const fieldOf = (outcome: Outcome, name: string): string | undefined => {
  if (outcome.kind === 'no-route' || outcome.kind === 'failed') return undefined;
  return firstValue(present(outcome, { kind: 'whole' }, 'id').headers, name);
};

describe('an error that follows an error', () => {
  it('is held twice as long, up to eight times its lifetime', async () => {
    expect(await holds(failing({ status: 500 }), 6)).toEqual([10, 20, 40, 80, 80, 80]);
  });

  it('is held for five minutes at most, unless its own lifetime is longer', async () => {
    expect(await holds(failing({ status: 500 }, { errorTtl: 60_000 }), 5)).toEqual([
      60, 120, 240, 300, 300,
    ]);
    expect(await holds(failing({ status: 500 }, { errorTtl: 600_000 }), 2)).toEqual([600, 600]);
  });

  it('begins anew after a good answer', async () => {
    const house = failing({ status: 500 });
    await holds(house, 2);
    house.clock.turn(80_000);
    house.upstream.always(() => ({}));
    await house.ask('/r');
    house.clock.turn(30_000);
    house.upstream.always(() => ({ status: 500 }));
    expect(await holds(house, 1)).toEqual([10]);
  });

  it('begins anew after five quiet minutes', async () => {
    const house = failing({ status: 500 });
    await house.ask('/r');
    house.clock.turn(10_000 + 300_000);
    expect(await holds(house, 1)).toEqual([10]);
  });

  it.each([404, 410])('is held as long as ever when it is a %i, which is no failure', async (s) => {
    expect(await holds(failing({ status: s }), 3)).toEqual([10, 10, 10]);
  });

  it('is asked about by one when it ends, and all others wait for that one', async () => {
    const { ask, clock, upstream } = failing({ status: 500 });
    await ask('/r');
    clock.turn(10_000);
    upstream.byHand();
    const all = Array.from({ length: 20 }, () => ask('/r'));
    (await upstream.call(1)).answer({ body: 'well' });
    for (const one of await Promise.all(all)) expect(one).toMatchObject({ kind: 'miss' });
    expect(upstream.calls).toHaveLength(2);
  });
});

describe('an upstream that says when to come again', () => {
  it('is left alone for so long, and each caller hears how much of it is left', async () => {
    const house = failing({ status: 503, headers: ['Retry-After', '45'] });
    expect(fieldOf(await house.ask('/r'), 'retry-after')).toBe('45');
    house.clock.turn(15_500);
    const hit = await house.ask('/r');
    expect(hit).toMatchObject({ kind: 'hit', negative: true, reply: { status: 503 } });
    expect(fieldOf(hit, 'retry-after')).toBe('30');
    expect(fieldOf(hit, 'cache-status')).toBe(hitStatus(29.5, 'negative'));
    expect(house.upstream.calls).toHaveLength(1);
  });

  it('by a date is understood as well', async () => {
    const house = failing({
      status: 503,
      headers: ['Retry-After', 'Thu, 01 Jan 1970 00:17:40 GMT'],
    });
    expect(await holds(house, 1)).toEqual([60]);
  });

  it('is asked after an hour whatever it says', async () => {
    const house = failing({ status: 503, headers: ['Retry-After', '86400'] });
    expect(await holds(house, 1)).toEqual([3_600]);
  });

  it('is not asked later than the lifetime of errors says where that is longer', async () => {
    expect(await holds(failing({ status: 503, headers: ['Retry-After', '3'] }), 1)).toEqual([10]);
    expect(await holds(failing({ status: 500, headers: ['Retry-After', '90'] }), 1)).toEqual([10]);
  });

  it('with 429 is heeded where the rule names that status, and only there', async () => {
    const said = { status: 429, headers: ['Retry-After', '45'] };
    expect(await holds(failing(said, { errorTtl: { '429': 10_000 } }), 1)).toEqual([45]);
    expect(await failing(said).ask('/r')).toMatchObject({ refused: 'status' });
  });

  it('is left alone although a good answer stands in', async () => {
    const { ask, clock, upstream } = failing({}, { staleIfError: 600_000 });
    await ask('/r');
    clock.turn(30_000);
    upstream.always(() => ({ status: 503, headers: ['Retry-After', '20'] }));
    for (let nth = 0; nth < 20; nth += 1) {
      expect(await ask('/r')).toMatchObject({ kind: 'stale', reason: 'if-error' });
      clock.turn(1_000);
    }
    expect(upstream.calls).toHaveLength(2);
  });
});

describe('an upstream that does not answer at all', () => {
  it.each(['connect', 'connect_timeout', 'head_timeout', 'body_timeout'] as const)(
    'by %s is told at once to whoever asks next, and when to come again',
    async (code) => {
      const { ask, clock, rooms, upstream } = failing(code);
      expect(await ask('/r')).toMatchObject({ kind: 'failed', failure: { code } });
      clock.turn(4_000);
      const next = await ask('/r');
      expect(next).toMatchObject({ kind: 'failed', failure: { code, retryAfterS: 6 } });
      expect(next).toMatchObject({ bypass: undefined });
      expect(upstream.calls).toHaveLength(1);
      expect(rooms.marks.stats().marks).toBe(1);
    },
  );

  it('is asked less and less often, and at once again when it was well', async () => {
    const house = failing('connect');
    expect(await holds(house, 5)).toEqual([10, 20, 40, 80, 80]);
    house.clock.turn(80_000);
    house.upstream.always(() => ({}));
    expect((await house.ask('/r')).kind).toBe('miss');
    expect(house.rooms.marks.stats().marks).toBe(0);
  });

  it('counts together with the errors that it sends in between', async () => {
    const house = failing('connect');
    await holds(house, 1);
    house.clock.turn(20_000);
    house.upstream.always(() => ({ status: 502 }));
    expect(await holds(house, 1)).toEqual([40]);
  });

  it('is asked by each caller where the rule keeps no such error', async () => {
    const house = failing('head_timeout', { errorTtl: { '502': 10_000, '404': 60_000 } });
    await house.ask('/r');
    await house.ask('/r');
    expect(house.upstream.calls).toHaveLength(2);
  });

  it('is asked again after a purge', async () => {
    const { ask, rooms, upstream } = failing('connect');
    await ask('/r');
    rooms.purges.purge(['route:/r'], 'delete');
    await ask('/r');
    expect(upstream.calls).toHaveLength(2);
  });

  it.each(['busy', 'upstream_sick', 'abandoned'] as const)('marks nothing by %s', async (code) => {
    const { ask, rooms } = failing(code);
    await ask('/r');
    expect(rooms.marks.stats().marks).toBe(0);
  });

  it('marks nothing over a good answer, which goes out until its hard end', async () => {
    const { ask, clock, rooms, upstream } = failing({}, { staleIfError: 60_000 });
    await ask('/r');
    upstream.always(() => 'connect');
    clock.turn(30_000);
    for (let nth = 0; nth < 60; nth += 1) {
      expect((await ask('/r')).kind).toBe('stale');
      clock.turn(1_000);
    }
    // Pauses of 1, 2, 4, 8, 16 and 32 seconds, the last of them cut off.
    expect(upstream.calls).toHaveLength(1 + 6);
    expect(rooms.marks.stats().marks).toBe(0);
    expect((await ask('/r')).kind).toBe('failed');
  });
});

describe('a refresh that fails behind an old answer', () => {
  it('is tried again after pauses that double up to a minute', async () => {
    const { ask, clock, rooms, upstream } = failing({}, { staleWhileRevalidate: 600_000 });
    await ask('/r');
    clock.turn(30_000);
    upstream.always(() => 'connect');
    const at: number[] = [];
    for (let second = 0; second < 250; second += 1) {
      const before = upstream.calls.length;
      expect((await ask('/r')).kind).toBe('stale');
      await settle(1);
      if (upstream.calls.length > before) at.push(second);
      clock.turn(1_000);
    }
    expect(at).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
    const tally = rooms.tallies.of('/r');
    expect([tally.refreshed.get('stale'), tally.refreshesFailed]).toEqual([10, 10]);
  });

  it('with 429 takes nothing away', async () => {
    const { ask, clock, upstream } = failing({}, { staleWhileRevalidate: 60_000 });
    await ask('/r');
    clock.turn(30_000);
    upstream.always(() => ({ status: 429, headers: ['Retry-After', '5'] }));
    await ask('/r');
    await settle();
    expect((await ask('/r')).kind).toBe('stale');
    expect(upstream.calls).toHaveLength(2);
  });
});

it('an answer that the store fails to take is refused by that name', async () => {
  let store: ReturnType<typeof breakableStore> | undefined;
  const { ask, rooms, upstream } = openHouse({
    routes: [cached('/r')],
    store: (clock) =>
      (store = breakableStore(openMemoryStore({ entriesMax: 10, bytesMax: 100_000 }, clock))),
  });
  upstream.always(() => ({}));
  store?.alwaysThrow('set');
  expect(await ask('/r')).toMatchObject({ kind: 'miss', refused: 'store-failed' });
  expect([...rooms.tallies.of('/r').refused]).toEqual([['store-failed', 1]]);
});
