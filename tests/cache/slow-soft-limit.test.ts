/** How long a caller waits while an old answer lies there: the soft limit, and his patience. */
import { describe, expect, it } from '@jest/globals';
import { openInvalidations } from '../../src/cache/invalidate.js';
import { cached, openHouse, wordsOf } from '../fakes/rooms.js';
import { settle } from '../fakes/waiting.js';

const SOFT = { staleIfError: 600_000, softLimit: 250 };

/** An answer of the rule that has just run out, and an upstream that takes its time. */
async function expired(rule: Parameters<typeof cached>[1] = SOFT) {
  const house = openHouse({ routes: [cached('/r', rule)] });
  house.upstream.always(() => ({ body: 'old' }));
  await house.ask('/r');
  house.clock.turn(30_000);
  house.upstream.byHand();
  return house;
}

describe('a caller under a soft limit', () => {
  it('gets the old answer after it, while the computation goes on and lands', async () => {
    const { ask, clock, upstream } = await expired();
    const asked = ask('/r');
    const call = await upstream.call(1);
    clock.turn(250);
    const outcome = await asked;
    expect(outcome).toMatchObject({ kind: 'stale', reason: 'soft-limit' });
    expect(wordsOf(outcome)).toBe('old');
    call.answer({ body: 'new' });
    await settle();
    const next = await ask('/r');
    expect([next.kind, wordsOf(next)]).toEqual(['hit', 'new']);
  });

  it('gets the new answer when it comes in time', async () => {
    const { ask, clock, upstream } = await expired();
    const asked = ask('/r');
    const call = await upstream.call(1);
    clock.turn(249);
    call.answer({ body: 'new' });
    expect(wordsOf(await asked)).toBe('new');
    expect(clock.pending()).toBe(0);
  });

  it('waits side by side with others for one computation', async () => {
    const { ask, clock, rooms, upstream } = await expired();
    const all = [ask('/r'), ask('/r')];
    await upstream.call(1);
    clock.turn(100);
    all.push(ask('/r'));
    clock.turn(150);
    const [first, second] = await Promise.all(all.slice(0, 2));
    expect([first?.kind, second?.kind]).toEqual(['stale', 'stale']);
    await settle();
    expect(rooms.flights.stats()).toMatchObject({ inFlight: 1, waiting: 1 });
    clock.turn(100);
    expect(await all[2]).toMatchObject({ kind: 'stale', reason: 'soft-limit' });
    expect(upstream.calls).toHaveLength(2);
  });

  it('leaves the computation alone, though the rule gives up what nobody waits for', async () => {
    const { ask, clock, upstream } = await expired({ ...SOFT, abandon: true });
    const asked = ask('/r');
    const call = await upstream.call(1);
    clock.turn(250);
    await asked;
    await settle();
    expect(call.aborted).toBe(false);
    call.answer({ body: 'new' });
    await settle();
    expect(wordsOf(await ask('/r'))).toBe('new');
  });

  it.each([
    ['route', '/r'],
    ['path', '/r'],
    ['all', ''],
  ] as const)('waits on when the old answer was deleted meanwhile (%s)', async (type, what) => {
    const { ask, clock, rooms, upstream } = await expired();
    const asked = ask('/r');
    const call = await upstream.call(1);
    const selectors = what === '' ? [] : [what];
    openInvalidations(rooms).invalidate({ type, selectors, mode: 'delete' });
    clock.turn(250);
    call.answer({ body: 'new' });
    const outcome = await asked;
    expect([outcome.kind, wordsOf(outcome)]).toEqual(['miss', 'new']);
  });

  it('waits on when the old answer is past the end of staleIfError', async () => {
    const { ask, clock, upstream } = await expired({ staleIfError: 200, softLimit: 250 });
    const asked = ask('/r');
    const call = await upstream.call(1);
    clock.turn(250);
    call.answer({ body: 'new' });
    expect(wordsOf(await asked)).toBe('new');
  });

  it('waits as long as it takes where nothing is stored, or only an error', async () => {
    const rule = { ...SOFT, errorTtl: 1_000 };
    const { ask, clock, upstream } = openHouse({ routes: [cached('/r', rule)] });
    for (const nth of [0, 1]) {
      const asked = ask('/r');
      const call = await upstream.call(nth);
      clock.turn(5_000);
      call.answer({ status: 500 });
      expect((await asked).kind).toBe('miss');
      clock.turn(2_000);
    }
  });
});

describe('a caller whose turn with the upstream does not come', () => {
  it('gets the old answer, marked as such, and a pause goes by before the next try', async () => {
    const { ask, clock, upstream } = await expired({ staleIfError: 600_000, patience: 5_000 });
    const asked = ask('/r');
    const call = await upstream.call(1);
    expect(call.request).toMatchObject({ priority: 'foreground', patienceMs: 5_000 });
    call.fail('busy');
    expect(await asked).toMatchObject({ kind: 'stale', reason: 'if-busy' });
    expect(await ask('/r')).toMatchObject({ kind: 'stale', reason: 'if-busy' });
    expect(upstream.calls).toHaveLength(2);
    clock.turn(1_000);
    const next = ask('/r');
    (await upstream.call(2)).answer({ body: 'new' });
    expect(wordsOf(await next)).toBe('new');
  });

  it('hears when to come again where no old answer may stand in', async () => {
    const { ask, upstream } = openHouse({ routes: [cached('/r', { patience: 5_000 })] });
    upstream.always(() => 'busy');
    expect(await ask('/r')).toMatchObject({ kind: 'failed', failure: { status: 503 } });
    await ask('/r');
    expect(upstream.calls).toHaveLength(2);
  });

  it('begins behind an old answer when somebody waits for that computation', async () => {
    const { ask, upstream } = await expired({ staleWhileRevalidate: 60_000, patience: 5_000 });
    await ask('/r');
    const { request } = await upstream.call(1);
    expect(request).toMatchObject({ priority: 'revalidate', patienceMs: 5_000 });
    expect(request.urgent?.aborted).toBe(false);
  });

  it('makes a refresh urgent as soon as he waits for it', async () => {
    const { ask, clock, upstream } = await expired({ staleWhileRevalidate: 1_000 });
    await ask('/r');
    const { request } = await upstream.call(1);
    clock.turn(1_000);
    const waits = ask('/r');
    expect(request.urgent?.aborted).toBe(true);
    upstream.calls[1]?.answer({ body: 'new' });
    expect(await waits).toMatchObject({ kind: 'miss', joined: true });
  });
});

it('who waits is told since when, how long it takes, and how many wait', async () => {
  const { clock, rooms, upstream } = await expired();
  const { serve } = await import('../../src/cache/serve.js');
  const { requestOf } = await import('../fakes/rooms.js');
  const told: unknown[] = [];
  const boarded: NonNullable<ReturnType<typeof requestOf>['boarded']> = (flight) => {
    told.push([flight.startedMs, flight.estimateMs, flight.waiters()]);
  };
  const startedMs = clock.nowMs();
  const first = serve(rooms, { ...requestOf('/r'), boarded });
  clock.turn(100);
  const second = serve(rooms, { ...requestOf('/r'), boarded });
  (await upstream.call(1)).answer();
  await Promise.all([first, second]);
  expect(told).toEqual([
    [startedMs, 0, 1],
    [startedMs, 0, 2],
  ]);
});
