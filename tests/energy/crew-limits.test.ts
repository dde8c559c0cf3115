/** The crew keeps its limits: a bounded line, priorities, cancellation, jobs that are given up. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { failureOf, outcome, rogues, tell, watchedClock } from './crew-kit.js';
import { closeAll } from './service-kit.js';

afterEach(closeAll);

/** Resolves when the job is running in its worker. */
function running(start: (onProgress: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    start(resolve);
  });
}

describe('case 99: a flood of jobs', () => {
  it('1,000 jobs on two workers: a bounded line, 503 with Retry-After for the rest', async () => {
    const crew = rogues({ waitingMax: 50 });
    const jobs = Array.from({ length: 1000 }, (_, user) => tell(crew, 'answer', { user }));
    expect(crew.stats()).toMatchObject({ in_use: 2, waiting: 50, refused: 948 });
    const outcomes = await Promise.all(jobs.map(outcome));
    expect(outcomes.filter((one) => one === 'answered')).toHaveLength(52);
    expect(outcomes.filter((one) => one === 'busy')).toHaveLength(948);
    const last = await failureOf(jobs[999]!);
    expect(last.status).toBe(503);
    expect(last.retryAfterS).toBeGreaterThanOrEqual(1);
  });

  it('who has waited too long for a worker is told that all are busy', async () => {
    const clock = watchedClock();
    const crew = rogues({ threads: 1, waitMs: 500 }, clock);
    await running((onProgress) => void outcome(tell(crew, 'hang', { onProgress })));
    const late = failureOf(tell(crew, 'answer'));
    clock.turn(500);
    expect((await late).status).toBe(503);
    expect(crew.stats()).toMatchObject({ waiting: 0, in_use: 1 });
  });
});

describe('the order of jobs', () => {
  it('quick reads pass calibrations that wait; one thread is kept free for them', async () => {
    const crew = rogues();
    const stop = new AbortController();
    const { signal } = stop;
    await running((onProgress) => {
      void outcome(tell(crew, 'hang', { priority: 2, signal, onProgress }));
    });
    const order: string[] = [];
    const note = (name: string) => (): void => {
      order.push(name);
    };
    const calibration = tell(crew, 'answer', { priority: 2 }).then(note('calibration'));
    const reads = [1, 2].map(() => tell(crew, 'answer', { priority: 1 }).then(note('read')));
    await Promise.all(reads);
    expect(order).toEqual(['read', 'read']);
    stop.abort();
    await calibration;
  });
});

describe('cancellation', () => {
  it('a job that waits leaves the line; one that runs loses its worker', async () => {
    const crew = rogues({ threads: 1 });
    const [first, second] = [new AbortController(), new AbortController()];
    let ended: Promise<string> | undefined;
    await running((onProgress) => {
      ended = outcome(tell(crew, 'spin', { signal: first.signal, onProgress }));
    });
    const waiting = outcome(tell(crew, 'answer', { signal: second.signal }));
    const patient = outcome(tell(crew, 'answer'));
    second.abort();
    expect(await waiting).toBe('abandoned');
    first.abort();
    expect(await ended).toBe('abandoned');
    expect(await patient).toBe('answered');
    expect(crew.stats()).toMatchObject({ cancelled: 2, completed: 1, restarts: 1 });
  });

  it('whoever has left before asking starts nothing', async () => {
    const crew = rogues();
    expect(await outcome(tell(crew, 'answer', { signal: AbortSignal.abort() }))).toBe('abandoned');
    expect(crew.stats().in_use).toBe(0);
  });
});

describe('a job that brings its worker down again and again', () => {
  it('is refused at once for thirty seconds, then tried again', async () => {
    const clock = watchedClock();
    const crew = rogues({}, clock);
    expect(await outcome(tell(crew, 'exit', { key: 'poison' }))).toBe('internal');
    const { restarts } = crew.stats();
    const refused = await failureOf(tell(crew, 'exit', { key: 'poison' }));
    expect(refused).toMatchObject({ status: 500, retryAfterS: 30 });
    expect(crew.stats().restarts).toBe(restarts);
    clock.turn(30_000);
    expect(await outcome(tell(crew, 'answer', { key: 'poison' }))).toBe('answered');
  });

  it('costs the others a growing pause, so that crashes do not chase each other', async () => {
    const clock = watchedClock();
    const crew = rogues({ threads: 1, triesMax: 10 }, clock);
    const bad = outcome(tell(crew, 'throw'));
    await clock.timerOf(50);
    expect(crew.stats()).toMatchObject({ in_use: 0, waiting: 1, retried: 3 });
    clock.turn(50);
    await clock.timerOf(100);
    await crew.close();
    expect(await bad).toBe('draining');
  });
});

describe('the end', () => {
  it('closing answers everyone who waits or runs, and refuses whoever comes later', async () => {
    const crew = rogues({ threads: 1 });
    let ran: Promise<string> | undefined;
    await running((onProgress) => {
      ran = outcome(tell(crew, 'hang', { onProgress }));
    });
    const waits = outcome(tell(crew, 'answer'));
    await crew.close();
    expect(await ran).toBe('draining');
    expect(await waits).toBe('draining');
    expect(await outcome(tell(crew, 'answer'))).toBe('draining');
  });
});
