/** What callers see when a handler never ends, and what a handler sees of callers who leave. */
import { describe, expect, it } from '@jest/globals';
import { createCache, responseCache } from '../../../src/index.js';
import { ask } from '../../fakes/client.js';
import { handClock } from '../../fakes/hand-clock.js';
import { settle, until } from '../../fakes/waiting.js';
import { gate, kept, keptCache, listening } from './kit.js';

const silent = { onError: () => undefined };

describe('a handler that never ends', () => {
  it('is given up after its deadline, and its later words are dropped', async () => {
    const clock = handClock();
    let finishLate: () => void = () => undefined;
    const stuck = kept(
      responseCache({ ttl: '30s', deadline: '5s', clock, ...silent }, (_req, res) => {
        finishLate = () => void res.send('too late');
      }),
    );
    const port = await listening((app) => app.use(stuck));
    const callers = [ask(port, '/a'), ask(port, '/a')];
    await until(() => stuck.cache.stats().held['waiters'] === 2);
    clock.turn(4_999);
    await settle();
    expect(stuck.cache.stats().held['waiters']).toBe(2);
    clock.turn(1);
    for (const answer of await Promise.all(callers)) {
      expect([answer.status, JSON.parse(answer.body)]).toMatchObject([
        504,
        { type: 'urn:leyden:problem:head_timeout' },
      ]);
    }
    finishLate();
    await settle();
    expect(stuck.cache.stats().memory.entries).toBe(0);
    expect(stuck.cache.stats().held).toMatchObject({ flights: 0, budget_running: 0 });
  });

  it('is given up as well when it only began, and goes on drop by drop', async () => {
    const clock = handClock();
    let drip: () => boolean = () => false;
    const stuck = kept(
      responseCache({ ttl: '30s', deadline: '5s', clock, ...silent }, (_req, res) => {
        drip = () => res.write('drop');
        drip();
      }),
    );
    const port = await listening((app) => app.use(stuck));
    const caller = ask(port, '/a');
    await until(() => stuck.cache.stats().held['waiters'] === 1);
    clock.turn(3_000);
    drip();
    await settle();
    clock.turn(2_000);
    expect((await caller).status).toBe(504);
  });
});

describe('a caller who leaves', () => {
  it('does not take the handler along, nor the others who wait', async () => {
    let closed = false;
    const { opened, open } = gate();
    const slow = kept(
      responseCache({ ttl: '30s' }, async (_req, res) => {
        res.on('close', () => {
          closed = !res.writableFinished;
        });
        await opened;
        res.send('worth the wait');
      }),
    );
    const port = await listening((app) => app.use(slow));
    const leaver = new AbortController();
    const left = ask(port, '/a', { signal: leaver.signal }).catch(() => 'left');
    await until(() => slow.cache.stats().held['waiters'] === 1);
    const stays = ask(port, '/a');
    await until(() => slow.cache.stats().held['waiters'] === 2);
    leaver.abort();
    expect(await left).toBe('left');
    await until(() => slow.cache.stats().held['waiters'] === 1);
    open();
    expect((await stays).body).toBe('worth the wait');
    expect(closed).toBe(false);
    expect((await ask(port, '/a')).headers['x-cache']).toBe('HIT');
  });

  it('ends the handler when he was the last and the rule says abandon', async () => {
    const closed = gate();
    const slow = kept(
      responseCache({ ttl: '30s', abandon: true }, (_req, res) => {
        res.on('close', closed.open);
      }),
    );
    const port = await listening((app) => app.use(slow));
    const leaver = new AbortController();
    const left = ask(port, '/a', { signal: leaver.signal }).catch(() => 'left');
    await until(() => slow.cache.stats().held['waiters'] === 1);
    leaver.abort();
    await closed.opened;
    expect(await left).toBe('left');
  });
});

it('a caller whose turn comes too late gets the old answer after his patience', async () => {
  const clock = handClock();
  const { opened, open } = gate();
  const cache = keptCache(createCache({ budget: { concurrent: 1 }, clock }));
  const rule = { ttl: '10s', staleIfError: '1m', patience: '2s', cache, ...silent } as const;
  const slow = responseCache({ ...rule, name: 'slow' }, async (req, res) => {
    if (req.url === '/long') await opened;
    res.send('computed');
  });
  const port = await listening((app) => app.use(slow));
  await ask(port, '/a');
  clock.turn(10_000);
  const long = ask(port, '/long');
  await until(() => cache.stats().held['budget_running'] === 1);
  const caller = ask(port, '/a');
  await until(() => cache.stats().held['budget_waiting'] === 1);
  clock.turn(2_000);
  expect((await caller).headers).toMatchObject({ 'x-cache': 'STALE', age: '12' });
  open();
  expect((await long).body).toBe('computed');
});
