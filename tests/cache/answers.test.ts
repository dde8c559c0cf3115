/** The registry of promised answers by itself: its ceilings, its charges, its end. */
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { openAnswers, type Answers, type Place } from '../../src/cache/answers.js';
import { Failure } from '../../src/errors.js';
import type { Outcome, Reply } from '../../src/message.js';
import { cached, openHouse, type House } from '../fakes/rooms.js';
import { until } from '../fakes/waiting.js';

const KEEP_MS = 1_000;
const asker = { partition: 'anon', host: 'here' };
const flight = { startedMs: 0, estimateMs: 5, waiters: () => 1 };
const promise = { ...asker, method: 'GET', target: '/a', flight: () => flight };

interface Made {
  readonly house: House;
  readonly answers: Answers;
  readonly place: (target?: string) => Place;
}

function make(max = 10, bytesMax = 16_000): Made {
  const house = openHouse({ routes: [cached('/**')] });
  const options = { max, bytesMax, keepMs: KEEP_MS, waitMaxMs: 1_000 };
  const answers = openAnswers(options, house.rooms);
  return {
    ...{ house, answers },
    place(target = '/a') {
      const place = answers.open({ ...promise, target });
      if (place === undefined) throw new Error('there is no place');
      return place;
    },
  };
}

const missOf = (body: Reply['body']): Outcome => ({
  ...{ kind: 'miss', route: '/**', why: 'uri-miss', joined: false, sparedMs: 0 },
  refused: 'no-store',
  reply: { status: 200, headers: [], body },
});

const failed = { kind: 'failed', route: '/**', bypass: undefined } as const;

describe('promised answers', () => {
  it('have names of 128 random bits behind the name of the process', () => {
    const { answers, place } = make();
    const names = [place().name, place().name];
    const [one = '', other = ''] = names;
    expect(one).toMatch(/^[\w-]{8}\.[\w-]{22}$/);
    expect(one.split('.')[0]).toBe(other.split('.')[0]);
    expect(one).not.toBe(other);
    expect(answers.find(one, asker)).toEqual({ kind: 'computing', flight });
    expect(make().answers.find(one, asker)).toEqual({ kind: 'elsewhere' });
  });

  it('are waited for when the house closes, but no longer than it may take', async () => {
    const { house, answers, place } = make();
    expect(await answers.whenAllCame(1_000)).toBe(0);
    const [one, other] = [place(), place()];
    const late = answers.whenAllCame(1_000);
    const inTime = answers.whenAllCame(2_000);
    await one.settle(missOf(Buffer.from('one')));
    house.clock.turn(1_000);
    expect(await late).toBe(1);
    await other.settle({ ...failed, failure: new Failure('head_timeout') });
    expect(await inTime).toBe(0);
  });

  it('have a ceiling, and so have the bytes of what was asked for', () => {
    const few = make(2);
    few.place();
    few.place();
    expect(few.answers.open(promise)).toBeUndefined();
    const { answers, place } = make(1_000, 16_000);
    place('/'.padEnd(7_000, 'x'));
    expect(answers.open({ ...promise, target: '/'.padEnd(7_000, 'x') })).toBeUndefined();
    expect(answers.stats()).toMatchObject({ open: 1, refused: 1 });
  });

  it('are forgotten when their time is over, with every byte charged for them', async () => {
    const { answers, place, house } = make();
    const settled = place();
    const computing = place();
    await settled.settle(missOf(Buffer.alloc(500)));
    expect(answers.find(settled.name, asker)).toMatchObject({ kind: 'held', target: '/a' });
    house.clock.turn(KEEP_MS - 1);
    expect(answers.find(settled.name, asker).kind).toBe('held');
    house.clock.turn(1);
    expect(answers.find(settled.name, asker).kind).toBe('unknown');
    // What still computes stays as long as it does.
    expect(answers.find(computing.name, asker).kind).toBe('computing');
    await computing.settle({
      ...{ kind: 'failed', route: '/**', bypass: undefined },
      failure: new Failure('connect'),
    });
    expect(answers.find(computing.name, asker).kind).toBe('failed');
    house.clock.turn(KEEP_MS);
    expect(answers.stats()).toMatchObject({ open: 0, bytes: 0 });
  });

  it('that stream are collected up to the ceiling, however many stream at once', async () => {
    const { answers, place } = make(20);
    const sources = Array.from({ length: 12 }, () => new Readable({ read: () => undefined }));
    const places = sources.map(() => place());
    const settled = places.map((one, nth) => one.settle(missOf(sources[nth])));
    await until(() => answers.stats().bytes > 15_000);
    expect(answers.stats().bytes).toBeLessThanOrEqual(answers.stats().bytesMax);
    for (const source of sources) source.push(Buffer.alloc(1_500));
    for (const source of sources) source.push(null);
    await Promise.all(settled);
    const { bytes, bytesMax, notHeld } = answers.stats();
    expect(bytes).toBeLessThanOrEqual(bytesMax);
    expect(notHeld).toBeGreaterThan(0);
    const held = places.filter(({ name }) => answers.find(name, asker).kind === 'held');
    expect(held.length).toBe(12 - notHeld);
    expect(sources.every(({ destroyed }) => destroyed)).toBe(true);
  });

  it('that break off are failures', async () => {
    const { answers, place } = make();
    const body = new Readable({ read: () => undefined });
    const one = place();
    const settled = one.settle(missOf(body));
    body.destroy(new Failure('truncated'));
    await settled;
    expect(answers.find(one.name, asker)).toMatchObject({ failure: { code: 'truncated' } });
  });
});
