/** Purges while answers are computed: nothing that began before a delete is seen after it. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EVERYTHING } from '../../src/cache/purge.js';
import { cached, openHouse, wordsOf as bodyOf } from '../fakes/rooms.js';
import { settle } from '../fakes/waiting.js';

describe('case 52: a delete', () => {
  it.each(['t', 'route:/r', 'upstream:some', EVERYTHING])(
    'of %s in the middle of a computation: those before it get the old, those after it the new',
    async (tag) => {
      const { ask, rooms, upstream } = openHouse({ routes: [cached('/r', { tags: ['t'] })] });
      const before = ask('/r');
      await upstream.call(0);
      rooms.purges.purge([tag], 'delete');
      const after = ask('/r');
      await upstream.call(1);
      upstream.calls[0]?.answer({ body: 'old' });
      expect(await before).toMatchObject({ kind: 'miss', refused: 'fenced' });
      expect(bodyOf(await before)).toBe('old');
      upstream.calls[1]?.answer({ body: 'new' });
      expect(bodyOf(await after)).toBe('new');
      expect(bodyOf(await ask('/r'))).toBe('new');
      expect(upstream.calls).toHaveLength(2);
    },
  );

  it('by a tag that only the answer names reaches the computation too', async () => {
    const { ask, rooms, upstream } = openHouse({ routes: [cached('/r')] });
    const headers = ['Cache-Tag', 'product-7'];
    const before = ask('/r');
    await upstream.call(0);
    rooms.purges.purge(['product-7'], 'delete');
    const after = ask('/r');
    upstream.calls[0]?.answer({ body: 'old', headers });
    expect(bodyOf(await before)).toBe('old');
    (await upstream.call(1)).answer({ body: 'new', headers });
    expect(bodyOf(await after)).toBe('new');
    expect(bodyOf(await ask('/r'))).toBe('new');
  });

  it('that an older computation overtakes does not lose the newer answer', async () => {
    const { ask, rooms, upstream } = openHouse({ routes: [cached('/r', { tags: ['t'] })] });
    const before = ask('/r');
    await upstream.call(0);
    rooms.purges.purge(['t'], 'delete');
    const after = ask('/r');
    (await upstream.call(1)).answer({ body: 'new' });
    await after;
    upstream.calls[0]?.answer({ body: 'old' });
    await before;
    const last = await ask('/r');
    expect(last.kind).toBe('hit');
    expect(bodyOf(last)).toBe('new');
  });

  it('that an older refusal overtakes does not lose the newer answer', async () => {
    const { ask, rooms, upstream } = openHouse({ routes: [cached('/r', { tags: ['t'] })] });
    const before = ask('/r');
    await upstream.call(0);
    rooms.purges.purge(['t'], 'delete');
    const after = ask('/r');
    (await upstream.call(1)).answer({ body: 'new' });
    await after;
    upstream.calls[0]?.answer({ status: 403 });
    await before;
    expect(bodyOf(await ask('/r'))).toBe('new');
  });

  it('takes away what was kept, and what an old answer could stand in with', async () => {
    const rule = { tags: ['t'], staleIfError: 60_000, staleWhileRevalidate: 60_000 };
    const { ask, rooms, upstream } = openHouse({ routes: [cached('/r', rule)] });
    upstream.always(() => ({ body: 'old' }));
    await ask('/r');
    rooms.purges.purge(['t'], 'delete');
    upstream.always(() => 'connect');
    expect((await ask('/r')).kind).toBe('failed');
    expect(rooms.store.stats().entries).toBe(0);
  });

  it('of another tag touches nothing', async () => {
    const { ask, rooms, upstream } = openHouse({ routes: [cached('/r', { tags: ['t'] })] });
    upstream.always(() => ({}));
    await ask('/r');
    rooms.purges.purge(['u'], 'delete');
    expect((await ask('/r')).kind).toBe('hit');
  });
});

describe('a purge to stale', () => {
  it('lets the old answer out as stale only, while a new one is computed', async () => {
    const rule = { tags: ['t'], staleWhileRevalidate: 60_000 };
    const { ask, rooms, upstream } = openHouse({ routes: [cached('/r', rule)] });
    upstream.always((_request, nth) => ({ body: `answer ${nth}` }));
    await ask('/r');
    rooms.purges.purge(['t'], 'stale');
    expect(await ask('/r')).toMatchObject({ kind: 'stale', reason: 'revalidating' });
    await settle();
    const next = await ask('/r');
    expect(next.kind).toBe('hit');
    expect(bodyOf(next)).toBe('answer 1');
  });
});

type Act = 'ask' | 'answer first' | 'answer last' | 'fail' | 'delete' | 'expire';
const act = fc.constantFrom<Act>(
  'ask',
  'ask',
  'ask',
  'answer first',
  'answer last',
  'fail',
  'delete',
  'expire',
);

describe('case 52: any order of asking, answering and deleting', () => {
  it('never gives what was computed before a delete to one who asked after it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 30 }), async (acts) => {
        const rule = { tags: ['t'], staleWhileRevalidate: 5_000, staleIfError: 60_000 };
        const { ask, rooms, upstream, clock } = openHouse({ routes: [cached('/r', rule)] });
        let version = 0;
        /** The version that stood when each question reached the upstream. */
        const asked: number[] = [];
        const open = new Set<number>();
        const note = (): void => {
          for (let nth = asked.length; nth < upstream.calls.length; nth += 1) {
            asked.push(version);
            open.add(nth);
          }
        };
        const end = (nth: number | undefined, how: 'answer' | 'fail'): void => {
          if (nth === undefined) return;
          open.delete(nth);
          if (how === 'answer') upstream.calls[nth]?.answer({ body: String(asked[nth]) });
          else upstream.calls[nth]?.fail('reset');
        };
        const wrong: string[] = [];
        const waits: Promise<void>[] = [];
        for (const one of acts) {
          const order = [...open];
          if (one === 'ask') {
            const least = version;
            waits.push(
              ask('/r').then((outcome) => {
                if (outcome.kind !== 'failed' && Number(bodyOf(outcome)) < least)
                  wrong.push(outcome.kind);
              }),
            );
          } else if (one === 'delete') {
            version += 1;
            rooms.purges.purge(['t'], 'delete');
          } else if (one === 'expire') clock.turn(31_000);
          else if (one === 'fail') end(order[0], 'fail');
          else end(one === 'answer first' ? order[0] : order.at(-1), 'answer');
          await settle(1);
          note();
        }
        while (open.size > 0) {
          for (const nth of open) end(nth, 'answer');
          await settle(2);
          note();
        }
        await Promise.all(waits);
        return wrong.length === 0 && rooms.flights.stats().inFlight === 0;
      }),
      { numRuns: 400, seed: 52 },
    );
  });
});
