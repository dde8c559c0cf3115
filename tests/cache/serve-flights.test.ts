/** One computation for all who wait: joined, counted, abandoned or not, and its ceilings. */
import { describe, expect, it } from '@jest/globals';
import { cached, openHouse } from '../fakes/rooms.js';
import { breakableStore } from '../fakes/broken-store.js';
import { openMemoryStore } from '../../src/cache/memory-store.js';
import { settle } from '../fakes/waiting.js';

function leaver() {
  const controller = new AbortController();
  const leave = (): void => {
    controller.abort();
  };
  return { gone: controller.signal, leave };
}

describe('callers who ask for the same at once', () => {
  it('case 90: reach the upstream once and all hear the same, each counted as joined', async () => {
    const { ask, clock, upstream } = openHouse({ routes: [cached('/r')] });
    const all = Array.from({ length: 1_000 }, () => ask('/r'));
    const call = await upstream.call(0);
    clock.turn(500);
    call.answer({ body: 'once' });
    const outcomes = await Promise.all(all);
    expect(upstream.calls).toHaveLength(1);
    expect(outcomes.filter((one) => one.kind === 'miss' && !one.joined)).toHaveLength(1);
    const joined = outcomes.filter((one) => one.kind === 'miss' && one.joined);
    expect(joined).toHaveLength(999);
    expect(joined[0]).toMatchObject({ sparedMs: 500, refused: undefined });
  });

  it('case 90: beyond the ceiling are told to come again; the others are answered', async () => {
    const { ask, upstream } = openHouse({ routes: [cached('/r')], waitersMax: 3 });
    const all = [1, 2, 3, 4, 5].map(() => ask('/r'));
    (await upstream.call(0)).answer();
    const kinds = (await Promise.all(all)).map((one) =>
      one.kind === 'failed' ? `${one.failure.code} ${one.failure.retryAfterS}` : one.kind,
    );
    expect(kinds).toEqual(['miss', 'miss', 'miss', 'too_many_waiters 1', 'too_many_waiters 1']);
  });

  it('for too many different things are told to come again', async () => {
    const { ask, upstream } = openHouse({ routes: [cached('/**')], flightsMax: 2 });
    const all = [ask('/a'), ask('/b'), ask('/c')];
    (await upstream.call(0)).answer();
    (await upstream.call(1)).answer();
    const [, , third] = await Promise.all(all);
    expect(third).toMatchObject({ kind: 'failed', failure: { code: 'busy', status: 503 } });
  });

  it('get the old answer where there is no place for another computation', async () => {
    const routes = [cached('/old', { staleWhileRevalidate: 60_000 }), cached('/**')];
    const { ask, clock, upstream } = openHouse({ routes, flightsMax: 1 });
    upstream.always(() => ({}));
    await ask('/old');
    clock.turn(31_000);
    upstream.byHand();
    const other = ask('/other');
    expect((await ask('/old')).kind).toBe('stale');
    (await upstream.call(1)).answer();
    await other;
  });

  it('case 5: one who leaves cancels nothing, and his answer is kept', async () => {
    const { ask, upstream } = openHouse({ routes: [cached('/r')] });
    const { gone, leave } = leaver();
    const left = ask('/r', { gone });
    const call = await upstream.call(0);
    leave();
    expect(await left).toMatchObject({ kind: 'failed', failure: { code: 'abandoned' } });
    expect(call.aborted).toBe(false);
    call.answer({ body: 'kept' });
    await settle();
    expect((await ask('/r')).kind).toBe('hit');
  });

  it('under `abandon: true` the last one who leaves takes the computation along', async () => {
    const { ask, upstream } = openHouse({ routes: [cached('/r', { abandon: true })] });
    const [one, two] = [leaver(), leaver()];
    const asked = [ask('/r', { gone: one.gone }), ask('/r', { gone: two.gone })];
    const call = await upstream.call(0);
    one.leave();
    await asked[0];
    expect(call.aborted).toBe(false);
    two.leave();
    await asked[1];
    expect(call.aborted).toBe(true);
    const next = ask('/r');
    (await upstream.call(1)).answer();
    expect((await next).kind).toBe('miss');
  });

  it('a failure reaches all of them, and the next one asks again', async () => {
    const { ask, upstream } = openHouse({ routes: [cached('/r')] });
    const all = [ask('/r'), ask('/r'), ask('/r')];
    (await upstream.call(0)).fail('reset');
    for (const one of await Promise.all(all)) {
      expect(one).toMatchObject({ kind: 'failed', bypass: undefined, failure: { code: 'reset' } });
    }
    const next = ask('/r');
    (await upstream.call(1)).answer();
    expect((await next).kind).toBe('miss');
  });

  it('look again before they go upstream: another may just have landed', async () => {
    const { ask, rooms, upstream } = openHouse({ routes: [cached('/r')] });
    // Between the first look and the flight somebody else stores the answer.
    const first = ask('/r');
    (await upstream.call(0)).answer({ body: 'landed' });
    await first;
    const get = rooms.store.get.bind(rooms.store);
    let looks = 0;
    rooms.store.get = (key) => {
      looks += 1;
      return looks === 1 ? undefined : get(key);
    };
    const second = await ask('/r');
    expect(second).toMatchObject({ kind: 'miss', joined: false });
    expect(upstream.calls).toHaveLength(1);
  });
});

describe('a store that breaks', () => {
  it.each(['get', 'set', 'both'] as const)(
    'by %s costs its caller the cache, not the answer',
    async (what) => {
      let store: ReturnType<typeof breakableStore> | undefined;
      const { ask, upstream } = openHouse({
        routes: [cached('/r')],
        store: (clock) =>
          (store = breakableStore(openMemoryStore({ entriesMax: 10, bytesMax: 100_000 }, clock))),
      });
      upstream.always(() => ({ body: 'fine' }));
      store?.alwaysThrow(what);
      expect(await ask('/r')).toMatchObject({ kind: 'miss', reply: { status: 200 } });
      store?.heal();
      await ask('/r');
      expect((await ask('/r')).kind).toBe('hit');
    },
  );
});
