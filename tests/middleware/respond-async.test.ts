/** The race between an answer and a caller's patience, by itself. */
import { describe, expect, it } from '@jest/globals';
import { orLater, preferring, withPreference } from '../../middleware/respond-async.js';
import { openAnswers } from '../../src/cache/answers.js';
import { serve } from '../../src/cache/serve.js';
import type { GatewayRequest, Outcome } from '../../src/message.js';
import { cached, openHouse, requestOf, routeOf } from '../fakes/rooms.js';
import { settle } from '../fakes/waiting.js';

function open(max = 10) {
  const house = openHouse({ routes: [routeOf('/plain'), cached('/**', { abandon: true })] });
  const { rooms, clock, upstream } = house;
  const limits = { max, bytesMax: 100_000, keepMs: 1_000, waitMaxMs: 60_000 };
  const answers = openAnswers(limits, rooms);
  const seen = { handedOff: 0 };
  const race = (
    prefer: string,
    ask: (request: GatewayRequest) => Promise<Outcome> = (request) => serve(rooms, request),
    gone?: AbortSignal,
  ) => {
    const headers = ['Prefer', prefer];
    const asked = requestOf('/a', gone === undefined ? { headers } : { headers, gone });
    const { request, patience } = preferring(rooms, asked, answers.waitMaxMs);
    if (patience === undefined) throw new Error('no patience was heard of');
    const handOff = (): void => {
      seen.handedOff += 1;
    };
    const startedMs = clock.nowMs();
    return orLater(rooms, answers, { request, patience, startedMs, handOff, serve: ask });
  };
  return { ...house, answers, race, seen, clock, upstream };
}

const vary = (headers: string[]) =>
  withPreference(headers, { route: '/', waitMs: 0, wait: undefined }, true);

describe('patience', () => {
  it('ends with a promise, and from then on nobody who leaves ends the computation', async () => {
    const { race, clock, seen, upstream, answers } = open();
    const raced = race('respond-async, wait=2');
    clock.turn(1_999);
    expect(seen.handedOff).toBe(0);
    clock.turn(1);
    expect(seen.handedOff).toBe(1);
    const told = await raced;
    expect(told).toMatchObject({ kind: 'later', later: { kind: 'later', route: '/**' } });
    expect(upstream.calls[0]?.aborted).toBe(false);
    upstream.calls[0]?.answer({ body: 'late' });
    await settle();
    expect(answers.stats().open).toBe(1);
  });

  it('ends in nothing when there is no place, or when the caller has left', async () => {
    const full = open(0);
    const raced = full.race('respond-async');
    full.clock.turn(0);
    full.upstream.calls[0]?.answer();
    expect(await raced).toMatchObject({ kind: 'now', isInTime: false });
    expect([full.seen.handedOff, full.answers.stats().refused]).toEqual([0, 1]);
    const left = open();
    const controller = new AbortController();
    const gone = left.race('respond-async', undefined, controller.signal);
    controller.abort();
    left.clock.turn(0);
    expect(await gone).toMatchObject({ kind: 'now', outcome: { kind: 'failed' } });
    expect([left.seen.handedOff, left.answers.stats().open]).toEqual([0, 0]);
  });

  it('that ended leaves a failure at the place when something breaks behind it', async () => {
    const { race, clock, answers, logged } = open();
    let breakIt: (thrown: Error) => void = () => undefined;
    const raced = race('respond-async', (request) => {
      request.boarded?.({ startedMs: 0, estimateMs: undefined, waiters: () => 1 });
      return new Promise((_resolve, reject) => {
        breakIt = reject;
      });
    });
    clock.turn(0);
    const told = await raced;
    breakIt(new Error('secret words'));
    await settle();
    const location = told.kind === 'later' ? told.later.location : '';
    const name = location.slice('/.leyden/answers/'.length);
    expect(answers.find(name, { partition: 'anon', host: 'here' })).toMatchObject({
      kind: 'failed',
      failure: { code: 'internal' },
    });
    expect(logged).toMatchObject([{ event: 'answer_failed', fields: { route: '/**' } }]);
    expect(JSON.stringify(logged)).not.toContain('secret');
  });

  it('is heard of on routes with a cache only, and its field is not for the origin there', () => {
    const { rooms } = open();
    const headers = ['Prefer', 'respond-async', 'X-Other', 'x'];
    const cachedOne = preferring(rooms, requestOf('/a', { headers }), 1_000);
    expect(cachedOne.request.headers).toEqual(['X-Other', 'x']);
    expect(cachedOne.patience).toEqual({ route: '/**', waitMs: 0, wait: undefined });
    const plain = requestOf('/plain', { headers });
    expect(preferring(rooms, plain, 1_000)).toEqual({ request: plain, patience: undefined });
    const none = requestOf('/none', { method: 'PUT', headers });
    expect(preferring(rooms, none, 1_000).request).toBe(none);
    const waits = preferring(rooms, requestOf('/a', { headers: ['Prefer', 'wait=5'] }), 1_000);
    expect([waits.patience, waits.request.headers]).toEqual([undefined, []]);
  });

  it('is named in Vary once, beside what stands there', () => {
    expect(vary(['Vary', 'Accept', 'X', 'x', 'vary', 'Cookie'])).toEqual([
      ...['Vary', 'Accept, Cookie, Prefer', 'X', 'x'],
    ]);
    for (const said of ['*', 'accept , PREFER'])
      expect(vary(['Vary', said])).toEqual(['Vary', said]);
    expect(vary([])).toEqual(['Vary', 'Prefer']);
  });
});
