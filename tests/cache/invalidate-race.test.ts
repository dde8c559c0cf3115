/** Purges against fills in any order: law by law, with orders of acts that a seed brings back. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openInvalidations, type Order } from '../../src/cache/invalidate.js';
import { pathOf } from '../../src/cache/entry.js';
import type { RawHeaders } from '../../src/message.js';
import { cached, openHouse, routeOf, wordsOf, type Asked } from '../fakes/rooms.js';
import { settle } from '../fakes/waiting.js';

interface Question {
  readonly path: '/r' | '/s' | '/h';
  readonly query: string | undefined;
  readonly who: string | undefined;
}

type Act =
  | { readonly act: 'ask'; readonly question: Question }
  | { readonly act: 'head' | 'post'; readonly question: Question }
  | { readonly act: 'answer' | 'fail'; readonly last: boolean }
  | { readonly act: 'turn'; readonly byMs: number }
  | { readonly act: 'purge'; readonly order: Order };

const ROUTES = [
  cached('/r', { tags: ['t'], staleWhileRevalidate: 5_000, staleIfError: 60_000 }),
  cached('/s', { tags: ['t', 'u'] }),
  routeOf('/h', { cache: 'http', methods: ['GET', 'POST'] }),
];
const question: fc.Arbitrary<Question> = fc.record({
  path: fc.constantFrom('/r', '/s', '/h'),
  query: fc.constantFrom(undefined, 'a=1'),
  who: fc.constantFrom(undefined, 'Bearer one'),
});
const order: fc.Arbitrary<Order> = fc.oneof(
  ...(
    [
      ['path', ['/r', '/r?a=1', '/s', 'http://here/r', '/h', '/none']],
      ['pattern', ['/r', '/*', '/**', '/r/**']],
      ['tag', ['t', 'u', 'named', 'never']],
      ['route', ['/r', '/s', '/h']],
    ] as const
  ).map(([type, selectors]) =>
    fc.record({
      type: fc.constant(type),
      selectors: fc.constantFrom(...selectors).map((one) => [one]),
      mode: fc.constantFrom('stale' as const, 'delete' as const, 'refresh' as const),
    }),
  ),
  fc.record({
    type: fc.constant('all' as const),
    selectors: fc.constant([]),
    mode: fc.constantFrom('stale' as const, 'delete' as const),
  }),
);
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ act: fc.constant('ask' as const), question }) },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constantFrom('head' as const, 'post' as const), question }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ act: fc.constant('answer' as const), last: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('fail' as const), last: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant('turn' as const),
      byMs: fc.constantFrom(10, 2_000, 31_000),
    }),
  },
  { weight: 4, arbitrary: fc.record({ act: fc.constant('purge' as const), order }) },
);

const NAMED = ['Cache-Tag', 'named'];
const LIVES = ['Cache-Control', 'public, max-age=30, stale-while-revalidate=5'];

/** What the words of the documentation say that an order touches. */
function touches({ type, selectors: [one = ''] }: Order, path: string, query: string | undefined) {
  const asked = query === undefined ? path : `${path}?${query}`;
  if (type === 'all' || one === '/*' || one === '/**') return true;
  if (type === 'tag')
    return one === 'named' || (one === 't' ? path !== '/h' : one === 'u' && path === '/s');
  if (type !== 'path') return one === path;
  return one.includes('?') ? one === asked : one.replace('http://here', '') === path;
}

class Story {
  readonly house = openHouse({ routes: ROUTES });
  readonly invalidations = openInvalidations(this.house.rooms);
  /** Grows with each purge; an answer tells how many there had been when it was asked for. */
  version = 0;
  readonly seen: number[] = [];
  readonly open = new Set<number>();
  readonly purges: { readonly order: Order; readonly version: number }[] = [];
  readonly wrong: string[] = [];
  readonly waits: Promise<void>[] = [];

  newest(path: string, query: string | undefined, mode: 'delete' | 'any'): number {
    const met = this.purges.filter(
      ({ order: one }) => (mode === 'any' || one.mode === 'delete') && touches(one, path, query),
    );
    return met.at(-1)?.version ?? 0;
  }

  ask(method: string, { path, query, who }: Question): void {
    const leastAtAll = this.newest(path, query, 'delete');
    const leastFresh = this.newest(path, query, 'any');
    const headers: RawHeaders = who === undefined ? [] : ['Authorization', who];
    const asked: Asked = { method, headers, ...(query === undefined ? {} : { query }) };
    const wait = this.house.ask(path, asked).then((outcome) => {
      if (!('reply' in outcome) || method === 'HEAD') return;
      const version = Number(wordsOf(outcome));
      const about = `${outcome.kind} of version ${version}`;
      if (version < leastAtAll) this.wrong.push(`${about} after a delete`);
      else if (version < leastFresh && outcome.kind !== 'stale') {
        this.wrong.push(`${about} after a purge to stale`);
      }
    });
    this.waits.push(wait);
  }

  note(): void {
    const { calls } = this.house.upstream;
    for (let nth = this.seen.length; nth < calls.length; nth += 1) {
      this.seen.push(this.version);
      this.open.add(nth);
    }
  }

  end(nth: number | undefined, how: 'answer' | 'fail'): void {
    const call = nth === undefined ? undefined : this.house.upstream.calls[nth];
    if (nth === undefined || call === undefined) return;
    this.open.delete(nth);
    const { target, method, headers: sent } = call.request;
    const body = String(this.seen[nth]);
    const tag = `"${body}"`;
    const headers = [...NAMED, ...(target.startsWith('/h') ? [...LIVES, 'ETag', tag] : [])];
    // So that the answer to a POST is kept for GET.
    if (method === 'POST') headers.push('Content-Location', target);
    if (how === 'fail') call.fail('reset');
    else if (sent.includes(tag)) call.answer({ status: 304, headers });
    else call.answer({ body, headers });
  }

  async act(one: Act): Promise<void> {
    if (one.act === 'ask') this.ask('GET', one.question);
    else if (one.act === 'head') this.ask('HEAD', one.question);
    else if (one.act === 'post') this.ask('POST', { ...one.question, path: '/h' });
    else if (one.act === 'turn') this.house.clock.turn(one.byMs);
    else if (one.act === 'purge') {
      this.version += 1;
      this.purges.push({ order: one.order, version: this.version });
      this.invalidations.invalidate(one.order);
    } else if ('last' in one) {
      const nths = [...this.open];
      this.end(one.last ? nths.at(-1) : nths[0], one.act);
    }
    await settle(1);
    this.note();
  }

  async finish(): Promise<void> {
    while (this.open.size > 0) {
      for (const nth of this.open) this.end(nth, 'answer');
      await settle(2);
      this.note();
    }
    await Promise.all(this.waits);
  }

  /** What is left in the store after all this. */
  leftovers(): string[] {
    const { rooms, clock } = this.house;
    const entries = rooms.store.entries();
    const found: string[] = [];
    for (let one = entries.next(); one.done !== true; one = entries.next()) {
      const { address, query, body, freshUntilMs } = one.value;
      const standing = rooms.purges.judge(one.value);
      if (standing === 'deleted') continue;
      const version = Number(body.toString());
      const path = pathOf(address);
      if (version < this.newest(path, query, 'delete')) found.push(`${path} was deleted`);
      const isFresh = standing === 'live' && clock.nowMs() < freshUntilMs;
      if (isFresh && version < this.newest(path, query, 'any')) found.push(`${path} is fresh`);
    }
    return found;
  }
}

describe('case 52: purges of any kind against computations of any kind', () => {
  it('never let out or keep what was computed before them, in 2,000 orders of acts', async () => {
    let stale = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 4, maxLength: 30 }), async (acts) => {
        const story = new Story();
        for (const one of acts) await story.act(one);
        await story.finish();
        story.invalidations.close();
        stale += story.house.rooms.purges.stats().judged;
        expect([...story.wrong, ...story.leftovers()]).toEqual([]);
        expect(story.house.rooms.flights.stats().inFlight).toBe(0);
        expect(story.house.rooms.purges.underway.size()).toBe(0);
      }),
      { numRuns: 2_000, seed: 52 },
    );
    // The orders did meet stored answers, or nothing would have been shown.
    expect(stale).toBeGreaterThan(2_000);
  });
});
