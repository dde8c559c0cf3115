/** A job that misbehaves loses itself and nothing else. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { failureOf, outcome, rogues, tell } from './crew-kit.js';
import { closeAll } from './service-kit.js';

afterEach(closeAll);

describe('case 34: jobs of many users on workers that crash and hang', () => {
  it('everyone gets the answer to their own job or an honest failure', async () => {
    const crew = rogues({ threads: 4 });
    const users = Array.from({ length: 100 }, (_, user) => user);
    const acts = users.map((user) => {
      if (user % 10 === 3) return 'hang' as const;
      return user % 20 === 7 ? ('exit' as const) : ('answer' as const);
    });
    const settled = await Promise.allSettled(
      users.map((user) => {
        const more = acts[user] === 'hang' ? { jobMs: 200 } : {};
        return tell(crew, acts[user]!, { user, once: acts[user] === 'exit', ...more });
      }),
    );
    for (const user of users) {
      const result = settled[user]!;
      if (acts[user] === 'hang') {
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'head_timeout' } });
      } else {
        expect(result).toMatchObject({ status: 'fulfilled', value: { user } });
      }
    }
    expect(crew.stats()).toMatchObject({
      completed: 90,
      timeouts: 10,
      retried: 5,
      failed: 0,
      in_use: 0,
      waiting: 0,
      mismatched: 0,
    });
    expect(crew.stats().restarts).toBeGreaterThanOrEqual(15);
  });

  it('a worker that answers for another job is not believed', async () => {
    const crew = rogues();
    expect(await outcome(tell(crew, 'answer', { lie: 'job-1.7' }))).toBe('internal');
    expect(await outcome(tell(crew, 'answer'))).toBe('answered');
    expect(crew.stats()).toMatchObject({ mismatched: 2, failed: 1, completed: 1 });
  });
});

describe('case 127: what a job does to its worker', () => {
  it.each(['throw', 'exit', 'heap'] as const)(
    'one that ends in %s is tried twice, then fails, and its neighbours answer',
    async (act) => {
      const crew = rogues();
      const bad = tell(crew, act);
      const neighbours = [1, 2, 3, 4].map((user) => tell(crew, 'answer', { user }));
      expect(await outcome(bad)).toBe('internal');
      expect(await Promise.all(neighbours.map(outcome))).toEqual(Array(4).fill('answered'));
      expect(crew.stats()).toMatchObject({ failed: 1, retried: 1, completed: 4, in_use: 0 });
    },
  );

  it('one that never ends is ended at its deadline with 504; its neighbours answer', async () => {
    const crew = rogues();
    const bad = failureOf(tell(crew, 'spin', { jobMs: 500 }));
    const neighbours = [1, 2, 3, 4].map((user) => tell(crew, 'answer', { user }));
    expect(await Promise.all(neighbours.map(outcome))).toEqual(Array(4).fill('answered'));
    expect((await bad).status).toBe(504);
    expect(await outcome(tell(crew, 'answer'))).toBe('answered');
    expect(crew.stats()).toMatchObject({ timeouts: 1, completed: 5 });
  });

  it('one that eats Buffers, which no heap limit sees, is ended alone', async () => {
    const gainBytesMax = 200 * 1024 ** 2;
    const readBytes = (): number => process.memoryUsage.rss();
    const crew = rogues({ jobMs: 20_000, memory: { gainBytesMax, lookMs: 10, readBytes } });
    const bad = failureOf(tell(crew, 'buffers'));
    const neighbours = [1, 2, 3, 4].map((user) => tell(crew, 'answer', { user }));
    expect(await Promise.all(neighbours.map(outcome))).toEqual(Array(4).fill('answered'));
    expect((await bad).detail).toBe('The computation needed more memory than it may have.');
    expect(crew.stats()).toMatchObject({ failed: 1, completed: 4, in_use: 0 });
    expect(crew.stats().memory_ends).toBeGreaterThanOrEqual(2);
  });

  it('a worker sees no environment of the process', async () => {
    expect(await tell(rogues(), 'answer')).toMatchObject({ env: 0 });
  });
});
