/** Warming: bounded, last in line, only in nobody's name, and never twice. */
import { describe, expect, it } from '@jest/globals';
import { openWarming, type WarmOptions } from '../../src/cache/warm.js';
import type { Admit } from '../../src/cache/warm-run.js';
import { Failure } from '../../src/errors.js';
import { openBudget } from '../../src/guards/budget.js';
import type { UpstreamRequest } from '../../src/message.js';
import { compileRules, type RouteOptions } from '../../src/policy/rules.js';
import { plansOf } from '../../src/cache/plans.js';
import { openSearches } from '../../src/cache/searches.js';
import { cached, openHouse, routeOf, wordsOf } from '../fakes/rooms.js';
import { settle } from '../fakes/waiting.js';

const ROUTES: readonly RouteOptions[] = [
  cached('/c/**', { ttl: 30_000, staleWhileRevalidate: 60_000 }),
  cached('/b/**', { authorization: 'bypass' }),
  routeOf('/x/**'),
  routeOf('/post', { methods: ['POST'], cache: 'http' }),
];

const admit: Admit = (url) =>
  url.startsWith('/')
    ? { method: 'GET', host: 'here', path: url, query: undefined, headers: [], partition: 'anon' }
    : new Failure('unknown_host');

function open(options: Partial<WarmOptions> = {}, routes = ROUTES) {
  const house = openHouse({ routes });
  const warming = openWarming(house.rooms, {
    ...{ concurrent: 2, waitingMax: 100, deadlineMs: 600_000, ...options },
  });
  const begin = (...urls: string[]) => {
    const begun = warming.begin(urls, admit);
    const id = begun?.progress.id ?? '';
    return { ...begun, id, now: () => warming.find(id) };
  };
  return { ...house, warming, begin };
}

const paths = (count: number): string[] => Array.from({ length: count }, (_, nth) => `/c/${nth}`);

describe('a list of addresses', () => {
  it('is computed two at a time, in the last class, and is there for whoever asks', async () => {
    const { ask, begin, upstream, rooms } = open();
    const run = begin(...paths(5));
    await settle();
    expect(upstream.calls.map(({ request }) => request.priority)).toEqual(['warm', 'warm']);
    expect(await run.now()).toMatchObject({ state: 'running', accepted: 5, done: 0 });
    upstream.always((_, nth) => ({ body: `answer ${nth}` }));
    upstream.calls.forEach((call) => {
      call.answer({ body: 'first' });
    });
    await settle(20);
    expect(await run.now()).toMatchObject({ state: 'done', computed: 5, fresh: 0, failed: {} });
    const asked = await ask('/c/0');
    expect([asked.kind, wordsOf(asked)]).toEqual(['hit', 'first']);
    expect([...rooms.tallies.of('/c/**').refreshed]).toEqual([['warm', 5]]);
  });

  it('is not computed where it is fresh, nor where somebody else computes it', async () => {
    const { ask, begin, upstream } = open();
    upstream.always(() => ({}));
    await ask('/c/1');
    upstream.byHand();
    const other = ask('/c/2');
    await upstream.call(1);
    const run = begin('/c/1', '/c/2');
    await settle();
    expect(await run.now()).toMatchObject({ state: 'done', fresh: 2, computed: 0 });
    expect(upstream.calls).toHaveLength(2);
    upstream.calls[1]?.answer();
    await other;
  });

  it('is refused address by address where the gate or the rules would keep nothing', () => {
    const { begin, upstream } = open();
    const { progress, refused } = begin('http://elsewhere/', '/x/1', '/none', '/post', '/c/1');
    expect(progress?.accepted).toBe(1);
    expect(refused?.map(({ reason }) => reason)).toEqual([
      ...['unknown_host', 'no-cache-rule', 'no-route', 'method'],
    ]);
    expect(upstream.calls).toHaveLength(1);
  });

  it('tells why something was not kept, and goes on', async () => {
    const { begin, upstream } = open();
    const answers = [
      { status: 404 },
      { headers: ['Cache-Control', 'private'] },
      'connect',
      {},
    ] as const;
    upstream.always((_, nth) => answers[nth] ?? {});
    const run = begin(...paths(4));
    await settle(20);
    expect(await run.now()).toMatchObject({ state: 'done', done: 4, computed: 1 });
    expect((await run.now())?.failed).toEqual({ 'zero-lifetime': 1, private: 1, connect: 1 });
  });

  it('has a ceiling: one more than may wait begins nothing', async () => {
    const { warming, upstream } = open({ waitingMax: 3 });
    expect(warming.begin(paths(4), admit)).toBeUndefined();
    expect(upstream.calls).toHaveLength(0);
    expect(warming.begin(paths(3), admit)).toBeDefined();
    await settle();
    expect(warming.stats()).toMatchObject({ waiting: 1, waitingMax: 3 });
    expect(warming.begin(paths(3), admit)).toBeUndefined();
  });

  it('waits while the upstream has too much to do, and loses nothing by it', async () => {
    const { begin, clock, rooms } = open();
    const budget = openBudget({ concurrent: 1, queued: 10, waitMs: 5_000 }, clock);
    Object.assign(rooms, {
      fetch: async (request: UpstreamRequest) => {
        (await budget.enter(request.signal, request))();
        return { status: 200, headers: [], body: Buffer.from('x') };
      },
    });
    const release = await budget.enter();
    const run = begin(...paths(3));
    await settle();
    clock.turn(5_000);
    await settle();
    expect(await run.now()).toMatchObject({ state: 'running', done: 0, failed: {} });
    expect((await run.now())?.pauses).toBeGreaterThan(0);
    release();
    for (let second = 0; second < 60; second += 1) {
      clock.turn(1_000);
      await settle();
    }
    expect(await run.now()).toMatchObject({ state: 'done', computed: 3, failed: {} });
  });

  it('is given up at its deadline, and when the house closes', async () => {
    const { begin, clock, upstream, warming } = open({ concurrent: 1, deadlineMs: 60_000 });
    const late = begin('/c/1', '/c/2');
    clock.turn(60_000);
    upstream.calls[0]?.answer();
    await settle();
    expect(await late.now()).toMatchObject({ state: 'done', computed: 1, failed: { deadline: 1 } });
    const closed = begin('/c/3', '/c/4');
    warming.close();
    upstream.calls[1]?.answer();
    await settle();
    expect(await closed.now()).toMatchObject({ state: 'cancelled', failed: { cancelled: 1 } });
    expect(warming.begin(['/c/5'], admit)).toBeUndefined();
    expect(clock.pending()).toBe(0);
  });

  it('is judged by the settings that hold when its turn comes', async () => {
    const { begin, rooms, upstream } = open({ concurrent: 1 });
    const run = begin('/c/1', '/c/2');
    await settle();
    const rules = compileRules([routeOf('/c/**')]);
    const searches = openSearches(1);
    const tools = { bodyBytesMax: () => 1_000, trusts: () => () => false, searches };
    Object.assign(rooms, { rules, plans: plansOf(rules.routes, tools) });
    upstream.calls[0]?.answer();
    await settle();
    expect((await run.now())?.failed).toEqual({ 'no-cache-rule': 1 });
    expect(upstream.calls).toHaveLength(1);
  });

  it('becomes urgent for whoever asks meanwhile', async () => {
    const { ask, begin, upstream } = open();
    begin('/c/1');
    const call = await upstream.call(0);
    const asked = ask('/c/1');
    await settle();
    expect(call.request.urgent?.aborted).toBe(true);
    call.answer({ body: 'both' });
    expect(wordsOf(await asked)).toBe('both');
    expect(upstream.calls).toHaveLength(1);
  });

  it('says that it is over to whoever waits for that, or how far it is when he stops', async () => {
    const { begin, clock, upstream, warming } = open();
    const { id } = begin('/c/1');
    const short = warming.find(id, 1_000);
    const long = warming.find(id, 10_000);
    clock.turn(1_000);
    expect(await short).toMatchObject({ state: 'running' });
    (await upstream.call(0)).answer();
    expect(await long).toMatchObject({ state: 'done' });
    expect([clock.pending(), await warming.find('none')]).toEqual([0, undefined]);
  });
});

describe('the top answers', () => {
  it('are those that saved the most and are old, or nearly so; never somebody’s own', async () => {
    const { ask, clock, upstream, warming } = open();
    upstream.always(() => ({}));
    const compute = async (path: string, hits: number, headers: string[] = []) => {
      upstream.byHand();
      const nth = upstream.calls.length;
      const first = ask(path, { headers });
      const call = await upstream.call(nth);
      clock.turn(100);
      call.answer();
      await first;
      for (let hit = 0; hit < hits; hit += 1) await ask(path, { headers });
    };
    await compute('/c/little', 1);
    await compute('/c/much', 5);
    await compute('/c/mine', 9, ['Authorization', 'Bearer mine']);
    await compute('/c/more', 3);
    clock.turn(28_000);
    await compute('/c/young', 7);
    upstream.always(() => ({}));
    const before = upstream.calls.length;
    const begun = await warming.beginTop(2);
    await settle(20);
    expect(begun?.progress.accepted).toBe(2);
    expect(upstream.calls.slice(before).map(({ request }) => request.target)).toEqual([
      ...['/c/much', '/c/more'],
    ]);
    // They are fresh again now.
    expect((await warming.beginTop(2))?.progress.accepted).toBe(1);
  });
});
