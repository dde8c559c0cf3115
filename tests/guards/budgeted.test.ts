/** The way to an upstream: past its door, through its line, and back with the place released. */
import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { budgeted, type Door } from '../../src/budgeted.js';
import { Failure } from '../../src/errors.js';
import type { Reply, UpstreamRequest } from '../../src/message.js';
import { handClock } from '../fakes/hand-clock.js';
import { settle } from '../fakes/waiting.js';
import { codeOf, request } from '../upstream/kit.js';

const OPTIONS = { concurrent: 1, queued: 10, waitMs: 60_000 };

function handDoor() {
  const listeners: ((upstream: string, failure: Failure) => void)[] = [];
  let failure: Failure | undefined;
  const door: Door = {
    refusal: () => failure,
    whenSick: (listener) => {
      listeners.push(listener);
    },
  };
  return {
    door,
    fall: (upstream: string): void => {
      failure = new Failure('upstream_sick', { retryAfterS: 5 });
      for (const listener of listeners) listener(upstream, failure);
    },
  };
}

function handUpstream() {
  const asked: UpstreamRequest[] = [];
  const answers: ((reply: Reply) => void)[] = [];
  const fetch = (one: UpstreamRequest): Promise<Reply> => {
    asked.push(one);
    return new Promise((resolve) => answers.push(resolve));
  };
  return { asked, answers, fetch };
}

const WHOLE: Reply = { status: 200, headers: [], body: Buffer.from('whole') };

describe('a question to an upstream', () => {
  it('U18: that waits in line when the upstream falls sick learns it at once', async () => {
    const { door, fall } = handDoor();
    const { fetch, asked, answers } = handUpstream();
    const line = budgeted(fetch, OPTIONS, handClock(), door);
    const first = line.fetch(request());
    const waiting = codeOf(line.fetch(request()));
    const other = line.fetch(request({ upstream: 'other' }));
    await settle();
    fall('test');
    expect(await waiting).toBe('upstream_sick');
    expect(await codeOf(line.fetch(request()))).toBe('upstream_sick');
    expect(asked).toHaveLength(2);
    for (const answer of answers) answer(WHOLE);
    expect([(await first).status, (await other).status]).toEqual([200, 200]);
    expect(line.stats()['test']).toMatchObject({ running: 0, waiting: 0, entered: 1, refused: 1 });
  });

  it('has the patience left that it did not spend in line, and its priority', async () => {
    const clock = handClock();
    const { fetch, asked, answers } = handUpstream();
    const line = budgeted(fetch, OPTIONS, clock);
    const first = line.fetch(request());
    const second = line.fetch(request({ priority: 'revalidate', patienceMs: 5_000 }));
    await settle();
    clock.turn(3_000);
    expect(line.estimateMs('test', 'foreground')).toBe(3_000);
    expect(line.estimateMs('test', 'warm')).toBe(6_000);
    expect(line.estimateMs('unknown', 'warm')).toBe(0);
    answers[0]?.(WHOLE);
    await first;
    await settle();
    expect(asked[1]).toMatchObject({ priority: 'revalidate', patienceMs: 2_000 });
    answers[1]?.(WHOLE);
    await second;
  });

  it('holds its place until the last byte is out or its reader has gone', async () => {
    const { fetch, answers } = handUpstream();
    const line = budgeted(fetch, OPTIONS, handClock());
    const reply = line.fetch(request());
    await settle();
    const body = new PassThrough();
    answers[0]?.({ ...WHOLE, body });
    await reply;
    expect(line.stats()['test']?.running).toBe(1);
    body.destroy();
    await settle();
    expect(line.stats()['test']?.running).toBe(0);
  });

  it('that fails gives its place back', async () => {
    const line = budgeted(() => Promise.reject(new Failure('reset')), OPTIONS, handClock());
    expect(await codeOf(line.fetch(request()))).toBe('reset');
    expect(line.stats()['test']?.running).toBe(0);
  });
});
