/** What the primary keeps for all workers: lines, places, leads and acts, without any process. */
import { describe, expect, it } from '@jest/globals';
import { openActs } from '../../src/server/workers/acts.js';
import { openLeads } from '../../src/server/workers/leads.js';
import { openLine, Silence, type Line, type Wire } from '../../src/server/workers/line.js';
import { openPlaces } from '../../src/server/workers/places.js';
import type { Acted } from '../../src/server/workers/words.js';
import { handClock } from '../fakes/hand-clock.js';
import { keptLog } from '../fakes/kept-log.js';
import { settle } from '../fakes/waiting.js';

describe('a line', () => {
  /** Two ends; what one sends the other hears, unless it is deaf. */
  function lines(onAsked: (word: unknown) => unknown = (word) => word) {
    const clock = handClock();
    const { log, events } = keptLog();
    const told: unknown[] = [];
    const deaf = { is: false };
    let toRight: (message: unknown) => void = () => undefined;
    let toLeft: (message: unknown) => void = () => undefined;
    const left: Wire = {
      send: (message) => {
        if (!deaf.is) toRight(message);
        return true;
      },
      onMessage: (listener) => (toLeft = listener),
    };
    const right: Wire = {
      send: (message) => {
        toLeft(message);
        return true;
      },
      onMessage: (listener) => (toRight = listener),
    };
    const handlers = { onTold: (word: unknown) => told.push(word), onAsked };
    const tools = { clock, log };
    openLine(right, { asksMax: 2 }, handlers, tools);
    const line: Line = openLine(left, { asksMax: 2 }, handlers, tools);
    return { line, told, clock, deaf, events };
  }

  it('brings answers to those who asked, and words to whoever listens', async () => {
    const { line, told } = lines((word) => Promise.resolve(`${String(word)}!`));
    expect(await Promise.all([line.ask('one', 10), line.ask('two', 10)])).toEqual(['one!', 'two!']);
    line.tell('three');
    expect(told).toEqual(['three']);
  });

  it('lets nobody wait beyond his time, nor more than a few at once', async () => {
    const { line, clock, deaf } = lines();
    deaf.is = true;
    const asked = [line.ask('one', 100), line.ask('two', 100)];
    await expect(line.ask('three', 100)).rejects.toThrow(Silence);
    clock.turn(100);
    for (const one of asked) await expect(one).rejects.toThrow(Silence);
    expect(line.stats()).toMatchObject({ asking: 0, asksMax: 2 });
  });

  it('tells all who wait when the other side is gone, and the log what was thrown', async () => {
    const { line, events } = lines(() => {
      throw new Error('hunter2');
    });
    const asked = line.ask('one', 100);
    await settle();
    expect(events).toEqual(['line_failed']);
    line.end();
    await expect(asked).rejects.toThrow(Silence);
    expect(line.tell('two')).toBe(false);
  });
});

describe('places', () => {
  it('say what we had purged when the others stood there, and nothing of what is too old', () => {
    const places = openPlaces(5, 1, 4);
    places.reached(6, 2);
    places.reached(7, 2);
    expect([5, 6, 7, 9].map((seq) => places.epochAt(seq))).toEqual([1, 2, 2, 2]);
    expect(places.epochAt(4)).toBeUndefined();
    // The earliest place of that epoch: a computation may have begun before the later ones.
    expect([1, 2, 3].map((epoch) => places.seqAt(epoch))).toEqual([5, 6, 6]);
    expect(places.seqAt(0)).toBeUndefined();
    for (let seq = 8; seq <= 11; seq += 1) places.reached(seq, seq);
    expect(places.epochAt(5)).toBeUndefined();
    expect(places.epochAt(11)).toBe(11);
  });

  it('count our own act as news to whoever stood before its place', () => {
    const places = openPlaces(0, 1, 10);
    // We purge (epoch 2) before we hear of another's act, which comes first in the order.
    places.reached(1, 3);
    places.returned(1);
    places.reached(2, 3);
    expect([0, 1, 2].map((seq) => places.epochAt(seq))).toEqual([1, 1, 3]);
  });
});

describe('leads', () => {
  function scene() {
    const told: string[] = [];
    const leads = openLeads(
      { leadsMax: 2, waitersMax: 2, holdersMax: 2 },
      { tell: (worker, family, how) => told.push(`${worker} ${family} ${how}`) },
    );
    return { leads, told };
  }

  it('let one compute, and tell those who wait what came of it', () => {
    const { leads, told } = scene();
    expect([1, 2, 3].map((worker) => leads.ask(worker, 'a'))).toEqual(['lead', 'wait', 'wait']);
    leads.kept(1, 'a');
    leads.release(1, 'a', 'stored', undefined);
    expect(told).toEqual(['2 a stored', '3 a stored']);
    expect([1, 2].map((worker) => leads.holder(worker, 'a'))).toEqual([undefined, 1]);
    expect(leads.stats()).toMatchObject({ held: 0, waiting: 0, taken: 1, waited: 2 });
  });

  it('pass to the next in line when the one who has it is gone', () => {
    const { leads, told } = scene();
    for (const worker of [1, 2, 3]) leads.ask(worker, 'a');
    leads.gone(1);
    expect(told).toEqual(['2 a lead']);
    // What the first one says now counts for nothing.
    leads.release(1, 'a', 'stored', undefined);
    leads.gone(3);
    leads.release(2, 'a', 'failed', 'connect');
    // One that only hangs goes on alone when it is back; what was told meanwhile it has not heard.
    expect(told).toEqual(['2 a lead', '3 a not-stored']);
    expect(leads.stats()).toMatchObject({ held: 0, waiting: 0, passedOn: 1 });
  });

  it('have ceilings: beyond them everybody computes for himself', () => {
    const { leads } = scene();
    expect(leads.ask(1, 'a')).toBe('lead');
    expect(leads.ask(1, 'a')).toBe('alone');
    expect(leads.ask(1, 'b')).toBe('lead');
    expect(leads.ask(2, 'c')).toBe('alone');
    expect([2, 3, 4].map((worker) => leads.ask(worker, 'a'))).toEqual(['wait', 'wait', 'alone']);
    leads.leave(2, 'a');
    expect(leads.stats().waiting).toBe(1);
    for (const family of ['x', 'y', 'z']) leads.kept(1, family);
    expect(leads.stats().holders).toBe(2);
    expect(leads.holder(2, 'x')).toBeUndefined();
  });
});

describe('acts', () => {
  const act = { kind: 'order', order: { type: 'all', selectors: [], mode: 'delete' } } as const;
  type Answer = (acted: Acted) => void;

  function scene(workers = [1, 2]) {
    const clock = handClock();
    const living = new Set(workers);
    const answers = new Map<number, Answer>();
    const failures = new Map<number, () => void>();
    const seqs: number[] = [];
    const acts = openActs(
      { waitMs: 1000, askMs: 600_000 },
      {
        clock,
        workers: () => [...living],
        isGone: (worker) => !living.has(worker),
        ask: (worker, placed) => {
          seqs.push(placed.seq);
          return new Promise((resolve, reject) => {
            answers.set(worker, resolve);
            failures.set(worker, () => {
              reject(new Error('gone'));
            });
          });
        },
      },
    );
    return { acts, clock, living, answers, failures, seqs };
  }

  it('are done when every worker has done them, and their counts add up', async () => {
    const { acts, answers, seqs } = scene();
    const one = acts.begin(act);
    expect(one.reach()).toMatchObject({ acked: 0, pending: 2 });
    answers.get(1)?.({ matched: 2 });
    answers.get(2)?.({ matched: 3 });
    expect(await one.settled()).toMatchObject({ acked: 2, pending: 0, waitingFor: [] });
    expect(one.matched()).toBe(5);
    acts.begin(act);
    expect(seqs).toEqual([1, 1, 2, 2]);
  });

  it('name who hangs when the wait is over, and go on waiting for him', async () => {
    const { acts, answers, clock } = scene();
    const one = acts.begin(act);
    const settled = one.settled();
    answers.get(1)?.({ matched: null });
    await settle();
    clock.turn(1000);
    expect(await settled).toMatchObject({ acked: 1, pending: 1, waitingFor: ['worker 2'] });
    answers.get(2)?.({ matched: null });
    await settle();
    expect(one.reach()).toMatchObject({ acked: 2, pending: 0 });
  });

  it('need nothing of a worker that has ended: what it held nobody gets', async () => {
    const { acts, answers, failures, living } = scene();
    const one = acts.begin(act);
    answers.get(1)?.({ matched: null });
    living.delete(2);
    failures.get(2)?.();
    expect(await one.settled()).toMatchObject({ pending: 0 });
  });

  it('are refused when a worker could not take them', async () => {
    const { acts, answers } = scene();
    const one = acts.begin(act);
    answers.get(1)?.({ matched: null });
    answers.get(2)?.({ matched: null, refused: 'too_many_requests' });
    await expect(one.settled()).rejects.toMatchObject({ code: 'too_many_requests' });
  });
});
